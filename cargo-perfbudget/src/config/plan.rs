//! The configuration as meant: what to measure, and which budgets hold.

use std::collections::BTreeMap;
use std::time::Duration;

use toml_span::value::{Value, ValueInner};

use super::amount::{AmountError, amount_of_integer, example, parse_amount, parse_duration, parse_ratio};
use super::file::{Entry, Reader, Section, did_you_mean};
use super::{AssetsPlan, BuildPlan, CommandPlan, IngestPlan, assets, build, command, ingest, roi, shown};
use crate::model::{Assumptions, Budget, Code, Date, Glob, Metric, Quantity, Ratio, Severity, Verdict};

/// How long a benchmark may take without a configuration. Arbitrary: 2.4 s outside valgrind's fiftyfold slowdown.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);

/// What the configuration asks for. The default is what holds without a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The folder of committed records, relative to the configuration's own, with `/` and without `..`.
    pub baseline: String,
    /// The branch that is compared with, where it is not the remote's own default.
    pub default_branch: Option<String>,
    /// How long one benchmark may take; not zero.
    pub timeout: Duration,
    /// Variables that the measured programs get, whatever the caller's environment holds.
    pub env: BTreeMap<String, String>,
    /// Names of variables that the measured programs get from the caller's environment.
    pub pass_env: Vec<String>,
    /// Which files are weighed.
    pub size: SizePlan,
    /// The build whose cost is looked after; `None` for none.
    pub build: Option<BuildPlan>,
    /// The frontend that is looked after; `None` for none.
    pub assets: Option<AssetsPlan>,
    /// What other tools' files are read for.
    pub ingest: Vec<IngestPlan>,
    /// Programs with their arguments that are measured as a whole.
    pub commands: Vec<CommandPlan>,
    /// The rules, in the order of the file: later ones win.
    pub budgets: Vec<Budget>,
    /// The codes whose findings weigh more or less than usual.
    pub severities: BTreeMap<Code, SeverityOverride>,
    /// What an estimate of worth rests on; `None` where none is asked for.
    pub roi: Option<Assumptions>,
}

/// Which files are weighed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SizePlan {
    /// Names of binary targets; `None` for all of them.
    pub bins: Option<Vec<String>>,
    /// Names of `cdylib` targets.
    pub cdylibs: Vec<String>,
    /// Paths relative to the configuration's folder, with `/` and without `..`.
    pub files: Vec<String>,
}

/// How bad a code's findings are, by the configuration's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeverityOverride {
    /// How bad.
    pub verdict: Verdict,
    /// Why; always there where the code's own verdict is worse.
    pub reason: Option<String>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            baseline: "perfbudget".to_owned(),
            default_branch: None,
            timeout: DEFAULT_TIMEOUT,
            env: BTreeMap::new(),
            pass_env: Vec::new(),
            size: SizePlan::default(),
            build: None,
            assets: None,
            ingest: Vec::new(),
            commands: Vec::new(),
            budgets: Vec::new(),
            severities: BTreeMap::new(),
            roi: None,
        }
    }
}

const KEYS: &[&str] = &[
    "baseline",
    "default-branch",
    "timeout",
    "pass-env",
    "env",
    "size",
    "build",
    "assets",
    "command",
    "ingest",
    "budget",
    "severity",
    "roi",
];
const SIZE_KEYS: &[&str] = &["bins", "cdylibs", "files"];
/// The keys of a budget that select or explain. The others set something.
const BUDGET_SELECTORS: &[&str] = &["subject", "metric", "reason", "expires"];
const BUDGET_KEYS: &[&str] = &[
    "subject", "metric", "growth", "floor", "at-most", "at-least", "drift", "exclude", "severity", "owner", "reason",
    "expires",
];
const SEVERITY_KEYS: &[&str] = &["level", "reason"];
/// Tables that later versions read, as they are written.
const RESERVED: &[(&str, &str)] = &[("time", "[time]")];

const SEVERITIES: &[(&str, Severity)] =
    &[("note", Severity::Note), ("attention", Severity::Attention), ("error", Severity::Error)];
const LEVELS: &[(&str, Verdict)] = &[
    ("note", Verdict::Within),
    ("attention", Verdict::Attention),
    ("cannot-tell", Verdict::CannotTell),
    ("error", Verdict::Over),
];

