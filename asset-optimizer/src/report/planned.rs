//! What would be done with each file, for `--dry-run`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::text::table;
use crate::asset::{ByteCount, Kind, grouped};
use crate::discover::Found;
use crate::plan::{Plan, Treatment};
use crate::transform;

/// The plan as text: a line for each file, and what it comes to.
#[must_use]
pub fn render(found: &Found, plan: &Plan) -> String {
    let mut rows = Vec::with_capacity(plan.jobs.len());
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for job in &plan.jobs {
        let why_kept = match &job.treatment {
            Treatment::Keep(why) | Treatment::Pass(why) => Some(why.as_str()),
            Treatment::Transform => transform::why_passed_through(job.kind),
        };
        let mut what = match why_kept {
            Some(why) => format!("kept: {why}"),
            None => {
                *kinds.entry(job.kind).or_default() += 1;
                "made smaller where that can be proven".to_owned()
            }
        };
        if let Some(map) = &job.map {
            what.push_str(&format!(", with `{map}`"));
        }
        if job.kind.is_encoded_on_the_wire() {
            what.push_str("; compressed");
        }
        rows.push([job.kind.name().to_owned(), grouped(job.bytes.0), format!("{}: {what}", job.path)]);
    }
    let mut text = table(&rows, &['<', '>', '<']);
    for variant in &found.variants {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: made anew from `{}`, or left out", variant.path, variant.of);
    }
    for (path, why) in &found.left_out {
        let _ = writeln!(text, "{}: left out: {why}", path.display());
    }
    for path in &found.unnamable {
        let _ = writeln!(text, "{}: copied, and not looked into: its name is not UTF-8", path.display());
    }
    let bytes: ByteCount = plan.jobs.iter().map(|job| job.bytes).sum();
    let engines: usize = kinds.values().sum();
    let each: Vec<String> = kinds.iter().map(|(kind, files)| format!("{files} {}", kind.name())).collect();
    let each = if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) };
    let _ =
        writeln!(text, "\n{} files, {bytes}: engines would work on {engines}{each}", grouped(plan.jobs.len() as u64));
    text.push_str("nothing was done\n");
    text
}
