//! Help and usage errors in Chinese; clap's own words are English.

use std::fmt::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use crate::ending::Ending;
use crate::output;

/// What stands under the general help.
pub const FIRST_STEPS: &str = "\
先试：
  progress-ledger                    建一个演示账本并看成绩表
  progress-ledger catalogue          看方案的指标、权重和目标
  progress-ledger verify             从字节起复核账本
  progress-ledger 命令 --help        看某个命令怎么用

退出码：0 正常；1 有发现、被拒收或数据有误；2 参数或环境有误。";

const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// Gives a command and all below it Chinese headings, and hides the notes clap adds in English.
#[must_use]
pub fn in_chinese(command: Command) -> Command {
    let globals = command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(flag("help", 'h', ArgAction::Help, "显示帮助").global(true))
        .arg(flag("version", 'V', ArgAction::Version, "显示版本"));
    headed(globals)
}

fn flag(name: &'static str, short: char, action: ArgAction, help: &'static str) -> Arg {
    Arg::new(name).long(name).short(short).action(action).help(help).help_heading("选项")
}

fn headed(command: Command) -> Command {
    command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .disable_help_subcommand(true)
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "参数" } else { "选项" };
            let arg = arg.help_heading(heading);
            let takes_value = arg.get_action().takes_values();
            arg.hide_default_value(takes_value).hide_env(takes_value)
        })
        .mut_subcommands(headed)
}

/// Answers what is no run: help that was asked for, or arguments that cannot be understood.
#[must_use]
pub fn answer(error: &clap::Error) -> Ending {
    let kind = error.kind();
    if matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::print(&translated(error));
        return Ending::Fine;
    }
    if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        output::complain(&translated(error));
    } else {
        output::complain(&format!("错误：{}\n用 --help 看用法。\n", sentence(error)));
    }
    Ending::Unable
}

/// Rendered help, with the words clap cannot be told to leave out.
fn translated(error: &clap::Error) -> String {
    const WORDS: [(&str, &str); 3] =
        [("[OPTIONS]", "[选项]"), ("[possible values:", "[可选："), ("(see a summary with '-h')", "")];
    let text = error.render().to_string();
    WORDS.iter().fold(text, |text, (english, chinese)| text.replace(english, chinese))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "clap may add kinds; its own words are better than none")]
fn sentence(error: &clap::Error) -> String {
    let of = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (arg, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let mut text = match error.kind() {
        ErrorKind::UnknownArgument => format!("没有“{arg}”这个选项或参数。"),
        ErrorKind::InvalidSubcommand => format!("没有“{}”这个命令。", of(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => "还要写明子命令。".to_owned(),
        ErrorKind::MissingRequiredArgument => {
            format!("缺少必填项：{}。", list(error, ContextKind::InvalidArg))
        }
        ErrorKind::ArgumentConflict => format!("“{arg}”不能与“{}”一起用。", of(ContextKind::PriorArg)),
        ErrorKind::InvalidValue if value.is_empty() => format!("“{arg}”后面要有值。"),
        ErrorKind::InvalidValue => format!("“{arg}”不能是“{value}”。"),
        ErrorKind::ValueValidation => format!("“{arg}”的值“{value}”不对：{}。", reason(error)),
        ErrorKind::NoEquals => format!("“{arg}”要写成 {arg}=值。"),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("“{arg}”的值的个数不对。")
        }
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8 文字。".to_owned(),
        _ => error.render().to_string(),
    };
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) {
        write!(text, "可选：{}。", values.join("、")).expect("a string takes text");
    }
    text.push_str(&suggestion(error));
    text
}

fn reason(error: &clap::Error) -> String {
    std::error::Error::source(error).map(|source| source.to_string()).unwrap_or_default()
}

fn list(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::Strings(values)) => values.join("、"),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn suggestion(error: &clap::Error) -> String {
    let kinds = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let words: Vec<String> =
        kinds.into_iter().map(|kind| list(error, kind)).filter(|text| !text.is_empty()).collect();
    if words.is_empty() { String::new() } else { format!("是否想写：{}？", words.join("、")) }
}
