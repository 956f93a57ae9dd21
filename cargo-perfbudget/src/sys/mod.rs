//! The basement: processes, files, the environment, git and sockets. The only room that touches the world.

pub mod env;
pub mod files;
pub mod git;
#[cfg(feature = "github")]
pub mod http;
pub mod loopback;
pub mod process;
pub mod signal;
pub mod usage;
pub mod wrapper;
