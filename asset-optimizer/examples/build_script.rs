//! What a `build.rs` does to embed a frontend that is smaller: `cargo run --example build_script -- web/dist out`.
//!
//! In a `build.rs`, the two folders would be the one that the bundler made and one below `OUT_DIR`, and the crate a build
//! dependency with `default-features = false` and the engines that are needed.

use std::path::PathBuf;
use std::process::ExitCode;

use asset_optimizer::write::Existing;
use asset_optimizer::{Order, optimize};

fn main() -> ExitCode {
    let mut folders = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(source), Some(output)) = (folders.next(), folders.next()) else {
        asset_optimizer::sys::tell::say("usage: build_script DIST OUT");
        return ExitCode::from(2);
    };
    let order = Order { existing: Existing::Replace, ..Order::new(source, Some(output)) };
    match optimize(&order, &|_, _, _| ()) {
        // Cargo runs the script again when the folder changes, and shows what begins like the second line.
        Ok(report) => {
            let total = report.total();
            asset_optimizer::sys::tell::report(&format!(
                "cargo::rerun-if-changed={}\ncargo::warning=the frontend weighs {} with brotli\n",
                order.source.display(),
                total.brotli
            ));
            ExitCode::SUCCESS
        }
        Err(error) => {
            asset_optimizer::sys::tell::say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
