//! The optimizer's commands, which it reads and runs itself, and `assets check`, which is a part of our own.

use std::ffi::OsString;
use std::iter;

use clap::{CommandFactory, FromArgMatches};

use super::check;
use crate::cli::{AssetsArgs, AssetsCheck};
use crate::error::{Error, Result};
use crate::exit;
use crate::model::Family;

/// The optimizer, where this build has it. It is handed in by `main`: nothing else asks which features there are.
#[derive(Debug, Clone, Copy)]
pub struct Optimizer {
    /// Its commands, for completions and help.
    pub described: fn() -> clap::Command,
    /// Does what these words say, and answers with the exit code, which means what ours do.
    pub run: fn(Vec<OsString>) -> u8,
}

pub(super) fn run(args: AssetsArgs, optimizer: Option<Optimizer>) -> Result<u8> {
    let words = args.words;
    let first = words.first().and_then(|word| word.to_str());
    if first == Some("check") {
        let command = AssetsCheck::command().bin_name("cargo perfbudget assets check");
        return match command.try_get_matches_from(words).and_then(|found| AssetsCheck::from_arg_matches(&found)) {
            Ok(parsed) => check::run(&parsed.check, [Family::Assets].into()),
            Err(answer) => Ok(answered(&answer)),
        };
    }
    let Some(optimizer) = optimizer else {
        return Err(Error::usage("this `cargo perfbudget` was built without the feature `assets`")
            .hint("install it with its default features, or run `asset-optimizer` itself"));
    };
    if let Some("--help" | "-h" | "help") = first {
        let help = with_check(&optimizer).try_get_matches_from(iter::once("assets".into()).chain(words));
        return Ok(help.err().map_or(exit::WITHIN, |answer| answered(&answer)));
    }
    Ok((optimizer.run)(words))
}

/// The exit code of what is no command: help and version are answers, everything else is a mistake; clap prints each where it
/// belongs.
#[must_use]
pub fn answered(answer: &clap::Error) -> u8 {
    let _ = answer.print();
    if answer.use_stderr() { exit::USAGE } else { exit::WITHIN }
}

fn with_check(optimizer: &Optimizer) -> clap::Command {
    (optimizer.described)().subcommand(AssetsCheck::command())
}

/// The command line with the optimizer's commands in their place.
pub(super) fn completed(command: clap::Command, optimizer: Option<Optimizer>) -> clap::Command {
    match optimizer {
        // Completions go by the names of programs, where help goes by what a person types.
        Some(optimizer) => command
            .mut_subcommand("assets", |_| with_check(&optimizer).name("assets").bin_name("cargo-perfbudget assets")),
        None => command,
    }
}
