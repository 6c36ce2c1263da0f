//! What a filing is for: ledger, plan, unit, period, account and id; said by the file, by the caller, or by both.

use domain::book::Book;
use domain::ledger::ProblemKind;
use domain::registry::Registry;
use events::{AccountId, Duty, PeriodId, PlanId, UnitId};
use uuid::Uuid;

use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};

/// What the caller knows about a filing that is about to be read.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The ledger's book at its head.
    pub book: &'a Book,
    /// The unit that files; none takes the file's word for it.
    pub unit: Option<&'a UnitId>,
    /// The account that files; none takes the file's word for it.
    pub by: Option<&'a AccountId>,
    /// The plan; needed only where the ledger has several and the file names none.
    pub plan: Option<&'a PlanId>,
    /// The period; needed only where the file names none, as a CSV file of one's own.
    pub period: Option<&'a PeriodId>,
    /// The submission's id; none takes the file's, or makes one of its content (see [`submission_id`]).
    pub submission: Option<Uuid>,
    /// The reason with which every warning is confirmed whose row gives none.
    pub confirm_all: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// A context in which everything but the account is taken from the file.
    #[must_use]
    pub const fn new(book: &'a Book, by: &'a AccountId) -> Self {
        Self { book, unit: None, by: Some(by), plan: None, period: None, submission: None, confirm_all: None }
    }
}

/// The id of a filing whose sender chose none: a UUID of version 8 made of file, unit and period.
///
/// The same file sent twice is the same submission, so sending it again after an answer was lost records nothing
/// twice. Whoever wants the same bytes recorded once more (after a withdrawal, say) gives an id of its own.
#[must_use]
pub fn submission_id(bytes: &[u8], unit: &UnitId, period: &PeriodId) -> Uuid {
    let file = chain::hash::content_hash(bytes);
    // Ids have no line feed, so no two triples give the same text.
    let text = format!("progress-ledger submission of a file\n{file}\n{unit}\n{period}");
    let digest = chain::hash::content_hash(text.as_bytes());
    let half: [u8; 16] = *digest.0.first_chunk().expect("a digest has 32 bytes");
    uuid::Builder::from_custom_bytes(half).into_uuid()
}

/// The version of the form; a new one whenever an old form could be misread.
pub(crate) const FORM_VERSION: &str = "1";
/// How the line that binds a form begins.
const MARK: &str = "进度账本报送表";

/// What a form is bound to. It stands in every form as one line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormMark {
    pub(crate) origin: String,
    pub(crate) plan: PlanId,
    pub(crate) unit: UnitId,
    pub(crate) period: PeriodId,
}

impl FormMark {
    pub(crate) fn text(&self) -> String {
        let Self { origin, plan, unit, period } = self;
        format!("{MARK}|{FORM_VERSION}|{origin}|{plan}|{unit}|{period}")
    }

    pub(crate) fn is_mark(text: &str) -> bool {
        text.starts_with(MARK) && text.contains('|')
    }

    /// Reads the line back.
    pub(crate) fn read(text: &str) -> Result<Self, Kind> {
        let unreadable = || Kind::FormMark { text: text.chars().take(120).collect() };
        let parts: Vec<&str> = text.split('|').collect();
        if parts.first() != Some(&MARK) || parts.len() < 2 {
            return Err(unreadable());
        }
        if parts[1] != FORM_VERSION {
            return Err(Kind::FormVersion { found: parts[1].to_owned(), expected: FORM_VERSION });
        }
        let &[_, _, origin, plan, unit, period] = parts.as_slice() else { return Err(unreadable()) };
        let (plan, unit, period) = (plan.parse(), unit.parse(), period.parse());
        match (plan, unit, period) {
            (Ok(plan), Ok(unit), Ok(period)) => Ok(Self { origin: origin.to_owned(), plan, unit, period }),
            _ => Err(unreadable()),
        }
    }
}

/// What a file says about itself, each with its place.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub(crate) origin: Option<(String, Place)>,
    pub(crate) plan: Option<(PlanId, Place)>,
    pub(crate) unit: Option<(UnitId, Place)>,
    pub(crate) period: Option<(PeriodId, Place)>,
    pub(crate) by: Option<(AccountId, Place)>,
    pub(crate) submission: Option<(Uuid, Place)>,
}

impl Claims {
    pub(crate) fn of_form(mark: FormMark, place: &Place) -> Self {
        let FormMark { origin, plan, unit, period } = mark;
        Self {
            origin: Some((origin, place.clone())),
            plan: Some((plan, place.clone())),
            unit: Some((unit, place.clone())),
            period: Some((period, place.clone())),
            by: None,
            submission: None,
        }
    }
}

/// A filing's identity after file and caller agreed.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) plan: PlanId,
    pub(crate) unit: UnitId,
    pub(crate) period: PeriodId,
    pub(crate) by: AccountId,
    pub(crate) submission: Uuid,
}

/// Brings the file's claims and the caller's together; disagreement is a problem at the claim's place.
pub(crate) fn settle(
    bytes: &[u8],
    claims: Claims,
    context: &Context<'_>,
    problems: &mut Vec<IntakeProblem>,
) -> Option<Identity> {
    let registry = context.book.registry();
    check_origin(claims.origin, registry, problems);
    let unit = agreed(claims.unit, context.unit, problems, |found, expected| Kind::FormOfOtherUnit {
        found: registry.unit_name(found).to_owned(),
        expected: registry.unit_name(expected).to_owned(),
    });
    let period = agreed(claims.period, context.period, problems, |found, expected| Kind::FormOfOtherPeriod {
        found: found.to_string(),
        expected: expected.to_string(),
    });
    let plan = agreed(claims.plan, context.plan, problems, |found, expected| Kind::FormOfOtherPlan {
        found: found.to_string(),
        expected: expected.to_string(),
    });
    let by = settle_account(claims.by, context.by, problems);
    let submission = settle_submission(claims.submission, context.submission, problems);
    let unit = said(unit, Kind::UnitUnsaid {}, problems);
    let period = said(period, Kind::PeriodUnsaid {}, problems);
    let (unit, period, by) = (unit?, period?, by?);
    let plan = plan.or_else(|| only_plan(registry, &unit));
    let plan = said(plan, Kind::PlanUnsaid {}, problems)?;
    check_known(registry, &plan, &period, problems);
    let submission = submission.unwrap_or_else(|| submission_id(bytes, &unit, &period));
    Some(Identity { plan, unit, period, by, submission })
}

