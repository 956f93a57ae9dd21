//! What browsers that have an earlier release need of this one: deltas beside the files of an output (RFC 9842).
//!
//! A file has a delta from the file of an earlier release whose name differs only in its hash. Where several files of a release
//! share such a name, a browser could not tell which one it has to offer, and there is none. Each delta is undone and compared,
//! and stays only where it weighs much less than the file in its best encoding.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::asset::{AssetPath, ByteCount, Delta, Digest};
use crate::compress::delta::{MOST_BYTES, delta};
use crate::error::{Error, Result};
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{DeltaFile, File, Manifest};
use crate::relink::{ManifestFile, read_manifest};
use crate::sys::files;
use crate::sys::hands::{self, Load};

/// The smallest file that is worth one.
const LEAST_BYTES: u64 = 1024;
/// What a delta may weigh of the file in its best encoding, in hundredths.
const MOST_PERCENT: u64 = 75;
/// How many earlier releases are looked at. Arbitrary.
const MOST_RELEASES: usize = 10;

/// An earlier release, which browsers may have.
pub trait Earlier: Sync {
    /// What is in it.
    fn manifest(&self) -> &Manifest;

    /// The bytes of one of its files; `None` where they are not there any more.
    ///
    /// # Errors
    /// Where they are there and cannot be read.
    fn read(&self, file: &File) -> Result<Option<Vec<u8>>>;
}

/// One of which the output is still there.
#[derive(Debug)]
pub struct EarlierOutput {
    folder: PathBuf,
    manifest: Manifest,
}

impl EarlierOutput {
    /// That of an output.
    ///
    /// # Errors
    /// Where its manifest cannot be read.
    pub fn open(folder: &Path) -> Result<EarlierOutput> {
        Ok(EarlierOutput { folder: folder.to_owned(), manifest: read_manifest(folder)?.manifest })
    }
}

impl Earlier for EarlierOutput {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn read(&self, file: &File) -> Result<Option<Vec<u8>>> {
        read(&self.folder, file).map(Some)
    }
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Files that have deltas now, with their best encoding and the smallest delta.
    pub files: Vec<(AssetPath, ByteCount, ByteCount)>,
    /// How many deltas there are.
    pub deltas: usize,
    /// What a person should know.
    pub remarks: Vec<String>,
}

/// Writes deltas into an output, from the outputs of earlier releases; those of an earlier run go.
///
/// # Errors
/// Where an output is not what its manifest says, or cannot be read or written.
pub fn make(out: &Path, earlier: &[&dyn Earlier], hands: usize) -> Result<Made> {
    if earlier.len() > MOST_RELEASES {
        return Err(Error::usage(format!("deltas are made from {MOST_RELEASES} releases at most")));
    }
    let ManifestFile { name, mut manifest, .. } = read_manifest(out)?;
    let mut made = Made::default();
    let shared = shared(&manifest);
    if !shared.is_empty() {
        made.remarks.push(format!("of names that several files share there are no deltas: `{}`", shared.join("`, `")));
    }
    let wanted: Vec<(usize, Vec<Old<'_>>)> = (0..manifest.files.len())
        .filter_map(|at| {
            let file = &manifest.files[at];
            let pattern = file.pattern().filter(|pattern| !shared.contains(pattern))?;
            let is_large = |one: &File| one.bytes.0 >= LEAST_BYTES;
            let olds = earlier.iter().filter_map(|release| {
                let old = sole(release.manifest(), &pattern)?;
                let fits = is_large(old) && old.bytes.0.saturating_add(file.bytes.0) <= MOST_BYTES as u64;
                (old.integrity != file.integrity && fits).then_some((*release, old))
            });
            let mut olds: Vec<Old<'_>> = olds.collect();
            olds.sort_by_key(|(_, old)| old.integrity.to_string());
            olds.dedup_by(|(_, one), (_, other)| one.integrity == other.integrity);
            (is_large(file) && !olds.is_empty()).then_some((at, olds))
        })
        .collect();
    let loads = vec![Load::default(); wanted.len()];
    let all = hands::run(&loads, hands, u64::MAX, |job| {
        let (at, olds) = &wanted[job];
        deltas(out, &manifest.files[*at], olds)
    })?;
    let found: BTreeMap<usize, Own> = wanted.iter().map(|(at, _)| *at).zip(all).collect();
    for (at, file) in manifest.files.iter_mut().enumerate() {
        for old in std::mem::take(&mut file.deltas) {
            files::remove(&out.join(old.name(&file.name).as_str()))?;
        }
        let Some(own) = found.get(&at) else { continue };
        made.remarks.extend_from_slice(&own.remarks);
        let Some(smallest) = own.deltas.iter().map(|(one, _)| one.bytes).min() else { continue };
        for (one, bytes) in &own.deltas {
            files::write(&out.join(one.name(&file.name).as_str()), bytes)?;
            file.deltas.push(one.clone());
        }
        made.deltas += own.deltas.len();
        made.files.push((file.name.clone(), best(file), smallest));
    }
    files::write(&out.join(name), manifest.write().as_bytes())?;
    Ok(made)
}

/// The patterns that several files of a release share.
fn shared(manifest: &Manifest) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for pattern in manifest.files.iter().filter_map(File::pattern) {
        *counts.entry(pattern).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(pattern, _)| pattern).collect()
}

/// The only file of that pattern.
fn sole<'a>(manifest: &'a Manifest, pattern: &str) -> Option<&'a File> {
    let mut all = manifest.files.iter().filter(|file| file.pattern().as_deref() == Some(pattern));
    all.next().filter(|_| all.next().is_none())
}

/// What a file weighs at its best without a dictionary.
fn best(file: &File) -> ByteCount {
    file.encoded.iter().map(|(_, bytes)| *bytes).chain([file.bytes]).min().unwrap_or(file.bytes)
}

/// A file of an earlier release.
type Old<'a> = (&'a dyn Earlier, &'a File);

/// The deltas of a file with their bytes, and what a person should know of those that there are not.
#[derive(Default)]
struct Own {
    deltas: Vec<(DeltaFile, Vec<u8>)>,
    remarks: Vec<String>,
}

fn deltas(out: &Path, file: &File, olds: &[Old<'_>]) -> Result<Own> {
    let bytes = read(out, file)?;
    let mut own = Own::default();
    for (release, old) in olds {
        let Some(dictionary) = release.read(old)? else {
            own.remarks.push(format!("there is no delta from `{}`: it is not there any more", old.name));
            continue;
        };
        for how in Delta::ALL {
            let made = delta(how, &dictionary, &bytes);
            let made = made.map_err(|why| Error::environment(format!("cannot compress `{}`: {why}", file.name)))?;
            let one = DeltaFile { delta: how, dictionary: Digest::of(&dictionary), bytes: ByteCount::of(&made) };
            if one.bytes.0.saturating_mul(100) <= best(file).0.saturating_mul(MOST_PERCENT) {
                own.deltas.push((one, made));
            }
        }
    }
    Ok(own)
}

fn read(folder: &Path, file: &File) -> Result<Vec<u8>> {
    let place = folder.join(file.name.as_str());
    let bytes = files::read(&place, MOST_BYTES as u64)?;
    let bytes = bytes.filter(|bytes| Integrity::of(Algorithm::Sha384, bytes) == file.integrity);
    bytes.ok_or_else(|| {
        Error::environment(format!("`{}` is not what the manifest says", place.display())).hint("optimize again")
    })
}
