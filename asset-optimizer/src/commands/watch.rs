//! Optimizes a folder whenever it changes, until somebody stops it.

use super::worked;
use crate::error::{Kind, Result};
use crate::optimize::Order;
use crate::report::Report;
use crate::sys::tell;
use crate::sys::watch::{State, Watch};
use crate::write::Existing;

/// Does not end by itself. What goes wrong in one round is said, and the next change begins another; what can only be the
/// command line's fault ends the first.
pub(super) fn run(mut order: Order, quiet: bool) -> Result<()> {
    let source = order.source.clone();
    let say = |text: String| {
        if !quiet {
            tell::say(&text);
        }
    };
    let mut worked_on = State::default();
    let mut is_first = true;
    let mut is_waiting = false;
    loop {
        // It listens before anything is read, so that no change is missed.
        let watch = Watch::of(&source);
        let state = State::settled(&source);
        if state.is_empty() && !is_first {
            // A build that begins by removing what is there does not take the output along.
            if !is_waiting {
                say(format!("`{}` is empty: waiting for the build", source.display()));
            }
            is_waiting = true;
        } else if state != worked_on || is_first {
            match worked(&order, quiet) {
                Ok(report) => {
                    order.existing = Existing::Replace;
                    say(summary(&report));
                }
                Err(error) if is_first && error.kind == Kind::Usage => return Err(error),
                Err(error) => tell::say(&error.to_string()),
            }
            (worked_on, is_first, is_waiting) = (state, false, false);
            say(format!("waiting for changes in `{}`; Ctrl-C ends", source.display()));
        }
        if State::of(&source) == worked_on || is_waiting {
            watch.wait();
        }
    }
}

fn summary(report: &Report) -> String {
    let total = report.total();
    format!(
        "{} files, {} of them anew, in {:.1} s: {} → {}, {} with brotli",
        report.entries.len(),
        report.cache.misses,
        report.seconds,
        total.before,
        total.after,
        total.brotli
    )
}
