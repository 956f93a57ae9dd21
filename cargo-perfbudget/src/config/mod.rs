//! The configuration: the text of `perfbudget.toml` becomes a plan, or a list of everything wrong with it.

pub mod amount;
mod assets;
mod build;
mod command;
mod file;
pub mod ingest;
pub mod plan;
mod roi;

#[cfg(test)]
mod tests;

pub use assets::{AssetMeasure, AssetsPlan, Served};
pub use build::{BuildMeasure, BuildPlan};
pub use command::{CommandPlan, Measure};
pub use ingest::IngestPlan;
pub use plan::{Plan, SeverityOverride, SizePlan};

/// Something wrong with the configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1. Inside a string it points behind the quote.
    pub column: usize,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// The way out, when known.
    pub hint: Option<String>,
}

/// Reads the text of `perfbudget.toml`; on failure everything wrong with it, in the order of the text.
pub fn parse(text: &str) -> Result<Plan, Vec<ConfigProblem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = file::Reader::new(text);
    let root = reader.root();
    let plan = root.map(|root| plan::read(&root, &mut reader));
    let problems = reader.into_problems();
    plan.filter(|_| problems.is_empty()).ok_or(problems)
}

/// A text as a message may show it: at most 60 characters, and none of them a control character.
fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
