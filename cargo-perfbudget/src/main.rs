//! Arguments in, exit code out; nothing else.

use std::process::ExitCode;

use cargo_perfbudget::{cli::Cli, commands, exit, sys};
use clap::Parser;

fn main() -> ExitCode {
    // Cargo may have started us in the place of the compiler.
    if let Some(code) = sys::wrapper::stand_in() {
        return ExitCode::from(code);
    }
    let cli = match Cli::try_parse_from(sys::env::arguments()) {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version are answers, everything else is a mistake; clap prints each where it belongs.
            let _ = answer.print();
            return ExitCode::from(if answer.use_stderr() { exit::USAGE } else { exit::WITHIN });
        }
    };
    let outcome = sys::signal::listen().and_then(|()| commands::run(cli));
    ExitCode::from(outcome.unwrap_or_else(|error| {
        sys::env::say(&error.to_string());
        exit::of_error(&error)
    }))
}
