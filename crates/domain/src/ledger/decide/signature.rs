//! A unit that has enrolled a key signs; what it signed must be what is recorded.

use super::super::{Prepared, ProblemKind};
use super::Draft;

impl Draft<'_> {
    pub(super) fn check_signature(&mut self, prepared: &Prepared) {
        let keys: Vec<&str> = self.registry.keys_in_force(self.unit).collect();
        let unit = self.registry.unit_name(self.unit).to_owned();
        let problem = match &prepared.submission().signature {
            None if keys.is_empty() => return,
            None => ProblemKind::SignatureMissing { unit },
            Some(signature) if !keys.contains(&signature.key.as_str()) => {
                ProblemKind::KeyNotEnrolled { unit }
            }
            Some(signature) => {
                if chain::dsse::verify_submission(&signature.key, &signature.sig, &prepared.payload()) {
                    return;
                }
                ProblemKind::SignatureBad { unit }
            }
        };
        self.problem(problem);
    }
}
