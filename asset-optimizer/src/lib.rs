//! Takes the finished output of any frontend build, and gives back a folder that is smaller on the wire and still means the
//! same.
//!
//! # The line
//!
//! ```text
//! dist ─► discover ─► plan ─► transform ─► choose ─► compress ─► graph ─► fingerprint ─► relink ─► write ─► out
//!          Found      Jobs    Attempts     Choice     bytes     Graph      Named       Manifest
//!                                  ▲           │                 ▲  │
//!                                  └── cache ──┘                hints
//! ```
//!
//! `transform`, `choose`, `compress`, `graph`, `hints` and `fingerprint` are pure: bytes in, bytes out, without files, clock or environment, so they can be
//! called from a `build.rs` or anywhere else. Only [`sys`] touches the world; `clippy.toml` and `tests/tidy.rs` hold these
//! walls.
//!
//! # Why it can be trusted
//!
//! No engine is believed. Each candidate is proven to mean what its input meant before it may win, see [`transform`]; what
//! cannot be proven is dropped, the input is kept, and the report says why. What is smaller is decided on the wire, after
//! compression, see [`mod@choose`]; what is compressed is decompressed and compared, see [`mod@compress`]. The output appears whole
//! or not at all, the source is never written to, and equal input gives equal bytes on every machine, whatever the number
//! of its cores; output that is optimized again stays as it is.
//!
//! # Names
//!
//! A file whose every mention in the folder is a reference that is understood is named after its bytes, so that a cache may
//! keep it for ever: see [`graph`] for what is understood, and [`mod@fingerprint`] for names. What refers to it is rewritten
//! where its name stands, and nothing else of it is touched. Pages keep their names, and so does what nobody refers to, what a
//! convention names, and what somebody names in a way that is not understood; each with the reason. What an output consists
//! of, and what each page loads, is said by its [`manifest`], by which an output that is optimized again is known, too. Servers
//! and frameworks that read no manifest get what it says in their own languages, see [`serve`].
//!
//! # Hints
//!
//! Where that is asked for, pages are told early what the graph says that they load: modules, style sheets and fonts that a
//! browser would find late, images that can wait, and the sizes of images. Which, how many, and what is left alone is said by
//! [`hints`]; a page is shown to be the same but for them. Two more things are written into pages where they are asked for: digests
//! of what they load ([`hints::Digests`]), and `<picture>` around images that are there in formats of today, too
//! ([`hints::Images`]).
//!
//! # As a library
//!
//! One file, in memory; nothing else is touched:
//!
//! ```
//! # #[cfg(feature = "optimize")] {
//! use asset_optimizer::asset::{AssetPath, Kind};
//! use asset_optimizer::choose::choose;
//! use asset_optimizer::settings::Settings;
//! use asset_optimizer::spaces::NOWHERE;
//! use asset_optimizer::transform::{Loading, Source};
//!
//! let path = AssetPath::new("api/shop.json").expect("it stays below its folder");
//! let bytes = b"{ \"name\": \"shop\", \"open\": [ 9, 18 ] }";
//! let source = Source {
//!     path: &path,
//!     kind: Kind::of(&path),
//!     bytes,
//!     loading: Loading::Unknown,
//!     map: None,
//!     shown: &NOWHERE,
//! };
//! let choice = choose(&source, &Settings::default())?;
//! assert_eq!(choice.bytes, br#"{"name":"shop","open":[9,18]}"#);
//! # }
//! # Ok::<(), String>(())
//! ```
//!
//! A whole folder is [`optimize()`]; `examples/build_script.rs` does that as a `build.rs` would.
//!
//! # As a tool
//!
//! The `commands` of the standalone binary and of `cargo perfbudget assets` are the same, and so are their exit codes: 0
//! done, 2 the command line is wrong, 101 something cannot be read or written, 130 stopped by a signal. A report is text,
//! JSON by a published schema, or a page with a treemap.
//!
//! # Digests
//!
//! Pages come after the files whose digest they hold, in an `integrity` attribute or an import map, and hold the new one
//! then; hashes of inline scripts and styles in a page's own policy change with them. Who else holds a digest of a file or of
//! an inline script, such as a bundler's run time, a service worker or a `_headers` file, keeps it as it is, see [`seals`].
//! Policies that a server's own configuration sends are not seen: pages whose inline scripts these allow by hash are to be
//! excluded.
//!
//! # Deploys
//!
//! [`upload`] puts an output into an object store or a folder, in an order in which no visitor meets a page without its files,
//! and knows the releases that are there. It speaks with stores through `sys::store` alone, which is opendal's; what is decided
//! about objects (`layout`, `plan`, `record`), and what CDNs are to forget (`purge`), is pure.
//!
//! [`deltas`] adds to an output what differs from earlier ones, for browsers that have these; the manifest lists it, `variants`
//! uploads it, and [`serve`] says who gets it.
//!
//! # Results that are shared
//!
//! [`cache`] keeps results by what decides them: in memory, in a folder, and in stores that machines share, one tier behind the
//! other. Entries are under a [seal](cache::seal), and what others may have written is shown to be of one piece. The library
//! that speaks with the stores is that of the deploys. What is waited for, what is written beside the work, and when a tier is given
//! up, is said there.
//!
//! # Programs of others
//!
//! JPEGs go through an installed `jpegtran`, modules of WebAssembly through an installed `wasm-opt`; engines get them handed
//! in, see [`tools`], and their versions are a part of what keys a result. Where they are not there, the report says so.
//! Which browsers style sheets are for is said by the nearest `.browserslistrc` or `package.json`, see [`browserslist`].
//!
//! # What is built
//!
//! Engines are features: `js`, `oxc`, `css`, `browserslist`, `html`, `images`, `svg`, `variants`, `wasm`, `xml`; `shared` are
//! stores of results, `upload` those of deploys; `webpage` is the report as a
//! page, `cli` are the commands. Without any, and without `optimize`, there is the [`cache`], in which `cargo perfbudget` keeps its own measurements,
//! the reader of a [`manifest`], and what [`serve`] writes of it.

