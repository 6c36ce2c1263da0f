//! The stand-in as a process of its own, for whoever wants a server and not a library.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use crate::{Options, StandIn};

/// How it is called.
pub const USAGE: &str = "stand-in [--members N] [--file FILE]: serves until its standard input ends";

/// Serves as `arguments` say, names the members' addresses in one line of standard output, and ends with its input.
///
/// # Errors
/// An argument is unknown or lacks its value, or the address cannot be said.
pub fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let server = StandIn::start(options(arguments)?);
    let addresses: Vec<_> = (0..server.members()).map(|member| server.member(member)).collect();
    let mut output = std::io::stdout();
    writeln!(output, "{}", addresses.join(" "))
        .and_then(|()| output.flush())
        .map_err(|error| error.to_string())?;
    // Whoever started it holds the other end: it cannot outlive them.
    let mut input = std::io::stdin().lock();
    let mut ignored = [0; 256];
    while input.read(&mut ignored).is_ok_and(|count| count > 0) {}
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"))?;
        match argument.as_str() {
            "--members" => {
                let members = value.parse().ok().filter(|members| (1..=9).contains(members));
                options.members = members.ok_or_else(|| format!("--members takes 1 to 9, not {value}"))?;
            }
            "--file" => options.file = Some(PathBuf::from(value)),
            other => return Err(format!("there is no option `{other}`\n{USAGE}")),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::options;

    fn of(text: &str) -> Result<(usize, bool), String> {
        let options = options(text.split_whitespace().map(str::to_owned))?;
        Ok((options.members, options.file.is_some()))
    }

    #[test]
    fn options_are_read_and_others_refused() {
        assert_eq!(of(""), Ok((1, false)));
        assert_eq!(of("--members 3 --file f"), Ok((3, true)));
        for bad in ["--members", "--members 0", "--members 10", "--port 1"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
