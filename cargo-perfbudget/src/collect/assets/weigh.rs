//! A manifest → what each file weighs, and what each page and entry point loads. Pure.

use std::collections::{BTreeMap, HashMap};

use asset_optimizer::asset::Encoding;
use asset_optimizer::manifest::{File, Load, Loads, Manifest, Share};

use crate::config::{AssetMeasure, AssetsPlan, Served};
use crate::model::{Code, Glob, Metric, Problem, Subject};

/// What each metric of a subject consists of, by file: the parts add up to the value.
pub(super) type Weights = BTreeMap<Metric, Parts>;
type Parts = BTreeMap<String, u64>;

/// Everything that the configuration asks for, in the order of subjects.
pub(super) fn weigh(manifest: &Manifest, plan: &AssetsPlan) -> Vec<(Subject, Weights)> {
    let scale = Scale { files: manifest.files.iter().map(|file| (file.source.as_str(), file)).collect(), plan };
    let mut all: BTreeMap<Subject, Weights> = BTreeMap::new();
    let is_asked_for = |measure| plan.measure.contains(&measure);
    if is_asked_for(AssetMeasure::Files) {
        for file in manifest.files.iter().filter(|file| is_visited(file)) {
            scale.put_file(all.entry(Subject::Asset(file.label().to_owned())).or_default(), file);
        }
    }
    if is_asked_for(AssetMeasure::Pages) {
        for page in &manifest.pages {
            scale.put_loads(all.entry(Subject::Page(scale.label(page))).or_default(), page);
        }
    }
    if is_asked_for(AssetMeasure::EntryPoints) {
        for entry in &manifest.entries {
            scale.put_loads(all.entry(Subject::EntryPoint(scale.label(entry))).or_default(), entry);
        }
    }
    for (name, patterns) in &plan.groups {
        let group = all.entry(Subject::Group(name.clone())).or_default();
        files_of(manifest, patterns).for_each(|file| scale.put_file(group, file));
        // Without files it weighs nothing, which is a value.
        begin(group, &[Metric::TransferSize, Metric::RawSize]);
    }
    all.into_iter().collect()
}

/// Groups that no file belongs to: a rule that matches nothing is said.
pub(super) fn without_files(manifest: &Manifest, plan: &AssetsPlan) -> Vec<Problem> {
    let empty = plan.groups.iter().filter(|(_, patterns)| files_of(manifest, patterns).next().is_none());
    let problem = |name: &str| Problem {
        code: Code::RuleUnmatched,
        target: None,
        message: format!("no file of `{}` belongs to the group `{name}`", plan.dist),
        hint: Some("correct its patterns in `[assets.groups]`: they match paths below `dist`".into()),
    };
    empty.map(|(name, _)| problem(name)).collect()
}

/// The files of a group.
fn files_of<'a>(manifest: &'a Manifest, patterns: &'a [Glob]) -> impl Iterator<Item = &'a File> {
    let is_in = |file: &&File| is_visited(file) && patterns.iter().any(|one| one.matches(file.source.as_str()));
    manifest.files.iter().filter(is_in)
}

/// Whether visitors load it: maps are for whoever looks for mistakes.
fn is_visited(file: &File) -> bool {
    !file.source.as_str().ends_with(".map")
}

struct Scale<'a> {
    files: HashMap<&'a str, &'a File>,
    plan: &'a AssetsPlan,
}

impl Scale<'_> {
    fn label(&self, loads: &Loads) -> String {
        let source = loads.file.as_str();
        self.files.get(source).map_or(source, |file| file.label()).to_owned()
    }

    /// What is served of a file.
    fn served(&self, file: &File) -> u64 {
        match self.plan.encoding {
            Served::Brotli => file.on_the_wire(Encoding::Brotli).0,
            Served::Gzip => file.on_the_wire(Encoding::Gzip).0,
            Served::Zstd => file.on_the_wire(Encoding::Zstd).0,
            Served::Raw => file.bytes.0,
        }
    }

    fn put_file(&self, weights: &mut Weights, file: &File) {
        put(weights, Metric::TransferSize, file.label(), self.served(file));
        put(weights, Metric::RawSize, file.label(), file.bytes.0);
    }

    /// Two entry points of one label count together.
    fn put_loads(&self, weights: &mut Weights, loads: &Loads) {
        use Metric::{FirstLoad, FirstLoadRaw, FirstLoadRequests, LazyLoad, LazyLoadRaw, LazyLoadRequests};
        // What is not loaded weighs nothing: the first font of a page is growth.
        begin(weights, &[Metric::FirstLoadJs, Metric::FirstLoadCss, Metric::FirstLoadImages, Metric::FirstLoadFonts]);
        for load in &loads.now {
            self.put_load(weights, load, (FirstLoad, FirstLoadRaw, FirstLoadRequests));
            if let (Some(metric), Some(file)) = (of_share(load.role.share()), self.files.get(load.file.as_str())) {
                put(weights, metric, file.label(), self.served(file));
            }
        }
        let trips = weights.entry(Metric::RoundTrips).or_default();
        let longest = trips.values().sum::<u64>().max(loads.round_trips.into());
        *trips = Parts::from([("(the longest chain)".to_owned(), longest)]);
        // A list that was cut adds up to nothing that could be compared.
        if !loads.is_later_cut {
            begin(weights, &[LazyLoad, LazyLoadRaw, LazyLoadRequests]);
            for load in &loads.later {
                self.put_load(weights, load, (LazyLoad, LazyLoadRaw, LazyLoadRequests));
            }
        }
    }

    fn put_load(&self, weights: &mut Weights, load: &Load, (served, raw, requests): (Metric, Metric, Metric)) {
        // The manifest's reader has seen to it that every load is a file.
        let Some(file) = self.files.get(load.file.as_str()) else { return };
        put(weights, served, file.label(), self.served(file));
        put(weights, raw, file.label(), file.bytes.0);
        put(weights, requests, file.label(), 1);
    }
}

