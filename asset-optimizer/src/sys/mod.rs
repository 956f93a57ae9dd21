//! The basement: files, the clock, the machine's cores, and what is said to a person. The only room that touches the world.

pub mod clock;
pub mod files;
#[cfg(feature = "optimize")]
pub mod hands;
pub mod stale;
pub mod tell;
pub mod tree;
