//! Programs of others that may be installed: what they are called with. They are run by whoever hands them in, which is `sys`
//! for the binary, so that engines stay pure.

use std::fmt;
use std::path::PathBuf;

use crate::asset::Kind;

/// A call of a program that reads one file and writes another.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What is read.
    pub input: &'a [u8],
    /// What is said to the program, without the names of files.
    pub arguments: &'a [&'a str],
    /// What stands before the name of the file to write; the file to read comes last.
    pub output: &'static str,
}

/// Runs a program, within bounds of time and memory, and answers with the file that it wrote.
pub type Run = fn(&Tool, &Call<'_>) -> Result<Vec<u8>, String>;

/// A program that is installed.
#[derive(Clone)]
pub struct Tool {
    /// Where it is.
    pub program: PathBuf,
    /// What it says its version is, which decides what it writes.
    pub version: String,
    /// What runs it.
    pub run: Run,
}

impl Tool {
    /// The file that the program makes of another one.
    ///
    /// # Errors
    /// Where it fails, or exceeds its bounds.
    pub fn call(&self, call: &Call<'_>) -> Result<Vec<u8>, String> {
        (self.run)(self, call)
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tool").field(&self.version).finish()
    }
}

impl PartialEq for Tool {
    fn eq(&self, other: &Tool) -> bool {
        self.version == other.version
    }
}

impl Eq for Tool {}

/// The programs that engines ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// Rewrites JPEGs without decoding their pixels.
    pub jpegtran: Option<Tool>,
    /// Optimizes WebAssembly.
    pub wasm_opt: Option<Tool>,
}

impl Tools {
    /// The version of the program that works on files of a kind; empty where none does.
    #[must_use]
    pub fn version(&self, kind: Kind) -> &str {
        let tool = match kind {
            Kind::Jpeg => &self.jpegtran,
            Kind::Wasm => &self.wasm_opt,
            _ => &None,
        };
        tool.as_ref().map_or("", |tool| &tool.version)
    }
}
