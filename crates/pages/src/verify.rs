//! 验证: the signed head for people to compare, what this page checked, and what it did not.

use answers::{AskError, Asked};
use app::publish::SignedHead;
use askama::Template;
use bip39::{Language, Mnemonic};
use chain::TreeHash;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};

/// The least side of the code, in pixels.
const SIDE_PX: u32 = 220;

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    frame: Frame,
    origin: String,
    head: Option<HeadShown>,
    checks: Vec<Check>,
    all_pass: bool,
    asked_size: String,
    asked_root: String,
    comparison: Option<Comparison>,
    note: String,
}

/// The published head.
struct HeadShown {
    size: u64,
    root: String,
    characters: Vec<String>,
    words: Vec<String>,
    code: Option<String>,
    signers: Vec<String>,
}

/// Something this page looked at.
struct Check {
    what: &'static str,
    said: String,
    passes: bool,
}

/// What somebody remembers of the ledger, held against it.
struct Comparison {
    said: String,
    equal: bool,
}

/// A head that somebody noted down: a size and the root over it.
#[derive(Clone, Copy, Debug)]
pub struct Remembered {
    /// How many lines.
    pub size: u64,
    /// Their root.
    pub root: TreeHash,
}

/// The page; `checkpoint` is the published head, letter by letter.
///
/// # Errors
/// When the question has no answer.
pub fn verify(
    site: &Site<'_>,
    asked: &Asked<'_>,
    checkpoint: Option<&[u8]>,
    remembered: Option<Remembered>,
) -> Result<String, PageError> {
    let frame = Frame::of(site, asked, Page { path: "/verify", title: "验证", own: &[] })?;
    let signed = checkpoint.and_then(|bytes| SignedHead::parse(bytes).ok());
    let opened = asked.reader().book().registry().opened();
    let checks = checks(site, asked, signed.as_ref())?;
    Ok(filled(&VerifyPage {
        origin: opened.map(|own| own.origin.clone()).unwrap_or_default(),
        note: signed.as_ref().map(|own| own.note.clone()).unwrap_or_default(),
        head: signed.map(|own| shown(&own)),
        all_pass: checks.iter().all(|check| check.passes),
        checks,
        asked_size: remembered.map(|own| own.size.to_string()).unwrap_or_default(),
        asked_root: remembered.map(|own| own.root.to_string()).unwrap_or_default(),
        comparison: remembered.map(|own| compared(asked, own)).transpose()?,
        frame,
    }))
}

fn checks(site: &Site<'_>, asked: &Asked<'_>, signed: Option<&SignedHead>) -> Result<Vec<Check>, PageError> {
    let size = asked.reader().model().size();
    let Some(signed) = signed else {
        let said = "账本目录里没有账本头。请确认密钥文件在账本目录旁边，再记录一次。".to_owned();
        return Ok(vec![Check { what: "签名的账本头", said, passes: false }]);
    };
    let head = &signed.head;
    let own = site.signed == Some(head.size);
    let root =
        (head.size <= size).then(|| asked.reader().root_at(head.size)).transpose().map_err(AskError::from)?;
    let same = root == Some(head.root);
    let all = head.size == size;
    Ok(vec![
        Check {
            what: "账本头的签名",
            said: if own {
                "由账本登记的密钥签出".to_owned()
            } else {
                "签名不能用账本登记的密钥核对通过".to_owned()
            },
            passes: own,
        },
        Check {
            what: "树根",
            said: if same {
                format!("由前 {} 行重新算出，与账本头一致", head.size)
            } else {
                format!("由前 {} 行重新算出的根与账本头不同", head.size)
            },
            passes: same,
        },
        Check {
            what: "账本头管到哪里",
            said: if all {
                "管到最后一行".to_owned()
            } else {
                format!("只管到前 {} 行，账本现有 {size} 行；其余各行等下一次签名", head.size)
            },
            passes: all,
        },
    ])
}

fn shown(signed: &SignedHead) -> HeadShown {
    let bits = chain::hash::head_phrase(&signed.head.text());
    let phrase = |language| Mnemonic::from_entropy_in(language, &bits).expect("32 bytes make 24 words");
    let words = |language| phrase(language).words().map(str::to_owned).collect();
    HeadShown {
        size: signed.head.size,
        root: signed.head.root.to_string(),
        characters: words(Language::SimplifiedChinese),
        words: words(Language::English),
        code: code(&signed.note),
        signers: signers(&signed.note),
    }
}

/// The names on the signature lines; a witness's cosignature is one of them.
fn signers(note: &str) -> Vec<String> {
    let lines = note.lines().filter_map(|line| line.strip_prefix("— "));
    lines.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// The whole note as a code to scan; none where it is too long for one.
fn code(note: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(note.as_bytes(), EcLevel::M).ok()?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(SIDE_PX, SIDE_PX).build();
    // The declaration belongs to a file, not to a page.
    picture.find("<svg").map(|start| picture[start..].to_owned())
}

fn compared(asked: &Asked<'_>, remembered: Remembered) -> Result<Comparison, PageError> {
    let Remembered { size, root } = remembered;
    let own = asked.reader().root_at(size).map_err(AskError::from)?;
    let said = if own == root {
        format!("账本前 {size} 行的根就是这个：您记下的那本账是现在这本账的开头，此后只增未改。")
    } else {
        format!(
            "账本前 {size} 行的根是 {own}，与您记下的不同：两者不是同一段历史。请保留您的记录，并告知审计。"
        )
    };
    Ok(Comparison { said, equal: own == root })
}
