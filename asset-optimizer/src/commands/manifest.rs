//! What servers and frameworks have to know of an output, from its manifest and its pages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::asset::{AssetPath, printable};
use crate::error::{Error, Result};
use crate::graph::PublicUrl;
#[cfg(feature = "html")]
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{Manifest, NAME};
use crate::relink::read_manifest;
use crate::serve::{self, Reader, Root, Site};
use crate::sys::{files, tell};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder that `optimize --out` wrote
    out: PathBuf,
    /// Who reads it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Where OUT is served, if not at the root of a site; as `https://shop.example/app/` or `/app/`
    #[arg(long, value_name = "URL", default_value = "/")]
    public_url: String,
    /// For nginx and Caddy: let browsers keep files as dictionaries (`Use-As-Dictionary`), so that a later release can be sent as
    /// `deltas`; always so where OUT has deltas
    #[arg(long)]
    dictionaries: bool,
    /// Write it to this file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Any program: the manifest itself
    #[default]
    Json,
    /// Backends that read Vite's manifest: put it at `.vite/manifest.json`
    Vite,
    /// Netlify, Cloudflare Pages and Workers: a `_headers` file
    Headers,
    /// nginx: for the `server` or `location` that serves OUT, together with `nginx-map`
    Nginx,
    /// nginx: for `http`, the tables that `nginx` asks
    NginxMap,
    /// Caddy: a snippet `assets`, to import in a site
    Caddy,
    /// Whatever sends `Link` headers or early hints: pages with their value, as JSON
    Links,
}

impl Format {
    fn reader(self) -> Option<Reader> {
        match self {
            Format::Json => None,
            Format::Vite => Some(Reader::Vite),
            Format::Headers => Some(Reader::Headers),
            Format::Nginx => Some(Reader::Nginx),
            Format::NginxMap => Some(Reader::NginxMap),
            Format::Caddy => Some(Reader::Caddy),
            Format::Links => Some(Reader::Links),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let root = PublicUrl::parse(&arguments.public_url)
        .and_then(|public| Root::parse(public.path()))
        .map_err(|why| Error::usage(format!("cannot read `--public-url`: {why}")))?;
    let manifest = read_manifest(&arguments.out)?.manifest;
    let text = match arguments.format.reader() {
        None => manifest.write(),
        Some(reader) => {
            let links = links(&arguments.out, &manifest, &root, reader)?;
            let written = serve::configuration(
                &Site { manifest: &manifest, root, links, dictionaries: arguments.dictionaries },
                reader,
            );
            for remark in &written.remarks {
                tell::say(&printable(remark));
            }
            written.text
        }
    };
    match &arguments.output {
        Some(path) => files::write(path, text.as_bytes()),
        None => {
            tell::report(&text);
            Ok(())
        }
    }
}

/// The `Link` headers of the pages, where the reader has a use for them.
#[cfg(feature = "html")]
fn links(out: &Path, manifest: &Manifest, root: &Root, reader: Reader) -> Result<BTreeMap<AssetPath, String>> {
    let mut links = BTreeMap::new();
    if matches!(reader, Reader::Vite | Reader::Nginx) {
        return Ok(links);
    }
    let linker = serve::Linker::new(manifest, root);
    for page in &manifest.pages {
        let Some(file) = manifest.file(page.file.as_str()) else { continue };
        let other = || {
            Error::environment(format!("`{}` is not the page that `{NAME}` lists", file.name))
                .hint("what edits an output leaves its manifest wrong: edit what the build made, and optimize again")
        };
        let bytes = files::read(&out.join(file.name.as_str()), file.bytes.0).map_err(|_| other())?.ok_or_else(other)?;
        if Integrity::of(Algorithm::Sha384, &bytes) != file.integrity {
            return Err(other());
        }
        let link = std::str::from_utf8(&bytes).ok().and_then(|text| linker.link(page, text));
        links.extend(link.map(|link| (page.file.clone(), link)));
    }
    Ok(links)
}

#[cfg(not(feature = "html"))]
fn links(_: &Path, _: &Manifest, _: &Root, _: Reader) -> Result<BTreeMap<AssetPath, String>> {
    Ok(BTreeMap::new())
}

#[cfg(all(test, feature = "html"))]
mod tests {
    use super::*;
    use crate::asset::ByteCount;
    use crate::manifest::{Caching, File, Load, Loads, Role};

    #[test]
    fn an_output_is_read_as_its_manifest_says_or_not_at_all() {
        let scratch = files::scratch("manifest-command").unwrap();
        let (out, said) = (scratch.path().join("out"), scratch.path().join("said"));
        let run = || {
            let arguments = Arguments {
                dictionaries: false,
                out: out.clone(),
                format: Format::Links,
                public_url: "/app/".into(),
                output: Some(said.clone()),
            };
            run(&arguments).map_err(|error| error.message)
        };
        assert!(run().unwrap_err().ends_with("there is no `asset-manifest.json` in it"));
        let (page, style) = (AssetPath::new("index.html").unwrap(), AssetPath::new("a.css").unwrap());
        let text = "<link rel=stylesheet href=a.css>";
        let file = |path: &AssetPath, bytes: &[u8]| File {
            source: path.clone(),
            name: path.clone(),
            label: None,
            media_type: crate::manifest::media_type(path).to_owned(),
            bytes: ByteCount::of(bytes),
            encoded: Vec::new(),
            deltas: Vec::new(),
            integrity: Integrity::of(Algorithm::Sha384, bytes),
            caching: Caching::Revalidate,
            why_kept: None,
        };
        let load =
            |path: &AssetPath, role: Role, round_trip: u32| Load { file: path.clone(), role, round_trip, hint: None };
        let manifest = Manifest {
            files: vec![file(&style, b""), file(&page, text.as_bytes())],
            pages: vec![Loads {
                file: page.clone(),
                round_trips: 2,
                now: vec![load(&page, Role::Document, 1), load(&style, Role::Style, 2)],
                later: Vec::new(),
                is_later_cut: false,
            }],
            ..Manifest::default()
        };
        files::write(&out.join(NAME), manifest.write().as_bytes()).unwrap();
        files::write(&out.join("index.html"), text.as_bytes()).unwrap();
        run().unwrap();
        let links = files::read(&said, 1000).unwrap().unwrap();
        assert_eq!(links, b"{\n  \"index.html\": \"</app/a.css>; rel=preload; as=style\"\n}\n");
        for other in ["<link rel=stylesheet href=b.css>", "<link rel=stylesheet href=a.css>\n"] {
            files::write(&out.join("index.html"), other.as_bytes()).unwrap();
            assert_eq!(run().unwrap_err(), "`index.html` is not the page that `asset-manifest.json` lists");
        }
        let newer = manifest.write().replacen("\"schema\": 1", "\"schema\": 2", 1);
        files::write(&out.join(NAME), newer.as_bytes()).unwrap();
        assert!(run().unwrap_err().ends_with("it is a manifest of version 2, and this reads version 1"));
        files::write(&out.join(NAME), b"{}").unwrap();
        assert!(run().unwrap_err().contains("`asset-manifest.json`: it is no manifest"));
    }
}
