//! Sealed texts to a pull request on GitHub: one comment, kept up to date, and a check run.

mod api;
pub mod artifact;
mod checks;
mod fork;
mod plan;
mod upsert;

pub use api::{Api, Lost, Repository, Rights};
pub use checks::{CheckRun, Conclusion, Level, Note};
pub use fork::{Refused, pull_of, report_of};
pub use plan::{Place, plan};
pub use upsert::{Posted, Upserted, upsert};
