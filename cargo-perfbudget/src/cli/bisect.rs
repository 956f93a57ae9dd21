//! What the user typed after `bisect`.

use clap::Args;

use super::{Output, Selection};
use crate::model::Metric;

const EXAMPLES: &str = "\
Examples:
  cargo perfbudget bisect --good v1.2.0 --bad HEAD total/100
  cargo perfbudget bisect --good HEAD~64 --bad HEAD 'shop::bin shop' --metric size

Commits are built one after the other in a worktree outside of the repository, in one target folder.
What was measured of a commit is kept, so that the same question is answered at once.

Exit codes:
  0    the commit was found
  101  cannot tell: nothing to find, or the commits around it cannot be measured";

/// The options of `bisect`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = EXAMPLES,
    override_usage = "cargo perfbudget bisect [OPTIONS] --good <REV> --bad <REV> <FILTER> [-- <ARGS>...]"
)]
pub struct BisectArgs {
    /// A revision from before the change
    #[arg(long, value_name = "REV")]
    pub good: String,
    /// A revision from after it
    #[arg(long, value_name = "REV")]
    pub bad: String,
    /// What of it: `instructions`, `size` and the like; no times
    #[arg(long, value_name = "NAME", default_value = "instructions", value_parser = parse_metric)]
    pub metric: Metric,
    /// What counts as bad, in instructions or bytes; halfway between the two revisions by default
    #[arg(long, value_name = "NUMBER")]
    pub threshold: Option<u64>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub selection: Selection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub output: Output,
}

fn parse_metric(text: &str) -> Result<Metric, String> {
    let metric = Metric::from_name(text).ok_or_else(|| "there is no such metric".to_owned())?;
    if metric.is_exact() { Ok(metric) } else { Err("it is sampled, and one commit's says nothing".into()) }
}