pub mod asset;
#[cfg(feature = "browserslist")]
pub mod browserslist;
pub mod cache;
#[cfg(feature = "optimize")]
pub mod choose;
#[cfg(feature = "cli")]
pub mod commands;
#[cfg(feature = "optimize")]
pub mod compress;
#[cfg(feature = "optimize")]
pub mod deltas;
#[cfg(feature = "optimize")]
pub mod discover;
pub mod error;
#[cfg(feature = "optimize")]
pub mod fingerprint;
#[cfg(feature = "optimize")]
pub mod glob;
#[cfg(feature = "optimize")]
pub mod graph;
#[cfg(feature = "optimize")]
pub mod hints;
pub mod integrity;
#[cfg(feature = "optimize")]
mod kept;
pub mod manifest;
#[cfg(feature = "optimize")]
pub mod optimize;
#[cfg(feature = "optimize")]
pub mod page;
#[cfg(feature = "shared")]
pub mod place;
#[cfg(feature = "optimize")]
pub mod plan;
#[cfg(feature = "optimize")]
pub mod relink;
#[cfg(feature = "optimize")]
pub mod report;
#[cfg(feature = "optimize")]
pub mod seals;
pub mod serve;
#[cfg(feature = "optimize")]
pub mod settings;
#[cfg(feature = "optimize")]
pub mod spaces;
pub mod sys;
#[cfg(feature = "optimize")]
pub mod tools;
#[cfg(feature = "optimize")]
pub mod transform;
#[cfg(feature = "upload")]
pub mod upload;
#[cfg(feature = "optimize")]
pub mod write;

/// The version of the optimizer, on which the bytes of its output depend.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(feature = "optimize")]
pub use optimize::{Order, optimize};
