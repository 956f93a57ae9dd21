//! An output → a store, so that a visitor never meets a page whose files are missing.
//!
//! ```text
//! OUT ─► stock ─► plan ─► hashed files ─► verify ─► other files ─► pages ─► verify ─► record ─► pointer
//!        Items    Fates                                                               Record    Pointer
//! ```
//!
//! Files whose name has a hash of their bytes come first, since nobody asks for them yet; then what keeps its name; then
//! pages; then the record of the release, and last the pointer that names it. Before the next stage begins, the store
//! has shown of each object that it is there: by the digest that it answered with, or because it was asked. What is
//! replaced is kept, so that a release can be brought back. Nothing is removed unless that is asked for, and then only what no
//! kept release needs; but for `page.html.br` of a release before, where the next one has no such encoding of the page: it is
//! kept elsewhere, since servers would prefer it. One deploy has the [`lease`]; the pointer is only written over the one that
//! was seen. A deploy that died is completed by the next one, which finds what is there by size, by the store's own name for
//! the bytes, and, where no release knows it, by the digest that lies beside it.
//!
//! What is there to be known lies below [`layout::OWN`]: `current.json`, `releases/`, `pending/`, `kept/` and `lease.json`.

pub mod deploy;
pub mod earlier;
pub mod layout;
pub mod lease;
pub mod plan;
pub mod purge;
pub mod record;
pub mod releases;
mod shelf;
mod state;
pub mod stock;
pub mod text;
pub mod verify;

use crate::place::Target;

/// Which store, and how it is spoken with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The store.
    pub target: Target,
    /// How many connections to open.
    pub parallel: usize,
    /// How long a deploy that died keeps others away, in seconds.
    pub lease_seconds: u64,
}
