//! Arguments in, exit code out; nothing else.

use std::process::ExitCode;

use asset_optimizer::commands;

fn main() -> ExitCode {
    ExitCode::from(commands::main())
}
