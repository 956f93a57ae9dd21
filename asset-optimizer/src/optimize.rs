//! The whole line for one folder.

mod beside;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::asset::{AssetPath, ByteCount, Encoding, Kind};
use crate::cache::{Cache, Key};
use crate::choose::{Choice, choose, keep};
use crate::discover::{Found, discover};
use crate::error::{Error, Result};
use crate::fingerprint::{Bytes, Wishes};
use crate::graph::PublicUrl;
use crate::hints::{Digests, Hints, Images};
use crate::kept;
use crate::manifest::NAME;
use crate::plan::{Filters, Job, Plan, Reader, Treatment, plan};
use crate::relink::{self, Chosen, Content, Linked, Previous, Terms};
use crate::report::{self, Entry, Report};
use crate::seals::Made;
use crate::settings::Settings;
use crate::spaces::{NOWHERE, Shown};
use crate::sys::clock::Since;
use crate::sys::files;
use crate::sys::hands::{self, Load};
use crate::transform::{self, Source, trailing};
use crate::write::{Existing, Output, refuse};

/// The largest source map or compressed file that is read; a larger one stops the run.
const LIMIT_BYTES: u64 = 1 << 30;
/// From this size on a file is copied as it is, in pieces: no page can want it encoded, and brotli would take minutes.
const LARGE_BYTES: u64 = 64 << 20;
/// What copying takes, whatever is copied; generous.
const COPY_BYTES: u64 = 1 << 20;

/// What is to be done.
pub struct Order {
    /// The folder to read.
    pub source: PathBuf,
    /// The folder to write; nothing is written where `None`.
    pub output: Option<PathBuf>,
    /// What happens to an output that is there.
    pub existing: Existing,
    /// What decides the bytes of the output.
    pub settings: Settings,
    /// Which files engines may work on.
    pub filters: Filters,
    /// What is wanted of names.
    pub wishes: Wishes,
    /// Where the folder will be served.
    pub public: Option<PublicUrl>,
    /// Whether pages of the output are told early what they load.
    pub hints: Hints,
    /// Whether pages get digests of the scripts and style sheets that they load.
    pub digests: Digests,
    /// Whether images of pages are there in formats of today, too.
    pub images: Images,
    /// How many threads work; the machine's cores where `None`.
    pub hands: Option<usize>,
    /// How much memory they may use together, in bytes, as well as can be told beforehand.
    pub memory: u64,
    /// Results of earlier runs.
    pub cache: Cache,
    /// What a person should know of how the order came to be.
    pub remarks: Vec<String>,
}

impl Order {
    /// An order with what is usual, and nothing remembered.
    #[must_use]
    pub fn new(source: impl Into<PathBuf>, output: Option<PathBuf>) -> Order {
        Order {
            source: source.into(),
            output,
            existing: Existing::default(),
            settings: Settings::default(),
            filters: Filters::default(),
            wishes: Wishes::default(),
            public: None,
            hints: Hints::default(),
            digests: Digests::default(),
            images: Images::default(),
            hands: None,
            memory: 1 << 30,
            cache: Cache::default(),
            remarks: Vec::new(),
        }
    }
}

/// Who is told how far it is: how many files are done, how many there are, and the one that has been at work longest.
pub type Watcher<'a> = &'a (dyn Fn(usize, usize, &AssetPath) + Sync);

/// How far it is.
#[derive(Default)]
struct Progress {
    done: usize,
    /// Jobs, in the order in which they were begun.
    at_work: Vec<usize>,
}

impl Progress {
    fn end(&mut self, job: usize) {
        self.done += 1;
        self.at_work.retain(|&own| own != job);
    }
}

