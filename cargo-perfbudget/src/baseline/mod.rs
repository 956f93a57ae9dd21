//! The committed folder ⇄ the baseline as values: its format, the names of its files, and the way out of a merge conflict.

mod lines;
mod reader;

pub mod layout;
mod patch;
pub mod resolve;
pub mod store;
pub mod wire;

pub use layout::Place;
pub use lines::quote;
pub use patch::patch;
pub use resolve::{Resolved, resolve};
pub use wire::{Broken, read, write};

#[cfg(test)]
mod tests;
