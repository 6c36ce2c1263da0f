//! The words a form offers for closed vocabularies. Files may also use the ledger's own words.

use events::{Absence, CorrectionReason, FigureStatus};

use crate::problem::IntakeProblemKind as Kind;

/// A vocabulary as people see it: each value's Chinese word and the ledger's.
pub(crate) struct Words<T: 'static> {
    what: &'static str,
    choices: &'static str,
    words: &'static [(T, &'static str, &'static str)],
}

impl<T: Copy + PartialEq> Words<T> {
    /// Reads either word.
    pub(crate) fn read(&self, text: &str) -> Result<T, Kind> {
        let found = self.words.iter().find(|(_, chinese, stored)| [*chinese, *stored].contains(&text));
        found.map(|(value, _, _)| *value).ok_or_else(|| Kind::BadWord {
            text: text.to_owned(),
            what: self.what,
            choices: self.choices,
        })
    }

    /// The Chinese words, in the order they are offered.
    pub(crate) fn offered(&self) -> Vec<&'static str> {
        self.words.iter().map(|(_, chinese, _)| *chinese).collect()
    }

    /// A value's Chinese word.
    pub(crate) fn chinese(&self, value: T) -> &'static str {
        let found = self.words.iter().find(|(own, _, _)| *own == value);
        found.map(|(_, chinese, _)| *chinese).expect("every value has a word")
    }
}

pub(crate) const STATUS: Words<FigureStatus> = Words {
    what: "数据状态",
    choices: "快报、初步、最终、估计",
    words: &[
        (FigureStatus::Preliminary, "快报", "preliminary"),
        (FigureStatus::Provisional, "初步", "provisional"),
        (FigureStatus::Final, "最终", "final"),
        (FigureStatus::Estimated, "估计", "estimated"),
    ],
};

pub(crate) const ABSENCE: Words<Absence> = Words {
    what: "无数原因",
    choices: "暂无、不适用、不予公布",
    words: &[
        (Absence::NotAvailable, "暂无", "not-available"),
        (Absence::NotApplicable, "不适用", "not-applicable"),
        (Absence::Withheld, "不予公布", "withheld"),
    ],
};

pub(crate) const REASON: Words<CorrectionReason> = Words {
    what: "更正原因",
    choices: "错报、数据修订、口径调整、补报、其他",
    words: &[
        (CorrectionReason::Misreported, "错报", "misreported"),
        (CorrectionReason::DataRevised, "数据修订", "data-revised"),
        (CorrectionReason::DefinitionChanged, "口径调整", "definition-changed"),
        (CorrectionReason::SuppliedLater, "补报", "supplied-later"),
        (CorrectionReason::Other, "其他", "other"),
    ],
};

pub(crate) const MATERIAL: Words<bool> =
    Words {
        what: "是否实质更正", choices: "是、否", words: &[(true, "是", "true"), (false, "否", "false")]
    };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledgers_words_are_those_of_the_events() {
        for (status, _, stored) in STATUS.words {
            assert_eq!(serde_json::to_value(status).unwrap(), *stored);
        }
        for (absence, _, stored) in ABSENCE.words {
            assert_eq!(absence.word(), *stored);
        }
        for (reason, _, stored) in REASON.words {
            assert_eq!(serde_json::to_value(reason).unwrap(), *stored);
        }
    }

    #[test]
    fn the_choices_in_an_answer_are_the_offered_ones() {
        assert_eq!(STATUS.choices, STATUS.offered().join("、"));
        assert_eq!(ABSENCE.choices, ABSENCE.offered().join("、"));
        assert_eq!(REASON.choices, REASON.offered().join("、"));
        assert_eq!(MATERIAL.choices, MATERIAL.offered().join("、"));
    }
}
