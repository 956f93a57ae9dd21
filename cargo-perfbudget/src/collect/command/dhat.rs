//! DHAT's profile: a JSON file → what was asked of the allocator, and by which functions. Pure.

use serde::Deserialize;

use super::sites::{Sites, site};

/// The version of DHAT's file that is read: that of valgrind 3.17 and later.
const VERSION: u64 = 2;

/// The parts of DHAT's file that are read.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "dhatFileVersion")]
    version: u64,
    mode: String,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

/// A program point: the blocks that were allocated with one stack of calls.
#[derive(Deserialize)]
struct Point {
    /// Bytes in all.
    tb: u64,
    /// Blocks in all.
    tbk: u64,
    /// Bytes when most bytes were live.
    #[serde(default)]
    gb: u64,
    /// Bytes at the end.
    #[serde(default)]
    eb: u64,
    /// The stack, innermost first, as places in the table of frames.
    fs: Vec<usize>,
}

/// What one process asked of its allocator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heap {
    /// Blocks, by where they were asked for; a block that was resized is one more.
    pub(super) blocks: Sites,
    /// Bytes, by where they were asked for.
    pub(super) bytes: Sites,
    /// Bytes that were live when most were, by where they were asked for.
    pub(super) peak: Sites,
    /// Bytes that were live at the end.
    pub(super) at_exit: u64,
}

/// Reads a file. The error says what is wrong with it.
pub(super) fn parse(bytes: &[u8]) -> Result<Heap, String> {
    let file: File = serde_json::from_slice(bytes).map_err(|why| why.to_string())?;
    if file.version != VERSION || file.mode != "heap" {
        return Err(format!(
            "it is in version {} and mode `{}`, not in version {VERSION} and mode `heap`",
            file.version, file.mode
        ));
    }
    let mut heap = Heap::default();
    for point in &file.pps {
        let frames: Option<Vec<&str>> =
            point.fs.iter().map(|index| file.ftbl.get(*index).map(|frame| function(frame))).collect();
        let name = site(&frames.ok_or("a frame is not in its table")?);
        for (sites, value) in [(&mut heap.blocks, point.tbk), (&mut heap.bytes, point.tb), (&mut heap.peak, point.gb)] {
            if value > 0 {
                let own = sites.entry(name.clone()).or_default();
                *own = own.checked_add(value).ok_or("its numbers overflow")?;
            }
        }
        heap.at_exit = heap.at_exit.checked_add(point.eb).ok_or("its numbers overflow")?;
    }
    for sites in [&heap.blocks, &heap.bytes, &heap.peak] {
        sites.values().try_fold(0_u64, |sum, value| sum.checked_add(*value)).ok_or("its numbers overflow")?;
    }
    Ok(heap)
}

/// `0x11F69B: finish_grow (in /path)` → the function; the root of all stacks is none.
fn function(frame: &str) -> &str {
    let Some((_, rest)) = frame.split_once(": ") else { return "" };
    let end = rest.rfind(" (").unwrap_or(rest.len());
    &rest[..end]
}
