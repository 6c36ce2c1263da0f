//! `head`: the signed tree head, for people to compare: as words, and as a QR code for print.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use app::publish::SignedHead;
use bip39::{Language, Mnemonic};
use clap::Args;
use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};
use serde_json::json;

use crate::args::read_file;
use crate::ending::WrongData;
use crate::heads;
use crate::ledger::{Reader, Writer};
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table, write_new};

/// The least side of a QR code in print, in pixels.
const SIDE_PX: u32 = 320;
/// Words in a row: a quarter of the phrase.
const WORDS_IN_A_ROW: usize = 6;

/// 账本头：供人核对的词语和二维码
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本头文件；不写则用账本的 checkpoint，并核对签名
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// 在屏幕上显示二维码（内容是签名的账本头全文）
    #[arg(long)]
    qr: bool,
    /// 把二维码写成 SVG 文件，供打印
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// 先按各行重建缺失或有误的哈希瓦片
    #[arg(long, conflicts_with = "file")]
    rebuild_tiles: bool,
    /// 先把账本头所签的各行写成条目包（tile/entries，C2SP tlog-tiles），供静态网站发布；约与账本同大
    #[arg(long, conflicts_with = "file")]
    entries: bool,
}

/// Shows a head.
///
/// # Errors
/// When there is none, its signature does not verify, or a file cannot be written.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    if arguments.rebuild_tiles {
        Writer::open(&ledger.directory()?)?.rebuild_tiles()?;
    }
    let entries =
        arguments.entries.then(|| Writer::open(&ledger.directory()?)?.write_entries()).transpose()?;
    let (signed, synthetic) = match &arguments.file {
        Some(path) => (of_file(path)?, false),
        None => of_ledger(ledger)?,
    };
    let (english, chinese) = phrases(&signed.head.text());
    let json = json!({
        "origin": signed.head.origin, "size": signed.head.size, "root": signed.head.root, "note": signed.note,
        "words": english, "characters": chinese,
    });
    let mut answer = Answer::new(json).table(table(&signed, &english, &chinese));
    if let Some(bundles) = entries {
        answer = answer.text(format!("{bundles} 个条目包在 tile/entries 下。"));
    }
    if arguments.qr {
        answer = answer.text(code(&signed)?.render::<unicode::Dense1x2>().quiet_zone(true).build());
    }
    if let Some(path) = &arguments.svg {
        let picture = code(&signed)?.render::<svg::Color<'_>>().min_dimensions(SIDE_PX, SIDE_PX).build();
        write_new(path, picture.as_bytes())?;
        answer = answer.text(format!("二维码已写入 {}。", path.display()));
    }
    Ok(if synthetic { answer.mark("演示数据：数值均为虚构，仅供演示。") } else { answer })
}

fn of_file(path: &std::path::Path) -> anyhow::Result<SignedHead> {
    let signed = SignedHead::parse(&read_file(path)?);
    signed.map_err(|error| WrongData(format!("{} 不是账本头（{}）。", path.display(), error.code())).into())
}

fn of_ledger(ledger: &Choice) -> anyhow::Result<(SignedHead, bool)> {
    let directory = ledger.directory()?;
    let path = directory.join("checkpoint");
    if !path.exists() {
        bail!("{} 还没有签名的账本头。请确认密钥文件在目录旁边，再记录一次。", directory.display());
    }
    let reader = Reader::open(&directory)?;
    let registry = reader.book().registry();
    let signed = heads::verified(&read_file(&path)?, registry);
    Ok((signed.with_context(|| format!("{} 不可信。", path.display()))?, registry.is_synthetic()))
}

/// The phrase of a head's text: 256 bits of BLAKE3 as BIP39 writes them, in both lists.
///
/// The log itself might look for two heads of one phrase, so that nothing shorter will do.
fn phrases(text: &str) -> (Vec<&'static str>, String) {
    let bits = chain::hash::head_phrase(text);
    let words = |language| Mnemonic::from_entropy_in(language, &bits).expect("32 bytes make 24 words");
    (words(Language::English).words().collect(), words(Language::SimplifiedChinese).words().collect())
}

fn table(signed: &SignedHead, english: &[&str], chinese: &str) -> Table {
    let mut table = Table::new("账本头", ["项目", "内容"]);
    table.row(["账本名".to_owned(), signed.head.origin.clone()]);
    table.row(["行数".to_owned(), signed.head.size.to_string()]);
    table.row(["树根".to_owned(), signed.head.root.to_string()]);
    let characters: Vec<char> = chinese.chars().collect();
    for (row, part) in characters.chunks(WORDS_IN_A_ROW).enumerate() {
        let part: Vec<String> = part.iter().map(char::to_string).collect();
        table.row([format!("核对字 {}", row + 1), part.join(" ")]);
    }
    for (row, part) in english.chunks(WORDS_IN_A_ROW).enumerate() {
        table.row([format!("核对词 {}", row + 1), part.join(" ")]);
    }
    table.note("两份账本头的 24 个字（或词）全部相同，内容就相同；有一个不同，就不是同一份。")
}

fn code(signed: &SignedHead) -> anyhow::Result<QrCode> {
    let code = QrCode::with_error_correction_level(signed.note.as_bytes(), EcLevel::M);
    code.ok().with_context(|| format!("账本头有 {} 字节，二维码放不下。", signed.note.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_depends_on_every_letter_and_has_a_fixed_form() {
        let text = "ledger.example.org/n0001\n1843\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n";
        let (english, chinese) = phrases(text);
        assert_eq!((english.len(), chinese.chars().count()), (24, 24));
        let other = phrases(&text.replace("1843", "1844"));
        assert!(english.iter().zip(&other.0).filter(|(own, other)| own == other).count() < 4);
        let again = Mnemonic::parse_in_normalized(Language::English, &english.join(" ")).unwrap();
        assert_eq!(again.to_entropy_array().0[..32], chain::hash::head_phrase(text));
    }
}
