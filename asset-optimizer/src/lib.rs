//! Takes the finished output of any frontend build, and gives back a folder that is smaller on the wire and still means the
//! same.
//!
//! # The line
//!
//! ```text
//! dist ─► discover ─► plan ─► transform ─► choose ─► compress ─► write ─► out
//!          Found      Jobs    Attempts     Choice     bytes
//!                                  ▲           │
//!                                  └── cache ──┘
//! ```
//!
//! `transform`, `choose` and `compress` are pure: bytes in, bytes out, without files, clock or environment, so they can be
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
//! # Digests
//!
//! Pages come after the files whose digest they hold, in an `integrity` attribute or an import map, and hold the new one
//! then; hashes of inline scripts and styles in a page's own policy change with them. Who else holds a digest of a file or of
//! an inline script, such as a bundler's run time, a service worker or a `_headers` file, keeps it as it is, see [`seals`].
//! Policies that a server's own configuration sends are not seen: pages whose inline scripts these allow by hash are to be
//! excluded.
//!
//! # What is built
//!
//! Engines are features: `js`, `css`, `html`, `images`, `svg`. Without any, and without `optimize`, there is the [`cache`], which a
//! gate uses to key its own measurements.

pub mod asset;
pub mod cache;
#[cfg(feature = "optimize")]
pub mod choose;
#[cfg(feature = "cli")]
pub mod commands;
#[cfg(feature = "optimize")]
pub mod compress;
#[cfg(feature = "optimize")]
pub mod discover;
pub mod error;
#[cfg(feature = "optimize")]
pub mod glob;
#[cfg(feature = "optimize")]
pub mod integrity;
#[cfg(feature = "optimize")]
mod kept;
#[cfg(feature = "optimize")]
pub mod optimize;
#[cfg(feature = "optimize")]
pub mod page;
#[cfg(feature = "optimize")]
pub mod plan;
#[cfg(feature = "optimize")]
pub mod report;
#[cfg(feature = "optimize")]
pub mod seals;
#[cfg(feature = "optimize")]
pub mod settings;
#[cfg(feature = "optimize")]
pub mod spaces;
pub mod sys;
#[cfg(feature = "optimize")]
pub mod transform;
#[cfg(feature = "optimize")]
pub mod write;

#[cfg(feature = "optimize")]
pub use optimize::{Order, optimize};