/// Optimizes a folder.
///
/// # Errors
/// Where the folder cannot be read, the output cannot be, or cannot be written; then there is no output.
pub fn optimize(order: &Order, watcher: Watcher<'_>) -> Result<Report> {
    let since = Since::now();
    let before = order.cache.tally();
    if let Some(output) = &order.output {
        refuse(&order.source, output, order.existing)?;
    }
    let Planned { found, plan, previous } = planned(order)?;
    let jobs = &plan.jobs;
    let desk = Desk::of(&plan, &previous);
    let output = order.output.as_ref().map(|place| Output::begin(place)).transpose()?;
    let place = |path| jobs.binary_search_by_key(&path, |job| &job.path).ok();
    let loads: Vec<Load> = jobs
        .iter()
        .map(|job| Load {
            memory: match job.bytes.0 {
                LARGE_BYTES.. => COPY_BYTES,
                length => transform::memory(job.kind, length, order.settings.effort),
            },
            after: job.after.iter().filter_map(place).collect(),
        })
        .collect();
    let progress = Mutex::new(Progress::default());
    let tell = |change: &dyn Fn(&mut Progress)| {
        let Ok(mut progress) = progress.lock() else { return };
        change(&mut progress);
        if let Some(&longest) = progress.at_work.first() {
            watcher(progress.done, jobs.len(), &jobs[longest].path);
        }
    };
    let made = hands::run(&loads, order.hands.unwrap_or_else(hands::cores), order.memory, |index| {
        tell(&|progress| progress.at_work.push(index));
        let worked = work(order, &jobs[index], &desk, output.as_ref());
        tell(&|progress| progress.end(index));
        worked
    })?;
    let mut worked: Vec<(Entry, Chosen)> = made.into_iter().flatten().collect();
    worked.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
    let (mut entries, mut chosen): (Vec<Entry>, Vec<Chosen>) = worked.into_iter().unzip();
    let mut remarks = [order.remarks.as_slice(), &found.remarks, &plan.remarks].concat();
    if order.settings.tools.wasm_opt.is_none() && jobs.iter().any(|job| job.kind == Kind::Wasm) {
        remarks.push("no `wasm-opt` is installed: modules of WebAssembly only lose what tools read".to_owned());
    }
    for (path, why) in &found.left_out {
        remarks.push(format!("`{}` is left out: {why}", path.display()));
    }
    for relative in &found.unnamable {
        remarks.push(format!("`{}` is copied, and not looked into: its name is not UTF-8", relative.display()));
        if let Some(output) = &output {
            output.copy(relative, &order.source.join(relative))?;
        }
    }
    for variant in &found.variants {
        let job = place(&variant.of).map(|at| &jobs[at]);
        remarks.extend(beside::judge(order, variant, job, &mut entries, output.as_ref())?);
    }
    for asset in &found.assets {
        if Encoding::ALL.iter().any(|encoding| asset.path.as_str().ends_with(encoding.suffix())) {
            remarks.push(format!("`{}` is compressed, and its original is not there", asset.path));
        }
    }
    for (file, entry) in chosen.iter_mut().zip(&entries) {
        file.encoded.clone_from(&entry.encoded);
    }
    let terms = terms(order, &previous, desk.shown);
    let (linked, manifest) = match &output {
        Some(output) => {
            let wanted = relink::Wanted { hints: order.hints, digests: order.digests, images: order.images };
            let mut linked = relink::linked_with(chosen, wanted, &terms, output)?;
            relink::relink(&mut linked, &terms, output)?;
            let manifest = linked.manifest();
            output.put_pieces(previous.manifest_name().as_ref(), |file| manifest.write_to(file))?;
            (linked, manifest)
        }
        // Nothing is written, so what is known of names is what the source says.
        None => {
            let linked = relink::linked(chosen, &terms, &|path| read(&order.source.join(path.as_str())))?;
            let manifest = linked.manifest();
            (linked, manifest)
        }
    };
    if previous.manifest_name() != NAME {
        remarks.push(format!("the build wrote a `{NAME}` of its own: ours is `{}`", previous.manifest_name()));
    }
    remarks.extend(linked.remarks());
    // Variants of images are files without an entry.
    let mut served = linked.chosen.iter().zip(&linked.named.files);
    entries.iter_mut().for_each(|entry| {
        let Some((file, named)) = served.find(|(file, _)| file.path == entry.path) else { return };
        entry.after = file.content.length;
        entry.encoded.clone_from(&file.encoded);
        entry.name = named.name.clone();
        entry.why_name_kept.clone_from(&named.why_kept);
    });
    if let Some(output) = output {
        output.finish()?;
    }
    remarks.sort();
    order.cache.settle();
    let cache = order.cache.tally().since(&before);
    let coverage = linked.named.coverage();
    let visits = report::visits(&manifest);
    Ok(Report { entries, remarks, visits, coverage, cache, seconds: since.elapsed().as_secs_f64() })
}

