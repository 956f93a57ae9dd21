//! `bisect`: builds commits between a good and a bad one until it is known which one made a number another.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use super::elsewhere::{Elsewhere, Order};
use super::{Context, blame, color};
use crate::attribution::search::{Next, Search, Told};
use crate::cli::{BisectArgs, Format};
use crate::collect::commits::{Commits, Entry};
use crate::collect::{self, executable, lock, provenance};
use crate::compare;
use crate::deliver::deliver;
use crate::error::{Error, Kind, Result};
use crate::exit;
use crate::model::bisection::{Bisection, Commit, Found, Taken, Tried};
use crate::model::{Cause, Direction, Evidence, Family, Key, Limits, Profile, Ratio, Scope};
use crate::render::{bisection, json};
use crate::sys::env;
use crate::sys::git::{Repository, short};

pub(super) fn run(args: &BisectArgs) -> Result<u8> {
    if !matches!(args.output.format, Format::Terminal | Format::Json) {
        return Err(Error::usage("a bisection is told as `--format terminal` or `json`"));
    }
    let [name] = args.selection.filters.as_slice() else {
        return Err(Error::usage("exactly one benchmark or file can be bisected").hint("cargo perfbudget list"));
    };
    let context = Context::load(&args.selection, &args.output.voice)?;
    let Some(repository) = &context.repository else {
        return Err(Error::usage("this is no git repository, so there are no commits"));
    };
    let (good, bad) = ends(repository, args)?;
    let mut hunt = Hunt::new(&context, repository, args, name, &bad)?;
    let bisection = hunt.run(good, bad)?;
    context.told();
    let colored =
        if args.output.output.is_some() { crate::render::Color::Never } else { color(args.output.voice.color) };
    let text = match args.output.format {
        Format::Json => json::write_bisection(&bisection),
        _ => bisection::terminal(&bisection, colored),
    };
    deliver(&text, args.output.output.as_deref())?;
    Ok(if matches!(bisection.found, Found::Commit { .. }) { exit::WITHIN } else { exit::CANNOT_TELL })
}

/// The two commits. A good one on another branch stands for where that branch was left.
fn ends(repository: &Repository, args: &BisectArgs) -> Result<(String, String)> {
    let commit = |name: &str| {
        let unknown = || {
            let error = Error::usage(format!("there is no revision `{name}`"));
            let is_shallow = repository.is_shallow().unwrap_or(false);
            error.hint(if is_shallow { "git fetch --unshallow" } else { "git log --oneline --all" })
        };
        repository.commit(name)?.ok_or_else(unknown)
    };
    let (good, bad) = (commit(&args.good)?, commit(&args.bad)?);
    let base = repository.merge_base(&good, &bad)?;
    match base {
        Some(base) if base == bad => {
            Err(Error::usage(format!("no commit leads from `{}` to `{}`", args.good, args.bad))
                .hint("the good revision is the earlier one"))
        }
        Some(base) => Ok((base, bad)),
        None => Err(Error::usage(format!("`{}` and `{}` have no commit in common", args.good, args.bad))),
    }
}

/// One number, looked for in one commit after the other.
struct Hunt<'a> {
    context: &'a Context,
    repository: &'a Repository,
    args: &'a BisectArgs,
    key: Key,
    kept: Commits,
    /// What a number depends on beside the commit.
    circumstances: String,
    /// Made once something must be built.
    elsewhere: Option<Elsewhere<'a>>,
    tried: Vec<Tried>,
    /// What was measured, by commit.
    known: BTreeMap<String, Entry>,
}

