//! Progress bars, on a terminal only.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `total` steps on standard error; hidden where nobody is looking.
#[must_use]
pub fn bar(total: u64, what: &'static str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("{msg} {bar:32} {human_pos}/{human_len} {elapsed} 剩余 {eta}");
    ProgressBar::with_draw_target(Some(total), target)
        .with_style(style.expect("a template of known words"))
        .with_message(what)
}