fn terms<'a>(order: &'a Order, previous: &'a Previous, shown: &'a Shown) -> Terms<'a> {
    Terms {
        wishes: &order.wishes,
        public: order.public.as_ref(),
        settings: &order.settings,
        cache: &order.cache,
        hands: order.hands.unwrap_or_else(hands::cores),
        memory: order.memory,
        previous,
        held: &shown.hashes,
    }
}

/// Who refers to whom in the source as it is, and what its files may be called.
///
/// # Errors
/// Where the folder or a file in it cannot be read.
pub fn graph(order: &Order) -> Result<Linked> {
    let Planned { plan, previous, .. } = planned(order)?;
    let in_source = |path: &AssetPath| order.source.join(path.as_str());
    let content =
        |path: &AssetPath| relink::content(files::open(&in_source(path))?).map_err(|why| unreadable(path, &why));
    let mut chosen = Vec::with_capacity(plan.jobs.len());
    for job in &plan.jobs {
        chosen.push(Chosen::of(job, content(&job.path)?, Bytes::AsBuilt));
        if let Some(map) = &job.map {
            chosen.push(Chosen::of_map(map, content(map)?, Bytes::AsBuilt));
        }
    }
    relink::linked(chosen, &terms(order, &previous, &plan.shown), &|path| read(&in_source(path)))
}

fn unreadable(path: &AssetPath, why: &std::io::Error) -> Error {
    Error::environment(format!("cannot read `{path}`: {why}"))
}

/// What was found, what is done with it, and what an earlier run said of it.
#[derive(Debug)]
pub struct Planned {
    /// What was found.
    pub found: Found,
    /// What is done with it.
    pub plan: Plan,
    /// What an earlier run of this tool said of the folder.
    pub previous: Previous,
}

/// What was found, and what is done with it.
///
/// # Errors
/// Where the folder cannot be read.
pub fn planned(order: &Order) -> Result<Planned> {
    let mut found = discover(&order.source)?;
    let previous = relink::take_previous(&mut found, &|path| read(&order.source.join(path.as_str())))?;
    let plan = plan(&found, &order.filters, &OnDisk(&order.source));
    Ok(Planned { found, plan, previous })
}

/// What becomes of one file, without an output.
///
/// # Errors
/// Where it is not there, or cannot be read.
pub fn explain(order: &Order, path: &AssetPath) -> Result<(Job, Choice)> {
    let Planned { plan, previous, .. } = planned(order)?;
    let desk = Desk::of(&plan, &previous);
    let job = plan.jobs.iter().find(|job| job.path == *path || job.map.as_ref() == Some(path));
    let job = job.ok_or_else(|| Error::usage(format!("there is no asset `{path}` in `{}`", order.source.display())))?;
    for file in plan.jobs.iter().filter(|file| job.after.contains(&file.path)) {
        chosen(order, file, &desk)?;
    }
    let (choice, ..) = chosen(order, job, &desk)?;
    Ok((job.clone(), choice))
}

/// What jobs share.
struct Desk<'a> {
    shown: &'a Shown,
    /// What an earlier run of this tool said of the folder.
    previous: &'a Previous,
    /// The files whose digests pages hold.
    held: BTreeSet<&'a AssetPath>,
    made: Made,
}

