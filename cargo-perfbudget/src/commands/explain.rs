//! `explain`: what the code of a finding means.

use crate::cli::ExplainArgs;
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::model::Code;
use crate::model::assumptions::Input;
use crate::model::worth::{FORMULA, RANGES};

/// What is explained beside the codes: how an estimate of worth comes about, and what a project's own templates find.
const ROI: &str = "roi";
const TEMPLATES: &str = "templates";

pub(super) fn run(args: &ExplainArgs) -> Result<u8> {
    let text = match &args.code {
        None => Code::ALL.iter().map(|code| format!("{:<24} {}\n", code.name(), code.sentence())).collect(),
        Some(name) if name == ROI => roi(),
        Some(name) if name == TEMPLATES => include_str!("../../templates/README.md").to_owned(),
        Some(name) => match Code::from_name(name) {
            Some(code) => format!(
                "{code}: {}\n\n{}\n\nBy default: {}. `[severity]` in `perfbudget.toml` changes it.\n",
                code.sentence(),
                wrapped(code.paragraph(), 90),
                code.verdict()
            ),
            None => {
                let alike = Code::ALL.iter().map(|code| (strsim::damerau_levenshtein(name, code.name()), code));
                let nearest = alike.min_by_key(|(distance, _)| *distance);
                let hint = match nearest.filter(|(distance, _)| *distance <= name.chars().count() / 3) {
                    Some((_, code)) => format!("did you mean `{code}`?"),
                    None => "`cargo perfbudget explain` lists them".to_owned(),
                };
                return Err(Error::usage(format!("there is no code `{name}`")).hint(hint));
            }
        },
    };
    deliver(&text, None)?;
    Ok(exit::WITHIN)
}

/// The formula, the ranges, and every key of `[roi]` with its default and where that comes from.
fn roi() -> String {
    let mut text =
        "roi: What a change is worth a year, from `[roi]` in `perfbudget.toml`. An estimate that decides nothing.\n\n"
            .to_owned();
    text.extend(FORMULA.iter().map(|line| format!("  {line}\n")));
    text.push_str(&format!("\n{}\n\n", wrapped(RANGES, 90)));
    for terms in Input::ALL.iter().map(|input| input.terms()) {
        text.push_str(&format!("{} = {}\n", terms.name, terms.example));
        let default = match (terms.default_written, terms.source) {
            ("", _) => "No default.".to_owned(),
            (default, source) => format!("Default: {default}, {source}."),
        };
        let about = wrapped(&format!("{}; {}. {default}", terms.meaning, terms.bounds_written), 86);
        text.extend(about.lines().map(|line| format!("    {line}\n")));
    }
    text.push_str("\n`currency` names the currency of all prices. `[[roi.subject]]` with a `subject` states `calls-per-year`, `share`\n");
    text.push_str("or `page-views-per-year` of some benchmarks; later ones win.\n");
    text
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