fn check_origin(claimed: Option<(String, Place)>, registry: &Registry, problems: &mut Vec<IntakeProblem>) {
    let own = registry.opened().map_or("", |opened| opened.origin.as_str());
    if let Some((found, place)) = claimed.filter(|(found, _)| found != own) {
        problems.push(IntakeProblem::new(place, Kind::FormOfOtherLedger { found, expected: own.to_owned() }));
    }
}

/// The one value both name; the caller's where they differ, with a problem.
fn agreed<T: Clone + PartialEq>(
    claimed: Option<(T, Place)>,
    expected: Option<&T>,
    problems: &mut Vec<IntakeProblem>,
    differs: impl Fn(&T, &T) -> Kind,
) -> Option<T> {
    match (claimed, expected) {
        (Some((found, place)), Some(expected)) => {
            if found != *expected {
                problems.push(IntakeProblem::new(place, differs(&found, expected)));
            }
            Some(expected.clone())
        }
        (Some((found, _)), None) => Some(found),
        (None, expected) => expected.cloned(),
    }
}

pub(crate) fn settle_account(
    claimed: Option<(AccountId, Place)>,
    expected: Option<&AccountId>,
    problems: &mut Vec<IntakeProblem>,
) -> Option<AccountId> {
    let by = agreed(claimed, expected, problems, |found, expected| Kind::OtherAccount {
        found: found.to_string(),
        expected: expected.to_string(),
    });
    said(by, Kind::AccountUnsaid {}, problems)
}

pub(crate) fn settle_submission(
    claimed: Option<(Uuid, Place)>,
    expected: Option<Uuid>,
    problems: &mut Vec<IntakeProblem>,
) -> Option<Uuid> {
    agreed(claimed, expected.as_ref(), problems, |found, expected| Kind::OtherSubmission {
        found: *found,
        expected: *expected,
    })
}

fn said<T>(value: Option<T>, unsaid: Kind, problems: &mut Vec<IntakeProblem>) -> Option<T> {
    if value.is_none() {
        problems.push(IntakeProblem::file(unsaid));
    }
    value
}

/// The plan in which a unit has a duty, or the ledger's only one; none where that is not clear.
pub(crate) fn only_plan(registry: &Registry, unit: &UnitId) -> Option<PlanId> {
    let reports = |plan: &&domain::registry::Plan| {
        plan.assignments()
            .iter()
            .any(|own| own.duty == Duty::Reports && own.ended.is_none() && &own.assignee == unit)
    };
    let plans = || registry.plans().map(|(_, plan)| plan);
    let own: Vec<_> = plans().filter(reports).collect();
    let all: Vec<_> = plans().collect();
    match (own.as_slice(), all.as_slice()) {
        ([one], _) | ([], [one]) => Some(one.adopted.plan.clone()),
        _ => None,
    }
}

/// Without plan and period no row can be understood, so they are asked for here already.
fn check_known(registry: &Registry, plan: &PlanId, period: &PeriodId, problems: &mut Vec<IntakeProblem>) {
    let mut decided = |kind: ProblemKind| problems.push(IntakeProblem::decided(Place::File, &kind));
    if registry.plan_ix(plan).is_none() {
        decided(ProblemKind::UnknownPlan { plan: plan.to_string() });
    }
    if registry.period(period).is_none() {
        decided(ProblemKind::UnknownPeriod { period: period.to_string() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> FormMark {
        FormMark {
            origin: "ledger.example.org/n0001".to_owned(),
            plan: "yingtan-2022".parse().unwrap(),
            unit: "guixi".parse().unwrap(),
            period: "2022-04".parse().unwrap(),
        }
    }

    #[test]
    fn a_forms_mark_reads_back() {
        assert_eq!(FormMark::read(&mark().text()), Ok(mark()));
    }

    #[test]
    fn another_version_is_told_from_a_damaged_mark() {
        let newer = mark().text().replace("|1|", "|2|");
        assert_eq!(FormMark::read(&newer).unwrap_err().code(), "form-version");
        assert_eq!(FormMark::read("进度账本报送表|1|a|b").unwrap_err().code(), "form-mark");
        assert_eq!(FormMark::read(&mark().text().replace("guixi", "贵溪")).unwrap_err().code(), "form-mark");
    }

    #[test]
    fn a_files_own_id_depends_on_file_unit_and_period() {
        let id = |bytes: &[u8], unit: &str, period: &str| {
            submission_id(bytes, &unit.parse().unwrap(), &period.parse().unwrap())
        };
        let own = id(b"file", "guixi", "2022-04");
        assert_eq!(own, id(b"file", "guixi", "2022-04"));
        assert_eq!(own.get_version_num(), 8);
        for other in [
            id(b"file2", "guixi", "2022-04"),
            id(b"file", "yujiang", "2022-04"),
            id(b"file", "guixi", "2022-05"),
        ] {
            assert_ne!(own, other);
        }
    }
}
