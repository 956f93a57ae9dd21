//! An archive from a run that may not be trusted → the one file that is wanted, in memory and bounded.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// The largest archive that is downloaded, in bytes.
pub(super) const ARCHIVE_BYTES_AT_MOST: usize = 8 << 20;
/// The largest file that is unpacked, in bytes.
const FILE_BYTES_AT_MOST: u64 = 64 << 20;
/// How many times its packed size a file may have. A report is repetitive and comes to about 20.
const RATIO_AT_MOST: u64 = 200;
/// The signature of the record at an archive's end.
const END: &[u8] = b"PK\x05\x06";

/// Reads the only file of an archive, which must have that name.
///
/// # Errors
/// Where there is anything else in it, or it is larger than it may be. Names from the archive are not repeated.
pub fn unpack(archive: &[u8], name: &str) -> Result<String, String> {
    if archive.len() > ARCHIVE_BYTES_AT_MOST {
        return Err(format!("it is larger than {ARCHIVE_BYTES_AT_MOST} bytes"));
    }
    // Asked before its entries are read, of which there may be a million.
    match entries(archive) {
        Some(1) => {}
        Some(count) => return Err(format!("it holds {count} entries, and only `{name}` is expected")),
        None => return Err("it is not a zip archive".into()),
    }
    let broken = |why: &dyn std::fmt::Display| format!("it is broken: {why}");
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|why| broken(&why))?;
    if archive.len() != 1 || archive.has_duplicate_names() {
        return Err(format!("it holds more than `{name}`"));
    }
    let file = archive.by_index(0).map_err(|why| broken(&why))?;
    if file.name_raw() != name.as_bytes() {
        return Err(format!("what it holds is not called `{name}`"));
    }
    if !file.is_file() || file.encrypted() {
        return Err(format!("`{name}` in it is not a plain file"));
    }
    let limit = FILE_BYTES_AT_MOST.min(file.compressed_size().saturating_mul(RATIO_AT_MOST));
    let mut bytes = Vec::new();
    // What a header says of the size is a claim; what comes out is counted.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|why| broken(&why))?;
    if bytes.len() as u64 > limit {
        return Err(format!("`{name}` in it unpacks to more than {limit} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| format!("`{name}` in it is not UTF-8"))
}

/// How many entries an archive says that it has; `None` where it is no archive.
fn entries(archive: &[u8]) -> Option<u16> {
    let at = archive.windows(END.len()).rposition(|window| window == END)?;
    let count = archive.get(at + 10..at + 12)?;
    Some(u16::from_le_bytes([count[0], count[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    const NAME: &str = "perfbudget-report.json";

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn check(archive: &[u8], problem: &str) {
        let outcome = unpack(archive, NAME);
        assert!(outcome.as_ref().is_err_and(|why| why.contains(problem)), "{problem}: {outcome:?}");
    }

    #[test]
    fn a_report_comes_out_as_it_went_in() {
        assert_eq!(unpack(&packed(&[(NAME, b"{}\n")]), NAME), Ok("{}\n".into()));
    }

    #[test]
    fn what_is_not_exactly_the_report_is_refused() {
        check(b"", "not a zip archive");
        check(b"<html>", "not a zip archive");
        check(&packed(&[]), "holds 0 entries");
        check(&packed(&[(NAME, b"{}"), ("event.json", b"{}")]), "holds 2 entries");
        for name in [
            "../perfbudget-report.json",
            "/perfbudget-report.json",
            "a/perfbudget-report.json",
            "..\\x",
            "PERFBUDGET-REPORT.JSON",
        ] {
            check(&packed(&[(name, b"{}")]), "is not called");
        }
        check(&packed(&[(NAME, b"\xff\xfe")]), "not UTF-8");
        check(&vec![0; ARCHIVE_BYTES_AT_MOST + 1], "larger than");
        let mut link = ZipWriter::new(Cursor::new(Vec::new()));
        link.add_symlink(NAME, "/etc/passwd", SimpleFileOptions::default()).unwrap();
        check(&link.finish().unwrap().into_inner(), "not a plain file");
        let mut folder = ZipWriter::new(Cursor::new(Vec::new()));
        folder.add_directory(NAME, SimpleFileOptions::default()).unwrap();
        check(&folder.finish().unwrap().into_inner(), "is not called");
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        check(&packed(&[(NAME, &vec![b' '; 30 << 20])]), "unpacks to more than");
    }

    #[test]
    fn two_files_of_one_name_are_refused_even_where_the_end_says_one() {
        let one = packed(&[(NAME, b"{}"), ("perfbudget-report.jsoM", b"{}")]);
        let mut two: Vec<u8> = one.clone();
        for at in 0..two.len() - NAME.len() {
            if two[at..].starts_with(b"perfbudget-report.jsoM") {
                two[at..at + NAME.len()].copy_from_slice(NAME.as_bytes());
            }
        }
        check(&two, "entries");
        let end = two.windows(4).rposition(|window| window == END).unwrap();
        (two[end + 8], two[end + 10]) = (1, 1);
        assert!(unpack(&two, NAME).is_err() || unpack(&two, NAME) == Ok("{}".into()));
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_harmless(at in 0_usize..200, byte: u8, cut in 0_usize..200) {
            let mut archive = packed(&[(NAME, b"{\"schema\": 1}")]);
            let length = archive.len();
            archive[at % length] = byte;
            let _ = unpack(&archive, NAME);
            let _ = unpack(&archive[..cut.min(length)], NAME);
        }
    }
}