impl<'a> Desk<'a> {
    fn of(plan: &'a Plan, previous: &'a Previous) -> Desk<'a> {
        let held = plan.jobs.iter().flat_map(|job| &job.after).collect();
        Desk { shown: &plan.shown, previous, held, made: Made::default() }
    }
}

struct OnDisk<'a>(&'a Path);

impl Reader for OnDisk<'_> {
    fn text(&self, path: &AssetPath) -> Option<Vec<u8>> {
        files::read(&self.0.join(path.as_str()), LARGE_BYTES - 1).ok().flatten()
    }

    fn tail(&self, path: &AssetPath) -> Option<Vec<u8>> {
        files::read_tail(&self.0.join(path.as_str()), trailing::TAIL_BYTES).ok()
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = files::read(path, LIMIT_BYTES)?;
    bytes.ok_or_else(|| {
        Error::environment(format!("`{}` has gone since it was found", path.display()))
            .hint("wait for the build to end")
    })
}

/// Whether a choice was made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was.
    Made,
    /// It comes from an earlier one, which took so long.
    Cached {
        /// Milliseconds that were saved.
        millis: u64,
    },
}

fn work(order: &Order, job: &Job, desk: &Desk<'_>, output: Option<&Output>) -> Result<Vec<(Entry, Chosen)>> {
    let since = Since::now();
    if job.bytes.0 >= LARGE_BYTES {
        return copy(order, job, output);
    }
    let (choice, origin, bytes) = chosen(order, job, desk)?;
    let map = match &job.map {
        Some(path) => Some((path, read(&order.source.join(path.as_str()))?)),
        None => None,
    };
    let written = map.as_ref().map(|(path, original)| (*path, choice.map.as_deref().unwrap_or(original)));
    if let Some(output) = output {
        output.add(&job.path, &choice, written)?;
    }
    let entry = Entry::new(job, &choice, origin, since.elapsed().as_secs_f64());
    let mut worked = vec![(entry, Chosen::of(job, Content::of(&choice.bytes), bytes))];
    // The time of both was the file's.
    let origin = if origin == Origin::Made { origin } else { Origin::Cached { millis: 0 } };
    if let (Some((path, original)), Some((_, map))) = (&map, written) {
        let changed = choice.map.as_deref().map(ByteCount::of);
        let bytes = if changed.is_some() { Bytes::Changed } else { Bytes::AsBuilt };
        let entry = Entry::of_map(path, &job.path, ByteCount::of(original), changed, origin);
        worked.push((entry, Chosen::of_map(path, Content::of(map), bytes)));
    }
    Ok(worked)
}

/// Why a file is not worked on that would take too much of memory and time.
const TOO_LARGE: &str = "it is too large to work on";
/// Why a file of an earlier output is not worked on.
const MADE_BEFORE: &str = "it is what an earlier run made";

fn copy(order: &Order, job: &Job, output: Option<&Output>) -> Result<Vec<(Entry, Chosen)>> {
    let from = |path: &AssetPath| order.source.join(path.as_str());
    let content = |path: &AssetPath| relink::content(files::open(&from(path))?).map_err(|why| unreadable(path, &why));
    let entry = Entry::copied(&job.path, job.kind, job.bytes, TOO_LARGE);
    let mut worked = vec![(entry, Chosen::of(job, content(&job.path)?, Bytes::AsBuilt))];
    if let Some(map) = &job.map {
        let why = "its file is too large to work on";
        let entry = Entry::copied(map, Kind::SourceMap, files::length(&from(map))?, why);
        worked.push((entry, Chosen::of_map(map, content(map)?, Bytes::AsBuilt)));
    }
    for (entry, _) in &worked {
        if let Some(output) = output {
            output.copy(entry.path.as_str().as_ref(), &from(&entry.path))?;
        }
    }
    Ok(worked)
}

