//! Arguments in, exit code out; nothing else.

use std::process::ExitCode;

use asset_optimizer::commands;

#[global_allocator]
static ALLOCATOR: commands::Allocator = commands::ALLOCATOR;

fn main() -> ExitCode {
    ExitCode::from(commands::main())
}
