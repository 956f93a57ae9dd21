//! `check --bisect-lock`: the sources as they are, with lock files between the base's and theirs, to find what costs.

use std::collections::{BTreeMap, BTreeSet};

use super::elsewhere::{Elsewhere, LOCK_BYTES_AT_MOST, Order};
use super::{Context, blame};
use crate::cli::Selection;
use crate::collect::project::CargoOptions;
use crate::collect::{lock, manifest};
use crate::error::{Error, Kind, Result};
use crate::model::cause::{Carrier, difference};
use crate::model::{Bump, Dependency, Evidence, Key, Outcome, Report, Run, Verdict};
use crate::sys::{env, files};

/// A change that makes up less than this share of the whole difference is not looked for. Arbitrary: a tenth.
const WORTH: i64 = 10;

/// Finds what of each number that is over belongs to which change of the lock file, and adds it to the causes. What cannot be
/// found out is said and costs nothing else.
pub(super) fn blame(
    context: &Context,
    selection: &Selection,
    base: &str,
    (before, after): (&Run, &Run),
    report: &mut Report,
) -> Result<()> {
    let grown = report.findings.iter().filter(|finding| finding.verdict == Verdict::Over);
    let values = |key: &Key| Some((blame::exact(before, key)?, blame::exact(after, key)?));
    let grown: BTreeMap<Key, (u64, u64)> = grown
        .filter_map(|finding| Some((finding.key.clone()?, values(finding.key.as_ref()?)?)))
        .filter(|(_, (before, after))| before < after)
        .collect();
    let found = if grown.is_empty() { Ok(BTreeMap::new()) } else { search(context, selection, base, &grown) };
    match found {
        Err(why) if why.kind == Kind::Interrupted => return Err(why),
        Err(why) => {
            let why = Error { message: format!("cannot bisect the lock file: {}", why.message), ..why };
            context.told();
            env::say(&why.to_string());
        }
        Ok(found) => {
            for (key, dependency) in found {
                let (before, after) = grown.get(&key).copied().unwrap_or_default();
                let without = || blame::without_profiles(before, after);
                report.causes.entry(key).or_insert_with(without).dependency = Some(dependency);
            }
        }
    }
    Ok(())
}

fn search(
    context: &Context,
    selection: &Selection,
    base: &str,
    grown: &BTreeMap<Key, (u64, u64)>,
) -> Result<BTreeMap<Key, Dependency>> {
    let (earlier, later) = blame::lock_files(context, base)?;
    let mut bumps = lock::in_order(&lock::bumps(&earlier, &later), &later);
    // What was added or removed came with something else.
    bumps.retain(|bump| !bump.before.is_empty() && !bump.after.is_empty());
    if bumps.is_empty() {
        return Err(Error::environment("it has no package of another version than the base's"));
    }
    let elsewhere = Elsewhere::open(context)?;
    elsewhere.check_out(&elsewhere.snapshot()?)?;
    let options = selection.building.cargo_options(true);
    for path in elsewhere.manifests(&options)? {
        let text = files::read_text(&path, LOCK_BYTES_AT_MOST)?.unwrap_or_default();
        let loosened = manifest::loosened(&text, &bumps);
        if loosened != text {
            files::write(&path, loosened.as_bytes())?;
        }
    }
    let keys = grown.keys().cloned().collect();
    let options = CargoOptions { locked: true, ..options };
    let mut steps = Steps {
        context,
        elsewhere,
        options,
        passed: &selection.passed,
        keys,
        earlier,
        later,
        bumps,
        known: BTreeMap::new(),
    };
    grown.iter().map(|(key, values)| Ok((key.clone(), steps.dependency(key, *values)?))).collect()
}

/// The states between two lock files: so many of the changes are made, and the others are not.
struct Steps<'a> {
    context: &'a Context,
    elsewhere: Elsewhere<'a>,
    options: CargoOptions,
    passed: &'a [String],
    keys: BTreeSet<Key>,
    earlier: String,
    later: String,
    bumps: Vec<Bump>,
    /// What each state costs, or why that cannot be told.
    known: BTreeMap<usize, std::result::Result<BTreeMap<Key, u64>, String>>,
}