fn chosen(order: &Order, job: &Job, desk: &Desk<'_>) -> Result<(Choice, Origin, Bytes)> {
    let found = read(&order.source.join(job.path.as_str()))?;
    let bytes = resealed(job, &found, desk)?;
    let (mut choice, origin) = made(order, job, &bytes, desk)?;
    if desk.held.contains(&job.path) {
        desk.made.note(&job.path, &found, &choice.bytes);
    }
    if let Some(why) = choice.why_kept.as_mut().filter(|_| *bytes != *found) {
        why.push_str("; the digests in it are those of its files as they are now");
    }
    let bytes = if choice.bytes == found { Bytes::AsBuilt } else { Bytes::Changed };
    Ok((choice, origin, bytes))
}

/// A page with the digests that it holds as they are now; anything else as it is.
fn resealed<'a>(job: &Job, bytes: &'a [u8], desk: &Desk<'_>) -> Result<Cow<'a, [u8]>> {
    if job.after.is_empty() {
        return Ok(Cow::Borrowed(bytes));
    }
    let text = std::str::from_utf8(bytes).map_err(|why| format!("it is not UTF-8: {why}"));
    let made = text.and_then(|text| desk.made.resealed(&job.path, text, &job.after));
    made.map(|text| Cow::Owned(text.into_bytes())).map_err(|why| {
        Error::environment(format!("cannot renew the digests in `{}`: {why}", job.path))
            .hint("wait for the build to end")
    })
}

fn made(order: &Order, job: &Job, bytes: &[u8], desk: &Desk<'_>) -> Result<(Choice, Origin)> {
    let shown = desk.shown;
    let map = job.map.as_ref().map(|map| read(&order.source.join(map.as_str()))).transpose()?;
    let kept_as_is = match &job.treatment {
        Treatment::Keep(why) | Treatment::Pass(why) => Some(why.clone()),
        // What is smallest may be another thing once there are other names in it.
        Treatment::Transform if desk.previous.has_made(&job.path, bytes) => Some(MADE_BEFORE.to_owned()),
        Treatment::Transform => None,
    };
    let shown_to_key = if job.kind == Kind::Html { shown } else { &NOWHERE };
    let key = key(order, job, bytes, map.as_deref(), kept_as_is.as_deref(), shown_to_key);
    if let Some(kept) = order.cache.get(&key)
        && let Some(choice) = kept::from_kept(&kept)
    {
        return Ok((choice, Origin::Cached { millis: kept.millis }));
    }
    let since = Since::now();
    let source = Source { path: &job.path, kind: job.kind, bytes, loading: job.loading, map: map.as_deref(), shown };
    let made = if bytes.len() as u64 >= LARGE_BYTES {
        let settings = Settings { encodings: Vec::new(), ..order.settings.clone() };
        keep(&source, &settings, TOO_LARGE)
    } else if let Some(why) = kept_as_is {
        keep(&source, &order.settings, &why)
    } else {
        choose(&source, &order.settings)
    };
    let choice = made.map_err(|why| Error::environment(format!("cannot compress `{}`: {why}", job.path)))?;
    if let Some(bytes) = kept::to_bytes(&choice) {
        order.cache.put(&key, &bytes, since.millis());
    }
    Ok((choice, Origin::Made))
}

/// Everything that decides what becomes of a file.
fn key(order: &Order, job: &Job, bytes: &[u8], map: Option<&[u8]>, kept_as_is: Option<&str>, shown: &Shown) -> Key {
    let what = format!("{:?} {:?} {} {}", job.kind, job.loading, job.path.extension(), kept_as_is.unwrap_or_default());
    let (has_map, map) = (if map.is_some() { b"map" } else { b"-  " }, map.unwrap_or_default());
    Key::of(&[
        transform::tools().as_bytes(),
        order.settings.fingerprint(job.kind).as_bytes(),
        what.as_bytes(),
        shown.fingerprint().as_bytes(),
        bytes,
        has_map,
        map,
    ])
}
