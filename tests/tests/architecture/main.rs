//! The absences the design rests on: who may import whom, and what the pure rooms must not know.
//!
//! Each rule is a function from plain facts to violations, and each has a test with facts that it
//! must flag: a rule that cannot fail would hold nothing.

mod hygiene;
mod imports;
mod purity;
