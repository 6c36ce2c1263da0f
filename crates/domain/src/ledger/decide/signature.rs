//! A unit that has enrolled a key signs; what it signed must be what is recorded.

use super::super::{Prepared, ProblemKind};
use super::Draft;

impl Draft<'_> {
    pub(super) fn check_signature(&mut self, prepared: &Prepared) {
        let unit = || self.registry.unit_name(self.unit).to_owned();
        let mut keys = self.registry.keys_in_force(self.unit);
        let problem = match &prepared.submission().signature {
            None if keys.next().is_some() => ProblemKind::SignatureMissing { unit: unit() },
            None => return,
            Some(signature) if !keys.any(|own| own == signature.key) => {
                ProblemKind::KeyNotEnrolled { unit: unit() }
            }
            Some(signature) => {
                let verified =
                    chain::dsse::verify_submission(&signature.key, &signature.sig, &prepared.payload());
                if verified {
                    return;
                }
                ProblemKind::SignatureBad { unit: unit() }
            }
        };
        self.problem(problem);
    }
}
