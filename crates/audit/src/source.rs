//! Where a ledger's files come from: a folder, or one file that is read once from its beginning to its end.

use std::path::Path;

use chain::TreeHash;

use crate::pieces::{Piece, read_ahead};
use crate::tiles::Tiles;
use crate::{AuditError, journal};

/// A ledger's files, asked for in this order.
pub(crate) trait Source {
    /// The signed head beside the journal, if there is one.
    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, AuditError>;

    /// How many answers of time-stamp authorities lie beside it.
    fn time_stamps(&mut self) -> Result<usize, AuditError> {
        Ok(0)
    }

    /// The folder with the copies of frozen tables, where there is one.
    fn folder(&self) -> Option<&Path> {
        None
    }

    /// The tiles that can be compared while the lines pass.
    fn tiles(&mut self) -> Result<Tiles, AuditError>;

    /// Hands all segments over, in order; gives the names beside them that are none.
    fn segments(&mut self, each: &mut dyn FnMut(&Piece)) -> Result<Vec<String>, AuditError>;

    /// The tiles that come only after the lines, compared with all their leaf hashes.
    fn late_tiles(&mut self, _leaves: &[TreeHash]) -> Option<Tiles> {
        None
    }
}

/// A ledger's folder.
pub(crate) struct Folder<'a>(pub(crate) &'a Path);

impl Source for Folder<'_> {
    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, AuditError> {
        let path = self.0.join("checkpoint");
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(AuditError { path, cause }),
        }
    }

    fn time_stamps(&mut self) -> Result<usize, AuditError> {
        let mut names = Vec::new();
        crate::tiles::walk(&self.0.join("timestamps"), "timestamps", &mut names)?;
        Ok(names.iter().filter(|name| name.ends_with(".tsr")).count())
    }

    fn folder(&self) -> Option<&Path> {
        Some(self.0)
    }

    fn tiles(&mut self) -> Result<Tiles, AuditError> {
        Tiles::find(self.0)
    }

    fn segments(&mut self, each: &mut dyn FnMut(&Piece)) -> Result<Vec<String>, AuditError> {
        let (segments, ignored) = journal::list(&self.0.join("journal"))?;
        read_ahead(&segments, each)?;
        Ok(ignored)
    }
}
