//! `calibrate`: measure everything that is counted several times and propose rules for what varies.

use std::collections::BTreeMap;

use super::{Context, families};
use crate::baseline::quote;
use crate::cli::CalibrateArgs;
use crate::collect;
use crate::deliver::deliver;
use crate::error::Result;
use crate::exit;
use crate::model::{Family, Limits, Outcome};

/// The least spread for which a rule of its own is proposed: a third of the default growth, since limits are widened by
/// three times the noise anyway.
const WORTH_A_RULE: f64 = 0.0033;

pub(super) fn run(args: &CalibrateArgs) -> Result<u8> {
    let context = Context::load(&args.selection, &args.voice)?;
    let mut families = families(false);
    families.retain(|family| matches!(family, Family::Instructions | Family::Heap | Family::Native));
    let scope = context.scope(&args.selection, families);
    let tell = |done, known, what: &str| context.tell(done, known, what);
    let mut request = context.request(&args.selection, scope, BTreeMap::new(), false, &tell);
    request.repeats = usize::from(args.repeats);
    let run = collect::collect(&request)?;
    context.told();
    let (mut exact, mut rules, mut failed) = (0, String::new(), 0);
    for (key, outcome) in run.outcomes.iter().filter(|(key, _)| key.metric.is_exact() && !key.metric.is_advisory()) {
        let Outcome::Measured { evidence, note } = outcome else {
            failed += 1;
            continue;
        };
        let noise = evidence.noise().get();
        if noise == 0.0 {
            exact += 1;
            continue;
        }
        let why = note.as_deref().unwrap_or("its profile does not show why");
        rules.push_str(&format!("\n# varies by {:.3}% over {} repeats: {why}\n", noise * 100.0, args.repeats));
        if noise < WORTH_A_RULE {
            rules.push_str(&format!("# `{key}` needs no rule: limits are widened by three times that\n"));
            continue;
        }
        let default = Limits::default_for(key.metric).growth.map_or(0.0, crate::model::Ratio::get);
        // Rounded up to a tenth of a percent.
        let growth = (default.max(4.0 * noise) * 1000.0).ceil() / 10.0;
        let subject = quote(&key.subject.to_string());
        rules.push_str(&format!(
            "[[budget]]\nsubject = {subject}\nmetric = \"{}\"\ngrowth = \"{growth}%\"\nreason = {}\n",
            key.metric,
            quote(why)
        ));
    }
    let mut text = format!("# {exact} values repeat exactly over {} runs and need no rule\n", args.repeats);
    text.push_str(&rules);
    if failed > 0 {
        text.push_str(&format!("\n# {failed} values could not be measured; `cargo perfbudget` says why\n"));
    }
    deliver(&text, None)?;
    Ok(if failed > 0 || run.outcomes.is_empty() { exit::CANNOT_TELL } else { exit::WITHIN })
}
