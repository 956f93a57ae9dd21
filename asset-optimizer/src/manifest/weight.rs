//! What a page loads, weighed, and what the median page of the public web does.

use super::{File, Load, Manifest, Role};
use crate::asset::ByteCount;

/// Which share of a page's weight something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Share {
    /// Scripts, modules and workers.
    Js,
    /// Style sheets.
    Css,
    /// Images.
    Images,
    /// Fonts.
    Fonts,
    /// Everything else: pages, films, data.
    Other,
}

impl Role {
    /// The share that it belongs to.
    #[must_use]
    pub fn share(self) -> Share {
        match self {
            Role::Script | Role::Module | Role::Worker => Share::Js,
            Role::Style => Share::Css,
            Role::Image => Share::Images,
            Role::Font => Share::Fonts,
            Role::Document | Role::Media | Role::Manifest | Role::Fetch => Share::Other,
        }
    }
}

/// What some files weigh on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    /// How many requests they are.
    pub requests: u64,
    /// All of them.
    pub bytes: ByteCount,
    /// The scripts among them.
    pub js: ByteCount,
    /// The style sheets among them.
    pub css: ByteCount,
    /// The images among them.
    pub images: ByteCount,
    /// The fonts among them.
    pub fonts: ByteCount,
}

impl Weight {
    /// What these loads weigh, each file as `weighed` says.
    #[must_use]
    pub fn of(manifest: &Manifest, loads: &[Load], weighed: impl Fn(&File) -> ByteCount) -> Weight {
        let mut weight = Weight::default();
        for load in loads {
            // The manifest's reader has seen to it that every load is a file.
            let Some(file) = manifest.file(load.file.as_str()) else { continue };
            let bytes = weighed(file);
            weight.requests += 1;
            weight.bytes += bytes;
            match load.role.share() {
                Share::Js => weight.js += bytes,
                Share::Css => weight.css += bytes,
                Share::Images => weight.images += bytes,
                Share::Fonts => weight.fonts += bytes,
                Share::Other => {}
            }
        }
        weight
    }
}

impl File {
    /// Its size to a client that takes every encoding.
    #[must_use]
    pub fn lightest(&self) -> ByteCount {
        self.encoded.iter().map(|(_, bytes)| *bytes).chain([self.bytes]).min().unwrap_or_default()
    }
}

/// What the median page of the public web loads, as a yardstick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicWeb {
    /// Who measured it.
    pub source: &'static str,
    /// The year of the measurement.
    pub year: u16,
    /// Each a median of its own, so that the shares do not add up. The images are those of home pages; of fonts, nothing is
    /// said.
    pub median: Weight,
}

/// HTTP Archive counts 1,024 bytes as a KB.
const KB: u64 = 1024;

/// Mobile pages in July 2025: Web Almanac 2025, "Page Weight", <https://almanac.httparchive.org/en/2025/page-weight>.
pub const PUBLIC_WEB: PublicWeb = PublicWeb {
    source: "HTTP Archive, Web Almanac 2025, median mobile page",
    year: 2025,
    median: Weight {
        requests: 72,
        bytes: ByteCount(2164 * KB),
        js: ByteCount(646 * KB),
        css: ByteCount(79 * KB),
        images: ByteCount(911 * KB),
        fonts: ByteCount(0),
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    const SEAL: &str = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";

    #[test]
    fn a_page_weighs_what_it_loads_each_file_at_its_lightest() {
        let file = |source: &str, bytes: u64, brotli: &str| {
            format!(
                r#"{{"source":"{source}","name":"{source}",{brotli}"type":"text/x","bytes":{bytes},"encodings":[],"integrity":"{SEAL}","caching":"revalidate"}}"#
            )
        };
        let files = [
            file("a.css", 5, ""),
            file("b.js", 100, r#""brotli_bytes":30,"#),
            file("index.html", 200, r#""brotli_bytes":50,"#),
        ]
        .join(",");
        let text = format!(
            r#"{{"schema":1,"tool":"asset-optimizer","coverage":{{"proven":1,"files":1}},"files":[{files}],
            "pages":[{{"file":"index.html","round_trips":2,"now":[{{"file":"index.html","as":"document","round_trip":1}},
            {{"file":"b.js","as":"module","round_trip":2}},{{"file":"a.css","as":"style","round_trip":2}}],"later":[]}}],"entries":[]}}"#
        );
        let manifest = Manifest::read(text.as_bytes()).unwrap();
        let weight = Weight::of(&manifest, &manifest.pages[0].now, File::lightest);
        let expected =
            Weight { requests: 3, bytes: ByteCount(85), js: ByteCount(30), css: ByteCount(5), ..Weight::default() };
        assert_eq!(weight, expected);
    }
}