/// Reads the whole file. The plan is only good where the reader has found no problem.
pub(super) fn read(root: &Value<'_>, reader: &mut Reader<'_>) -> Plan {
    let mut plan = Plan::default();
    let Some(root) = root_section(root, reader) else { return plan };
    if let Some(entry) = root.get("baseline") {
        plan.baseline = relative_path(entry, reader).unwrap_or_default();
    }
    plan.default_branch = root.get("default-branch").and_then(|entry| branch(entry, reader));
    if let Some(entry) = root.get("timeout") {
        plan.timeout = timeout(entry, reader).unwrap_or_default();
    }
    if let Some(section) = root.get("env").and_then(|entry| entry.open_section(reader)) {
        plan.env = section.entries().filter_map(|entry| variable(entry, reader)).collect();
    }
    if let Some(entry) = root.get("pass-env") {
        plan.pass_env = pass_env(entry, &plan.env, reader);
    }
    if let Some(section) = root.get("size").and_then(|entry| entry.section(SIZE_KEYS, reader)) {
        plan.size = size(section, reader);
    }
    plan.build = root.get("build").and_then(|entry| build::read(entry, reader));
    plan.assets = root.get("assets").and_then(|entry| assets::read(entry, reader));
    if let Some(entry) = root.get("command") {
        plan.commands = command::read(entry, reader);
    }
    if let Some(entry) = root.get("ingest") {
        plan.ingest = ingest::read(entry, reader);
    }
    if let Some(entry) = root.get("budget") {
        let metrics: Vec<Metric> = Metric::BUILT_IN.into_iter().chain(ingest::metrics(&plan.ingest)).collect();
        let sections = entry.sections("[[budget]]", BUDGET_KEYS, reader);
        plan.budgets = sections.into_iter().map(|(at, section)| budget(at, section, &metrics, reader)).collect();
    }
    if let Some(section) = root.get("severity").and_then(|entry| entry.open_section(reader)) {
        plan.severities = section.entries().filter_map(|entry| severity_override(entry, reader)).collect();
    }
    plan.roi = root.get("roi").and_then(|entry| roi::read(entry, reader));
    plan
}

fn root_section<'a>(root: &'a Value<'_>, reader: &mut Reader<'_>) -> Option<Section<'a>> {
    // Reserved tables are known, so that they are called what they are and not a typo.
    let known: Vec<&str> = KEYS.iter().copied().chain(RESERVED.iter().map(|(name, _)| *name)).collect();
    let root = Section::root(root, &known, reader)?;
    for (name, written) in RESERVED {
        if let Some(entry) = root.get(name) {
            reader.problem(entry.key_at, format!("`{written}` is not available yet"), None);
        }
    }
    Some(root)
}