/// Metrics that are there whatever belongs to them.
fn begin(weights: &mut Weights, metrics: &[Metric]) {
    for metric in metrics {
        weights.entry(*metric).or_default();
    }
}

fn put(weights: &mut Weights, metric: Metric, label: &str, value: u64) {
    *weights.entry(metric).or_default().entry(label.to_owned()).or_default() += value;
}

/// Which share of the first load is a metric of its own.
fn of_share(share: Share) -> Option<Metric> {
    match share {
        Share::Js => Some(Metric::FirstLoadJs),
        Share::Css => Some(Metric::FirstLoadCss),
        Share::Images => Some(Metric::FirstLoadImages),
        Share::Fonts => Some(Metric::FirstLoadFonts),
        Share::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEAL: &str = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";

    fn plan() -> AssetsPlan {
        AssetsPlan {
            dist: "dist".into(),
            build: Vec::new(),
            options: Vec::new(),
            encoding: Served::Brotli,
            measure: [AssetMeasure::Files, AssetMeasure::Pages, AssetMeasure::EntryPoints].into(),
            groups: BTreeMap::from([
                ("none".into(), vec![Glob::new("*.gif")]),
                ("scripts".into(), vec![Glob::new("*.js"), Glob::new("a*")]),
            ]),
        }
    }

    fn manifest() -> Manifest {
        let file = |source: &str, more: &str, bytes: u64| {
            format!(
                r#"{{"source":"{source}","name":"{source}",{more}"type":"text/x","bytes":{bytes},"encodings":[],"integrity":"{SEAL}","caching":"revalidate"}}"#
            )
        };
        let files = [
            file("a-12345678.js", r#""label":"a-*.js","brotli_bytes":30,"#, 100),
            file("a-87654321.js", r#""label":"a-*.js","#, 7),
            file("a-87654321.js.map", "", 1000),
            file("index.html", r#""brotli_bytes":50,"gzip_bytes":60,"#, 200),
            file("logo.png", "", 900),
        ]
        .join(",");
        let load =
            |file: &str, role: &str, trip: u32| format!(r#"{{"file":"{file}","as":"{role}","round_trip":{trip}}}"#);
        let now = [load("index.html", "document", 1), load("a-12345678.js", "module", 2), load("logo.png", "image", 2)];
        let later = load("a-87654321.js", "module", 3);
        let entry = load("a-12345678.js", "module", 1);
        let text = format!(
            r#"{{"schema":1,"tool":"asset-optimizer","coverage":{{"proven":1,"files":1}},"files":[{files}],
            "pages":[{{"file":"index.html","round_trips":2,"now":[{}],"later":[{later}]}}],
            "entries":[{{"file":"a-12345678.js","round_trips":1,"now":[{entry}],"later":[{later}]}}]}}"#,
            now.join(",")
        );
        Manifest::read(text.as_bytes()).unwrap()
    }

    fn check(plan: &AssetsPlan, subject: &str, metric: Metric, value: Option<u64>) {
        let all = weigh(&manifest(), plan);
        let found = all.iter().find(|(own, _)| own.to_string() == subject);
        let found = found.and_then(|(_, weights)| Some(weights.get(&metric)?.values().sum()));
        assert_eq!(found, value, "{subject} {metric}");
    }

    #[test]
    fn a_page_weighs_what_it_loads_and_files_of_one_label_weigh_together() {
        let plan = plan();
        let check = |subject: &str, metric, value| check(&plan, subject, metric, value);
        check("asset a-*.js", Metric::TransferSize, Some(37));
        check("asset a-*.js", Metric::RawSize, Some(107));
        check("asset a-87654321.js.map", Metric::TransferSize, None);
        check("page index.html", Metric::FirstLoad, Some(50 + 30 + 900));
        check("page index.html", Metric::FirstLoadRaw, Some(1200));
        check("page index.html", Metric::FirstLoadJs, Some(30));
        check("page index.html", Metric::FirstLoadImages, Some(900));
        check("page index.html", Metric::FirstLoadFonts, Some(0));
        check("page index.html", Metric::FirstLoadRequests, Some(3));
        check("page index.html", Metric::RoundTrips, Some(2));
        check("page index.html", Metric::LazyLoad, Some(7));
        check("page index.html", Metric::LazyLoadRequests, Some(1));
        check("entry-point a-*.js", Metric::FirstLoad, Some(30));
        check("group scripts", Metric::TransferSize, Some(37));
        check("group none", Metric::TransferSize, Some(0));
    }

    #[test]
    fn what_counts_is_for_the_configuration_to_say() {
        let gzip = AssetsPlan { encoding: Served::Gzip, ..plan() };
        check(&gzip, "page index.html", Metric::FirstLoad, Some(60 + 100 + 900));
        let raw = AssetsPlan { encoding: Served::Raw, ..plan() };
        check(&raw, "page index.html", Metric::FirstLoad, Some(1200));
        let pages = AssetsPlan { measure: [AssetMeasure::Pages].into(), ..plan() };
        check(&pages, "asset logo.png", Metric::TransferSize, None);
        let said = without_files(&manifest(), &plan());
        assert_eq!(said.len(), 1);
        assert_eq!(said[0].message, "no file of `dist` belongs to the group `none`");
    }
}