impl<'a> Hunt<'a> {
    fn new(
        context: &'a Context,
        repository: &'a Repository,
        args: &'a BisectArgs,
        name: &str,
        bad: &str,
    ) -> Result<Hunt<'a>> {
        let hunt = |elsewhere, subject| {
            let key = Key::new(subject, args.metric);
            let circumstances = circumstances(context, args, &key)?;
            let kept = Commits::new(Elsewhere::kept(repository));
            let (tried, known) = (Vec::new(), BTreeMap::new());
            Ok(Hunt { context, repository, args, key, kept, circumstances, elsewhere, tried, known })
        };
        if let Some(subject) = names::find(name, names::recorded(context, repository, args, bad)?)? {
            return hunt(None, subject);
        }
        // Without records only a build tells the names; but one that was measured already needs no telling.
        if let Some(subject) = names::whole(context, name) {
            let hunt = hunt(None, subject)?;
            if hunt.kept.get(&hunt.question(bad)?).is_some() {
                return Ok(hunt);
            }
        }
        let mut elsewhere = None;
        let place = open(&mut elsewhere, context)?;
        place.check_out(bad)?;
        let families = BTreeSet::from([args.metric.family()]);
        let scope = Scope { families, ..context.scope(&args.selection, BTreeSet::new()) };
        let scope = Scope { filters: Vec::new(), packages: None, ..scope };
        let subjects =
            place.subjects(&args.selection.building.cargo_options(true), scope).map_err(|why| match why.kind {
                Kind::Interrupted => why,
                _ => unmeasured("bad", bad, &why.message),
            })?;
        let subject = names::find(name, subjects.into_iter().collect())?.ok_or_else(|| {
            let error = Error::usage(format!("nothing at {} has `{name}` in its name", short(bad)));
            error.hint("cargo perfbudget list")
        })?;
        hunt(elsewhere, subject)
    }

    fn run(&mut self, good: String, bad: String) -> Result<Bisection> {
        let history = self.repository.history(&good, &bad)?;
        let (before, after) = (self.end(&good, "good")?, self.end(&bad, "bad")?);
        let half = before.abs_diff(after) / 2;
        let threshold = match self.args.threshold {
            Some(threshold) => threshold,
            // Halfway, and on the bad side where there is no middle.
            None if before <= after => after - half,
            None => after + half,
        };
        let mut bisection = Bisection {
            key: self.key.clone(),
            good: (good, before),
            bad: (bad, after),
            threshold,
            commits: history.len(),
            tried: Vec::new(),
            found: Found::Nothing(String::new()),
        };
        bisection.found = match self.nothing(before, after, threshold) {
            Some(why) => Found::Nothing(why),
            None => self.search(&history, &bisection)?,
        };
        bisection.tried = std::mem::take(&mut self.tried);
        Ok(bisection)
    }

    /// Why there is nothing to look for, where that is so.
    fn nothing(&self, before: u64, after: u64, threshold: u64) -> Option<String> {
        let unit = self.key.metric.unit().word();
        if before == after {
            return Some(format!("it costs {before} {unit} at both"));
        }
        if self.args.threshold.is_some() {
            let lies_between = (before.min(after)..=before.max(after)).contains(&threshold) && threshold != before;
            return (!lies_between).then(|| format!("{threshold} does not lie between {before} and {after} {unit}"));
        }
        let limits = Limits::for_key(&self.context.plan.budgets, &self.key);
        let (less, more) = (Evidence::exact(before.min(after)), Evidence::exact(before.max(after)));
        let growth = limits.growth.unwrap_or(Ratio::ZERO);
        (!compare::worsened(Direction::Less, &less, &more, growth, limits.floor))
            .then(|| format!("{before} → {after} {unit} is within its limit; `--threshold` looks for less"))
    }

    fn search(&mut self, history: &[(String, Vec<String>)], bisection: &Bisection) -> Result<Found> {
        let places: BTreeMap<&str, usize> = history.iter().enumerate().map(|(at, (id, _))| (id.as_str(), at)).collect();
        let parents = |(_, parents): &(String, Vec<String>)| {
            parents.iter().filter_map(|parent| places.get(parent.as_str()).copied()).collect()
        };
        let mut search = Search::new(history.iter().map(parents).collect());
        loop {
            match search.next() {
                Next::Try(at) => {
                    let (id, _) = &history[at];
                    let steps = match search.steps() {
                        1 => "1 step".to_owned(),
                        steps => format!("{steps} steps"),
                    };
                    let ahead = format!("{} commits left, roughly {steps}", search.left());
                    let told = match self.take(id)? {
                        Taken::Skipped(why) => {
                            self.say(id, &format!("skipped, {why}"), &ahead)?;
                            Told::Skipped
                        }
                        Taken::Value(value) => {
                            let is_bad = if bisection.good.1 <= bisection.bad.1 {
                                value >= bisection.threshold
                            } else {
                                value <= bisection.threshold
                            };
                            self.say(id, &format!("{value}, {}", if is_bad { "bad" } else { "good" }), &ahead)?;
                            if is_bad { Told::Bad } else { Told::Good }
                        }
                    };
                    search.tell(at, told);
                }
                Next::Found(at) => return self.found(&history[at], bisection),
                Next::Among(places) => {
                    let commits = places.into_iter().map(|at| self.commit(&history[at].0));
                    return Ok(Found::Among(commits.collect::<Result<_>>()?));
                }
            }
        }
    }

    fn found(&mut self, (id, parents): &(String, Vec<String>), bisection: &Bisection) -> Result<Found> {
        // Where branches meet, what the commit rests on may have been ruled out without being measured.
        let measured = parents.iter().find(|parent| self.known.contains_key(*parent)).cloned();
        let before = match (measured, parents.first()) {
            (Some(parent), _) => parent,
            (None, Some(parent)) if matches!(self.take(parent)?, Taken::Value(_)) => parent.clone(),
            _ => bisection.good.0.clone(),
        };
        let entry = |id: &str| self.known.get(id).map(|entry| (entry.value, entry.profile()));
        let (earlier, later) = (entry(&before).unwrap_or_default(), entry(id).unwrap_or_default());
        let cause = self.cause((&before, &earlier), (id, &later))?.map(Box::new);
        let commit = self.commit(id)?;
        Ok(Found::Commit { commit, before: (before, earlier.0), after: later.0, cause })
    }

    fn cause(
        &self,
        (before, earlier): (&str, &(u64, Option<Profile>)),
        (after, later): (&str, &(u64, Option<Profile>)),
    ) -> Result<Option<Cause>> {
        let mut cause = blame::cause((earlier.0, earlier.1.as_ref()), (later.0, later.1.as_ref()));
        if let Some(cause) = &mut cause {
            let locks = blame::lock_file(self.context, before)?.zip(blame::lock_file(self.context, after)?);
            let bumps = locks.map(|(before, after)| lock::bumps(&before, &after)).unwrap_or_default();
            cause.dependency = blame::dependency(cause, &bumps);
        }
        Ok(cause)
    }

    /// What one of the two ends costs, without which there is nothing to look for.
    fn end(&mut self, id: &str, what: &str) -> Result<u64> {
        match self.take(id)? {
            Taken::Value(value) => {
                self.say(id, &value.to_string(), what)?;
                Ok(value)
            }
            Taken::Skipped(why) => Err(unmeasured(what, id, &why)),
        }
    }

    /// What a commit costs: as it is known, or measured now.
    fn take(&mut self, id: &str) -> Result<Taken> {
        if let Some(entry) = self.known.get(id) {
            return Ok(Taken::Value(entry.value));
        }
        if let Some(tried) = self.tried.iter().find(|tried| tried.id == id) {
            return Ok(tried.taken.clone());
        }
        let text = self.question(id)?;
        let kept = self.kept.get(&text);
        let is_kept = kept.is_some();
        let entry = match kept {
            Some(entry) => Ok(entry),
            None => match self.measure(id) {
                Ok(Ok((value, profile))) => Ok(self.kept.put(&text, value, profile.as_ref())),
                Ok(Err(why)) => Err(why),
                Err(why) if why.kind == Kind::Interrupted => return Err(why),
                // Such as a commit whose manifest cannot be read.
                Err(why) => Err(why.message),
            },
        };
        let taken = match entry {
            Ok(entry) => {
                let value = entry.value;
                self.known.insert(id.to_owned(), entry);
                Taken::Value(value)
            }
            Err(why) => Taken::Skipped(why),
        };
        self.tried.push(Tried { id: id.to_owned(), taken: taken.clone(), is_kept });
        Ok(taken)
    }

    /// All that the answer depends on.
    fn question(&self, id: &str) -> Result<String> {
        let lock = match blame::lock_file(self.context, id)? {
            Some(_) => String::new(),
            // It is measured with ours.
            None => provenance::lock_digest(&self.context.project.root)?,
        };
        Ok(format!("{id}\n{lock}\n{}", self.circumstances))
    }

    fn measure(&mut self, id: &str) -> Result<std::result::Result<(u64, Option<Profile>), String>> {
        let place = open(&mut self.elsewhere, self.context)?;
        place.check_out(id)?;
        let options = self.args.selection.building.cargo_options(true);
        let order = Order {
            keys: BTreeSet::from([self.key.clone()]),
            expected: BTreeMap::new(),
            options: &options,
            reuse: true,
            passed: &self.args.selection.passed,
        };
        let mut measured = place.measure(order, short(id))?;
        Ok(match blame::exact(&measured.run, &self.key) {
            Some(value) => Ok((value, measured.profiles.remove(&self.key))),
            None => Err(blame::why_not(&measured.run)),
        })
    }

    fn commit(&self, id: &str) -> Result<Commit> {
        let [subject, author, date] = self.repository.described(id)?;
        Ok(Commit { id: id.to_owned(), subject, author, date })
    }

    fn say(&self, id: &str, outcome: &str, ahead: &str) -> Result<()> {
        let [subject, ..] = self.repository.described(id)?;
        let subject: String = subject.chars().take(60).collect();
        self.context.say(&format!("{ahead}: {} {outcome}  {subject}", short(id)));
        Ok(())
    }
}

