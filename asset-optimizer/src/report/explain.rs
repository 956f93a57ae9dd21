//! Why one file came out as it did: every candidate, its sizes, its proof, its fate.

use std::fmt::Write;

use super::text::percent;
use crate::asset::ByteCount;
use crate::choose::Choice;
use crate::plan::Job;
use crate::transform::Loading;

/// The explanation as text.
#[must_use]
pub fn render(job: &Job, choice: &Choice) -> String {
    let mut text = String::new();
    let after = ByteCount::of(&choice.bytes);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "`{}` is {}", job.path, job.kind.name());
    if let Some(map) = &job.map {
        let _ = writeln!(text, "its source map `{map}` changes with it");
    }
    match job.loading {
        Loading::Classic => text.push_str("a page loads it as a classic script: its top-level names stay\n"),
        Loading::Module => text.push_str("pages load it as a module: its top-level names are its own\n"),
        Loading::Unknown => {}
    }
    let _ = writeln!(text, "before  {}, {} by the cheap encoder", job.bytes, ByteCount(choice.estimate_before));
    let _ = writeln!(
        text,
        "after   {}, {} by the cheap encoder ({})",
        after,
        ByteCount(choice.estimate_after),
        percent(ByteCount(choice.estimate_before), ByteCount(choice.estimate_after))
    );
    for (encoding, bytes) in &choice.encoded {
        let _ = writeln!(text, "        {} in {}", ByteCount::of(bytes), encoding.name());
    }
    for tried in &choice.tried {
        let _ = writeln!(text, "\n{} (round {}): {}", tried.engine, tried.round, tried.fate);
        if let Some((raw, estimate)) = tried.weight {
            let _ = writeln!(text, "  {}, {} by the cheap encoder", ByteCount(raw), ByteCount(estimate));
        }
        if let Some(proof) = &tried.proof {
            let _ = writeln!(text, "  proof: {proof}");
        }
    }
    match &choice.why_kept {
        Some(why) => _ = writeln!(text, "\nthe input is kept: {why}"),
        None => _ = writeln!(text, "\n{} made what is kept", choice.engine().unwrap_or_default()),
    }
    text
}
