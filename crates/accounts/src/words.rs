//! Closed vocabularies: each word with its name in Chinese, in one place.

/// A word that is not in a closed vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("没有这个{what}。可选：{}。", known.join("、"))]
pub struct UnknownWord {
    /// What was looked for.
    pub what: &'static str,
    /// The words there are.
    pub known: Vec<&'static str>,
}

/// Declares a closed vocabulary with its stored word and its name in Chinese, both in one place.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $refused:literal; $($(#[$variant_doc:meta])* $variant:ident = $word:literal, $chinese:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that files and command lines use.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The name for people.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self {
                    $(Self::$variant => $chinese,)*
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                let known = Self::ALL.iter().find(|own| text == own.word() || text == own.chinese());
                known.copied().ok_or_else(|| $crate::UnknownWord {
                    what: $refused,
                    known: Self::ALL.iter().map(|own| own.word()).collect(),
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.chinese())
            }
        }
    };
}

pub(crate) use vocabulary;