fn unmeasured(what: &str, id: &str, why: &str) -> Error {
    Error::environment(format!("the {what} commit {} cannot be measured: {why}", short(id)))
        .hint("name one that builds and has the benchmark")
}

fn open<'h, 'a>(elsewhere: &'h mut Option<Elsewhere<'a>>, context: &'a Context) -> Result<&'h Elsewhere<'a>> {
    if elsewhere.is_none() {
        *elsewhere = Some(Elsewhere::open(context)?);
    }
    elsewhere.as_ref().ok_or_else(|| Error::environment("there is no worktree"))
}

/// Everything that a number depends on beside the commit: the machine, the compiler, flags, options and variables.
fn circumstances(context: &Context, args: &BisectArgs, key: &Key) -> Result<String> {
    let (toolchain, host) = provenance::rustc(&context.folder, false)?;
    let machine = match key.metric.family() {
        family @ (Family::Instructions | Family::Heap) => provenance::under_valgrind(&host, family).map_err(|why| {
            let problem = collect::valgrind_problem(&why);
            let error = Error::environment(problem.message);
            match problem.hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?,
        _ => provenance::bytes(&host),
    };
    let state = provenance::state(&context.project.root, &toolchain, None)?;
    let options = args.selection.building.cargo_options(true);
    let options = crate::collect::project::CargoOptions { manifest_path: None, target_dir: None, ..options };
    let passed_on: Vec<Option<String>> = context.plan.pass_env.iter().map(|name| env::var(name)).collect();
    let inside = context.repository.as_ref().and_then(|repository| repository.relative(&context.project.root));
    let text = format!(
        "{key}\n{toolchain}\n{machine:?}\n{:?}\n{options:?}\n{:?}\n{:?}\n{passed_on:?}\n{inside:?}",
        state.0.get("flags"),
        args.selection.passed,
        context.plan.env,
    );
    Ok(executable::digest(text.as_bytes()))
}
