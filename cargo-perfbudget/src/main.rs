//! Arguments in, exit code out; nothing else.

use std::process::ExitCode;

use cargo_perfbudget::commands::Optimizer;
use cargo_perfbudget::{cli::Cli, commands, exit, sys};
use clap::Parser;

/// What the optimizer is called as a part of us.
#[cfg(feature = "assets")]
const ASSETS: &str = "cargo perfbudget assets";

#[cfg(feature = "assets")]
const OPTIMIZER: Option<Optimizer> = Some(Optimizer {
    described: || asset_optimizer::commands::described(ASSETS),
    run: |words| asset_optimizer::commands::run_as(ASSETS, words),
});
#[cfg(not(feature = "assets"))]
const OPTIMIZER: Option<Optimizer> = None;

fn main() -> ExitCode {
    // Cargo may have started us in the place of the compiler.
    if let Some(code) = sys::wrapper::stand_in() {
        return ExitCode::from(code);
    }
    let cli = match Cli::try_parse_from(sys::env::arguments()) {
        Ok(cli) => cli,
        Err(answer) => return ExitCode::from(commands::answered(&answer)),
    };
    ExitCode::from(commands::run(cli, OPTIMIZER).unwrap_or_else(|error| {
        sys::env::say(&error.to_string());
        exit::of_error(&error)
    }))
}
