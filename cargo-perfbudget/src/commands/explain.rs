//! `explain`: what the code of a finding means.

use crate::cli::ExplainArgs;
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::model::Code;

pub(super) fn run(args: &ExplainArgs) -> Result<u8> {
    let text = match &args.code {
        None => Code::ALL.iter().map(|code| format!("{:<24} {}\n", code.name(), code.sentence())).collect(),
        Some(name) => match Code::from_name(name) {
            Some(code) => format!(
                "{code}: {}\n\n{}\n\nBy default: {}. `[severity]` in `perfbudget.toml` changes it.\n",
                code.sentence(),
                wrapped(code.paragraph(), 90),
                code.verdict()
            ),
            None => {
                let alike = Code::ALL.iter().map(|code| (strsim::damerau_levenshtein(name, code.name()), code));
                let nearest = alike.min_by_key(|(distance, _)| *distance).map_or("", |(_, code)| code.name());
                return Err(
                    Error::usage(format!("there is no code `{name}`")).hint(format!("did you mean `{nearest}`?"))
                );
            }
        },
    };
    deliver(&text, None)?;
    Ok(exit::WITHIN)
}

/// Breaks a paragraph at blanks, so that no line is longer than `width` where that can be.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if lines[last].is_empty() {
            lines[last] = word.to_owned();
        } else if lines[last].chars().count() + 1 + word.chars().count() <= width {
            lines[last].push(' ');
            lines[last].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}