impl Steps<'_> {
    fn dependency(&mut self, key: &Key, (before, after): (u64, u64)) -> Result<Dependency> {
        let last = self.bumps.len();
        let top = self.value(last, key)?.map_err(|why| {
            Error::environment(format!("the work tree cannot be measured in another folder: {why}"))
                .hint("packages that are not in cargo's cache must be downloaded: leave `--offline` out")
        })?;
        if top.abs_diff(after) > after / 1_000 {
            let why = format!("{key} is {after} in the work tree and {top} in another folder");
            return Err(Error::environment(why).hint("it may depend on files that git ignores, or vary by itself"));
        }
        let mut first = 0;
        while first < last && self.value(first, key)?.is_err() {
            first += 1;
        }
        let Ok(bottom) = self.value(first, key)? else { return Err(Error::environment("no state of it can be built")) };
        let all = difference(before, top).saturating_abs();
        let mut carriers: Vec<Carrier> = Vec::new();
        let mut open = vec![(first, bottom, last, top)];
        while let Some((from, lower, to, upper)) = open.pop() {
            let delta = difference(lower, upper);
            if from == to || delta.saturating_abs().saturating_mul(WORTH) < all {
                continue;
            }
            match self.between(from, to, key)? {
                Some((middle, value)) => open.extend([(from, lower, middle, value), (middle, value, to, upper)]),
                None => carriers.push(Carrier { bumps: self.bumps[from..to].to_vec(), delta }),
            }
        }
        carriers.sort_by_key(|carrier| std::cmp::Reverse(carrier.delta.unsigned_abs()));
        Ok(Dependency::Measured { own: difference(before, bottom), needed: self.bumps[..first].to_vec(), carriers })
    }

    /// The state nearest to the middle that can be measured; `None` where none between the two can.
    fn between(&mut self, from: usize, to: usize, key: &Key) -> Result<Option<(usize, u64)>> {
        let mut inner: Vec<usize> = (from + 1..to).collect();
        inner.sort_by_key(|step| (step * 2).abs_diff(from + to));
        for step in inner {
            if let Ok(value) = self.value(step, key)? {
                return Ok(Some((step, value)));
            }
        }
        Ok(None)
    }

    fn value(&mut self, step: usize, key: &Key) -> Result<std::result::Result<u64, String>> {
        if !self.known.contains_key(&step) {
            let measured = self.measure(step)?;
            self.say(step, &measured);
            self.known.insert(step, measured);
        }
        Ok(match self.known.get(&step) {
            Some(Ok(values)) => values.get(key).copied().ok_or_else(|| format!("{key} is not there")),
            Some(Err(why)) => Err(why.clone()),
            None => Err(String::new()),
        })
    }

    /// Measures the state with so many changes made.
    fn measure(&self, step: usize) -> Result<std::result::Result<BTreeMap<Key, u64>, String>> {
        let kept: BTreeSet<&str> = self.bumps[step..].iter().map(|bump| bump.name.as_str()).collect();
        let path = self.elsewhere.folder.join("Cargo.lock");
        files::write(&path, lock::between(&self.earlier, &self.later, &kept).as_bytes())?;
        if let Err(why) = self.elsewhere.resolve(&self.options)? {
            return Ok(Err(format!("it does not resolve: {why}")));
        }
        let resolved = lock::versions(&files::read_text(&path, LOCK_BYTES_AT_MOST)?.unwrap_or_default());
        for (at, bump) in self.bumps.iter().enumerate() {
            let wanted = if at < step { &bump.after } else { &bump.before };
            let mut found = resolved.get(&bump.name).into_iter().flatten();
            if let Some(other) = found.find(|version| !wanted.contains(version)) {
                return Ok(Err(format!("it does not resolve: `{}` must be {other}", bump.name)));
            }
        }
        let (keys, options) = (self.keys.clone(), &self.options);
        let order = Order { keys, expected: BTreeMap::new(), options, reuse: true, passed: self.passed };
        let run = self.elsewhere.measure(order, "lock file")?.run;
        let exact = |(key, outcome): (&Key, &Outcome)| match outcome.evidence()? {
            Evidence::Exact { value, .. } => Some((key.clone(), *value)),
            Evidence::Sampled { .. } => None,
        };
        let values: BTreeMap<Key, u64> = run.outcomes.iter().filter_map(exact).collect();
        Ok(if values.is_empty() { Err(blame::why_not(&run)) } else { Ok(values) })
    }

    fn say(&self, step: usize, measured: &std::result::Result<BTreeMap<Key, u64>, String>) {
        let name = match step.checked_sub(1).and_then(|at| self.bumps.get(at)) {
            None => "the base's".to_owned(),
            Some(bump) => format!("{step} of {} changes, up to `{bump}`", self.bumps.len()),
        };
        let what = match measured {
            Ok(values) => {
                let value = |(key, value): (&Key, &u64)| format!("{key} {value}");
                values.iter().filter(|(key, _)| self.keys.contains(key)).map(value).collect::<Vec<_>>().join(", ")
            }
            Err(why) => format!("skipped, {why}"),
        };
        self.context.say(&format!("lock file, {name}: {what}"));
    }
}
