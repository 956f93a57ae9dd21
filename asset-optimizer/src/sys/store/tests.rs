//! A folder as a store: what is written there, and what is not.

use super::*;
use crate::sys::files;

#[test]
fn only_what_was_looked_at_is_written_and_only_whole() {
    let folder = files::scratch("store").unwrap();
    let (from, target) = (folder.path().join("from"), folder.path().join("to"));
    let store = Store::open(&Target::parse(target.to_str().unwrap()).unwrap(), 2).unwrap();
    let place = |name: &str| target.join(name);
    // In one piece, and in parts.
    for length in [10, 3 * PART_BYTES + 7] {
        let (bytes, length) = (vec![b'a'; length], ByteCount(length as u64));
        files::write(&from, &bytes).unwrap();
        let send = |digest| store.send("page.html", &from, length, &digest, &Beside::default());
        let refused = send(Digest::of(b"something else")).unwrap_err();
        assert!(refused.message.contains("has changed since it was looked at"), "{}", refused.message);
        assert!(!files::is_file(&place("page.html")));
        send(Digest::of(&bytes)).unwrap();
        assert_eq!(files::read(&place("page.html"), length.0).unwrap().unwrap(), bytes);
        store.copy("page.html", "copy.html", length, &Digest::of(&bytes)).unwrap();
        assert_eq!(files::read(&place("copy.html"), length.0).unwrap().unwrap(), bytes);
        assert!(store.copy("page.html", "other.html", length, &Digest::of(b"else")).is_err());
        assert!(!files::is_file(&place("other.html")));
        files::remove(&place("page.html")).unwrap();
    }
}
