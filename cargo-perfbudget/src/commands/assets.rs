//! The optimizer's commands, which it reads and runs itself.

use std::ffi::OsString;

use crate::cli::AssetsArgs;
use crate::error::{Error, Result};

/// The optimizer, where this build has it. It is handed in by `main`: nothing else asks which features there are.
#[derive(Debug, Clone, Copy)]
pub struct Optimizer {
    /// Its commands, for completions.
    pub described: fn() -> clap::Command,
    /// Does what these words say, and answers with the exit code, which means what ours do.
    pub run: fn(Vec<OsString>) -> u8,
}

pub(super) fn run(args: AssetsArgs, optimizer: Option<Optimizer>) -> Result<u8> {
    match optimizer {
        Some(optimizer) => Ok((optimizer.run)(args.words)),
        None => Err(Error::usage("this `cargo perfbudget` was built without the feature `assets`")
            .hint("install it with its default features, or run `asset-optimizer` itself")),
    }
}

/// The command line with the optimizer's commands in their place.
pub(super) fn completed(command: clap::Command, optimizer: Option<Optimizer>) -> clap::Command {
    match optimizer {
        // Completions go by the names of programs, where help goes by what a person types.
        Some(optimizer) => command
            .mut_subcommand("assets", |_| (optimizer.described)().name("assets").bin_name("cargo-perfbudget assets")),
        None => command,
    }
}