/// A path below the configuration's folder, with `/` between its parts and nothing that leads out of it.
pub(super) fn relative_path(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let text = entry.text("a path relative to `perfbudget.toml`", reader)?;
    let why = if text.starts_with('/') {
        Some("must be relative to `perfbudget.toml`")
    } else if text.contains(':') {
        Some("must not hold `:`, which names a drive on Windows")
    } else if text.contains('\\') {
        Some("must have `/` between its parts")
    } else if text.split('/').any(|part| part == "..") {
        Some("must not leave the folder of `perfbudget.toml`")
    } else if text.contains(char::is_control) {
        Some("holds a control character")
    } else if text.split('/').all(|part| part.is_empty() || part == ".") {
        Some("must name something below the folder of `perfbudget.toml`")
    } else {
        None
    };
    if let Some(why) = why {
        reader.problem(entry.at, format!("`{}` {why}", entry.name), None);
        return None;
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    Some(parts.join("/"))
}

/// A name that git takes for a branch and for nothing else, by the rules of git-check-ref-format(1).
fn branch(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let text = entry.text("the name of a branch", reader)?;
    let bad = |letter: char| letter.is_control() || letter.is_whitespace() || "~^:?*[\\".contains(letter);
    let good = !text.contains(bad)
        && !text.starts_with('-')
        && !text.contains("..")
        && !text.contains("@{")
        && text.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
        && !text.ends_with('.')
        && text != "@";
    if !good {
        reader.problem(entry.at, format!("`{}` is not the name of a branch", shown(text)), None);
    }
    good.then(|| text.to_owned())
}

pub(super) fn timeout(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<Duration> {
    let timeout = amount_text(entry, "a duration such as \"120 s\"", None, parse_duration, reader)?;
    if timeout.is_zero() {
        reader.problem(entry.at, "`timeout` is zero".to_owned(), None);
    }
    Some(timeout)
}

pub(super) fn variable(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<(String, String)> {
    check_variable(entry.key_at, entry.name, reader);
    let Some(value) = entry.value.as_str() else {
        reader.wrong_type(entry, "a string", None);
        return None;
    };
    if value.contains('\0') {
        reader.problem(entry.at, format!("`{}` holds a NUL character", shown(entry.name)), None);
    }
    Some((entry.name.to_owned(), value.to_owned()))
}

fn pass_env(entry: Entry<'_>, fixed: &BTreeMap<String, String>, reader: &mut Reader<'_>) -> Vec<String> {
    let texts = entry.texts("a list of names such as [\"DATA_DIR\"]", reader).unwrap_or_default();
    for (entry, name) in &texts {
        check_variable(entry.at, name, reader);
        if fixed.contains_key(*name) {
            let hint = "a variable is either fixed or passed on: delete one of the two".to_owned();
            reader.problem(entry.at, format!("`{}` is set in `[env]` too", shown(name)), Some(hint));
        }
    }
    texts.into_iter().map(|(_, name)| name.to_owned()).collect()
}

fn check_variable(at: usize, name: &str, reader: &mut Reader<'_>) {
    if name.is_empty() || name.contains(['=', '\0']) {
        reader.problem(at, format!("`{}` is not the name of a variable", shown(name)), None);
    }
}

fn size(section: Section<'_>, reader: &mut Reader<'_>) -> SizePlan {
    let mut names = |key: &str| {
        let texts = section.get(key)?.texts("a list of names such as [\"shop\"]", reader)?;
        Some(texts.into_iter().map(|(_, name)| name.to_owned()).collect::<Vec<String>>())
    };
    let (bins, cdylibs) = (names("bins"), names("cdylibs").unwrap_or_default());
    let texts =
        section.get("files").and_then(|entry| entry.texts("a list of paths such as [\"web/app.wasm\"]", reader));
    let files = texts.unwrap_or_default().into_iter().filter_map(|(entry, _)| relative_path(entry, reader)).collect();
    SizePlan { bins, cdylibs, files }
}

fn budget(at: usize, section: Section<'_>, metrics: &[Metric], reader: &mut Reader<'_>) -> Budget {
    let text = |key: &str, wanted: &str, reader: &mut Reader<'_>| {
        section.get(key).and_then(|entry| entry.text(wanted, reader)).map(str::to_owned)
    };
    let metrics: Vec<(&str, Metric)> = metrics.iter().map(|metric| (metric.name(), *metric)).collect();
    let metric = section.get("metric").and_then(|entry| entry.word("metric", &metrics, reader));
    let budget = Budget {
        subject: Glob::new(
            text("subject", "a name or a pattern such as \"shop::*\"", reader).unwrap_or("*".to_owned()),
        ),
        metric,
        growth: ratio("growth", section, reader),
        floor: amount("floor", metric, section, reader),
        at_most: amount("at-most", metric, section, reader),
        at_least: amount("at-least", metric, section, reader),
        drift: ratio("drift", section, reader),
        exclude: section.get("exclude").and_then(|entry| entry.flag(reader)).unwrap_or(false),
        severity: section.get("severity").and_then(|entry| entry.word("severity", SEVERITIES, reader)),
        owner: text("owner", "a name", reader),
        reason: text("reason", "a sentence", reader),
        expires: section.get("expires").and_then(|entry| date(entry, reader)),
        line: reader.line(at),
    };
    if let Some(entry) = section.get("exclude").filter(|_| budget.exclude && section.get("reason").is_none()) {
        let hint = "add `reason = \"why it is not judged\"`".to_owned();
        reader.problem(entry.key_at, "`exclude` needs a reason".to_owned(), Some(hint));
    }
    refuse_limits_on_samples(metric, section, reader);
    if section.entries().all(|entry| BUDGET_SELECTORS.contains(&entry.name)) {
        let hint = "add a limit such as `growth = \"1%\"`, or delete it".to_owned();
        reader.problem(at, "this `[[budget]]` sets nothing".to_owned(), Some(hint));
    }
    budget
}

/// Whether no limit on the metric is judged yet: a sampled one of our own, whose values depend on the machine.
fn is_unlimited(metric: Metric) -> bool {
    !metric.is_exact() && metric.definition().is_none()
}

/// Growth of samples is advice. What other tools have sampled can be held to the most or the least that it may be.
fn refuse_limits_on_samples(metric: Option<Metric>, section: Section<'_>, reader: &mut Reader<'_>) {
    let Some((entry, metric)) = section.get("metric").zip(metric.filter(|metric| !metric.is_exact())) else { return };
    let is_set = |keys: &[&str]| keys.iter().any(|key| section.get(key).is_some());
    if is_unlimited(metric) {
        if is_set(&["growth", "floor", "at-most", "at-least", "drift", "severity"]) {
            reader.problem(entry.at, format!("budgets on `{metric}` are not available yet"), None);
        }
    } else if is_set(&["growth", "floor", "drift"]) {
        let hint = "state `at-most` or `at-least`".to_owned();
        reader.problem(entry.at, format!("growth of `{metric}`, which is sampled, is not judged yet"), Some(hint));
    }
}

fn ratio(key: &str, section: Section<'_>, reader: &mut Reader<'_>) -> Option<Ratio> {
    let hint = "write the percent sign: `\"1%\"` is a hundredth";
    amount_text(section.get(key)?, "a percentage such as \"1%\"", Some(hint), parse_ratio, reader)
}

fn amount(key: &str, metric: Option<Metric>, section: Section<'_>, reader: &mut Reader<'_>) -> Option<Quantity> {
    let entry = section.get(key)?;
    let Some(metric) = metric else {
        // A metric that is written and unknown has been reported.
        if section.get("metric").is_none() {
            let hint = "add `metric = \"instructions\"` or `metric = \"size\"`".to_owned();
            reader.problem(entry.key_at, format!("`{key}` needs a metric to give it a unit"), Some(hint));
        }
        return None;
    };
    // The problem with a limit on a time is the limit, not how it is written.
    if is_unlimited(metric) {
        return None;
    }
    if let ValueInner::Integer(value) = entry.value {
        return amount_of_integer(*value).map_err(|error| wrong_amount(entry, &error, reader)).ok();
    }
    let unit = metric.unit();
    let wanted = format!("an amount of {} such as \"{}\"", unit.word(), example(unit));
    amount_text(entry, &wanted, None, |text| parse_amount(text, unit), reader)
}

pub(super) fn amount_text<T>(
    entry: Entry<'_>,
    wanted: &str,
    hint: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, AmountError>,
    reader: &mut Reader<'_>,
) -> Option<T> {
    let Some(text) = entry.value.as_str() else {
        reader.wrong_type(entry, wanted, hint);
        return None;
    };
    parse(text).map_err(|error| wrong_amount(entry, &error, reader)).ok()
}

fn wrong_amount(entry: Entry<'_>, error: &AmountError, reader: &mut Reader<'_>) {
    reader.problem(entry.at, format!("`{}` {error}", entry.name), error.hint());
}

fn date(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<Date> {
    let text = entry.text("a day such as \"2027-01-31\"", reader)?;
    let date = Date::parse(text);
    if date.is_none() {
        let message = format!("`{}` is not a day such as \"2027-01-31\"", shown(text));
        reader.problem(entry.at, message, None);
    }
    date
}

fn severity_override(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<(Code, SeverityOverride)> {
    let code = Code::from_name(entry.name);
    if code.is_none() {
        let known: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        let hint = did_you_mean(entry.name, &known, "codes are");
        reader.problem(entry.key_at, format!("unknown code `{}`", shown(entry.name)), Some(hint));
    }
    let (level, reason) = match entry.value {
        ValueInner::String(_) => (Some(entry), None),
        ValueInner::Table(_) => {
            let section = entry.section(SEVERITY_KEYS, reader)?;
            (section.get("level"), section.get("reason"))
        }
        _ => {
            reader.wrong_type(entry, "a level such as \"error\", or a table of `level` and `reason`", None);
            return None;
        }
    };
    let Some(level) = level else {
        reader.problem(entry.key_at, format!("`{}` has no level", shown(entry.name)), Some("add `level`".to_owned()));
        return None;
    };
    let text = reason.and_then(|reason| reason.text("a sentence", reader)).map(str::to_owned);
    let verdict = level.word("level", LEVELS, reader)?;
    let code = code?;
    if verdict < code.verdict() && reason.is_none() {
        let hint = format!("write `{code} = {{ level = \"{}\", reason = \"why\" }}`", level_name(verdict));
        let message = format!("lowering `{code}` from `{}` needs a reason", level_name(code.verdict()));
        reader.problem(level.at, message, Some(hint));
    }
    Some((code, SeverityOverride { verdict, reason: text }))
}

fn level_name(verdict: Verdict) -> &'static str {
    LEVELS.iter().find(|(_, own)| *own == verdict).map_or("note", |(name, _)| name)
}
