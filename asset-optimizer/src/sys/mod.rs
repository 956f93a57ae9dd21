//! The basement: files, the clock, the machine's cores, and what is said to a person. The only room that touches the world.

#[cfg(feature = "upload")]
pub mod cdn;
pub mod clock;
pub mod environment;
#[cfg(feature = "shared")]
pub mod errands;
pub mod files;
#[cfg(feature = "optimize")]
pub mod hands;
#[cfg(feature = "optimize")]
pub mod process;
pub mod signal;
pub mod stale;
#[cfg(feature = "shared")]
pub mod store;
pub mod tell;
#[cfg(feature = "optimize")]
pub mod tree;
#[cfg(feature = "cli")]
pub mod watch;
#[cfg(feature = "upload")]
pub mod web;
