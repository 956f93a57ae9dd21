//! For nginx: tables of headers by path, for `http`, and what asks them, for `server`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Answer, Configuration, Site, WRITTEN_BY, counted, dictionary, is_plain, pattern, vary};
use crate::asset::{Delta, Encoding};
use crate::manifest::{File, types};

/// How long a key may be in a table as nginx makes it by itself: two pointers and the length stand beside it in 64 bytes.
const MOST_KEY_BYTES: usize = 64 - 16 - 2;
/// How many keys a table may have as nginx makes it by itself, without a warning that it is slow. Careful: nginx has 2048 buckets.
const MOST_KEYS: usize = 512;
/// From this length on a path is no key of a table, whose buckets would have to be huge. Arbitrary.
const MOST_TABLED_BYTES: usize = 400;
/// How long a key is at most: nginx reads a word of its configuration into 4,096 bytes, and refuses all of it where one is
/// longer.
const MOST_WORD_BYTES: usize = 4000;

/// What stands in `server` or `location`.
pub(super) fn server(site: &Site<'_>) -> String {
    let mut text = format!(
        "# {WRITTEN_BY}. Include it in the `server` or `location` that serves the folder, and what `--format nginx-map` writes in \
         `http`.\n"
    );
    if site.has(Encoding::Gzip) {
        text.push_str("gzip_static on;\n");
    }
    if site.has(Encoding::Brotli) {
        text.push_str("# With the module `ngx_brotli`, which is none of nginx's own:\n# brotli_static on;\n");
    }
    text.push_str(
        "# Where nothing is known of a path, nothing is sent. A `location` with an `add_header` of its own repeats these:\n\
         add_header Cache-Control $asset_cache_control;\nadd_header Link $asset_link;\n\
         # In the place of `gzip_vary`, which knows only of answers that nginx has encoded itself:\n\
         gzip_vary off;\nadd_header Vary $asset_vary;\n\
         # Types as the manifest has them, in the place of `mime.types`:\ntypes {\n",
    );
    let mut extensions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (extension, media_type) in types() {
        extensions.entry(media_type).or_default().push(extension);
    }
    for (media_type, extensions) in extensions {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {media_type} {};", extensions.join(" "));
    }
    text.push_str("}\ndefault_type application/octet-stream;\n");
    if site.has_dictionaries() {
        text.push_str(
            "# What a later release may differ from, browsers keep as a dictionary (RFC 9842).\n\
             add_header Use-As-Dictionary $asset_dictionary;\n",
        );
    }
    if site.has_deltas() {
        text.push_str(
            "# Browsers that have a file of an earlier release get what differs from it.\n\
             add_header Content-Encoding $asset_delta_encoding;\n\
             if ($asset_delta) {\n    rewrite ^ $asset_delta last;\n}\n",
        );
        let files = site.manifest.files.iter().filter(|file| !file.deltas.is_empty());
        let kinds: BTreeSet<(String, &str)> = files.map(|file| (file.name.extension(), &*file.media_type)).collect();
        for (extension, media_type) in kinds {
            let _ = writeln!(
                text,
                "location ~ \\.{extension}\\.[0-9a-f]+\\.dc[bz]$ {{\n    types {{ }}\n    default_type {media_type};\n    # It knows nothing of \
                 other encodings.\n    gzip off;\n}}"
            );
        }
    }
    text
}

/// What stands in `http`.
pub(super) fn maps(site: &Site<'_>) -> Configuration {
    let mut answers = site.answers();
    // A delta is asked for by the server itself.
    answers.extend(site.delta_answers());
    let keys = keys(&answers);
    let all = answers.iter().zip(&keys);
    let rows: Vec<Row<'_>> = all.filter(|(_, key)| key.text.len() <= MOST_WORD_BYTES).collect();
    let mut text =
        format!("# {WRITTEN_BY}. Include it in `http`, and what `--format nginx` writes where the folder is served.\n");
    let longest = rows.iter().filter(|(_, key)| key.is_in_table).map(|(_, key)| key.text.len()).max().unwrap_or(0);
    let count = rows.iter().filter(|(_, key)| key.is_in_table).count();
    if longest > MOST_KEY_BYTES || count > MOST_KEYS {
        // A bucket for several keys of the longest kind, so that a table of few buckets is found.
        let bucket = ((longest + 32) * 4).next_power_of_two().max(256);
        let size = (count * 2).next_power_of_two().max(2048);
        let _ = writeln!(
            text,
            "# For names as long and many as these; nginx takes each of the two lines once in all its files.\n\
             map_hash_bucket_size {bucket};\nmap_hash_max_size {size};"
        );
    }
    table(&mut text, "asset_cache_control", &rows, |answer| Some(answer.file.caching.header().into()));
    // Nothing in it but quotes means something between quotes.
    table(&mut text, "asset_link", &rows, |answer| Some(answer.link?.replace('"', "\\\"").into()));
    table(&mut text, "asset_vary", &rows, |answer| {
        vary(answer.file).or(is_of_text(answer.file).then_some("Accept-Encoding")).map(Into::into)
    });
    if site.has_dictionaries() {
        table(&mut text, "asset_dictionary", &rows, |answer| {
            // A delta makes the file, which is the next one's dictionary.
            Some(site.dictionary(answer.file)?.replace('"', "\\\"").into())
        });
    }
    if site.has_deltas() {
        deltas(&mut text, site, &rows);
    }
    let mut remarks = Vec::new();
    if rows.len() < answers.len() {
        let left_out = answers.len() - rows.len();
        remarks.push(format!("nginx reads no word as long as the paths of {}", counted(left_out, "file")));
    }
    Configuration { text, remarks }
}

/// Whether nginx compresses a file by itself, where `gzip_types` has such types.
fn is_of_text(file: &File) -> bool {
    let kind = file.media_type.as_str();
    kind.starts_with("text/") || ["json", "xml", "javascript", "wasm"].iter().any(|end| kind.ends_with(end))
}

/// Adds what tells who gets a delta.
fn deltas(text: &mut String, site: &Site<'_>, rows: &[Row<'_>]) {
    text.push_str("map \"$uri $http_available_dictionary $http_accept_encoding\" $asset_delta {\n    volatile;\n    default \"\";\n");
    for (answer, _) in rows.iter().filter(|(answer, _)| answer.path == site.path(answer.file)) {
        for delta in &answer.file.deltas {
            let path = format!("{}{}", site.root, delta.name(&answer.file.name));
            // Names of files with deltas have plain letters only.
            let from = pattern(&answer.path).replace("\\z", "");
            let dictionary = pattern(&dictionary(delta)).replace('^', "").replace("\\z", "");
            let _ = writeln!(text, "    \"~{from} {dictionary} .*\\b{}\\b\" \"{path}\";", delta.delta.name());
        }
    }
    text.push_str("}\nmap $uri $asset_delta_encoding {\n    volatile;\n    default \"\";\n");
    for delta in Delta::ALL {
        let _ = writeln!(text, "    \"~\\.[0-9a-f]+\\.{0}\\z\" {0};", delta.name());
    }
    text.push_str("}\n");
}

/// Adds a table from paths to values, where there are any.
fn table(text: &mut String, name: &str, rows: &[Row<'_>], value: impl Fn(&Answer<'_>) -> Option<Cow<'static, str>>) {
    let _ = writeln!(text, "map $uri ${name} {{\n    default \"\";");
    for (answer, key) in rows {
        if let Some(value) = value(answer) {
            let _ = writeln!(text, "    \"{}\" \"{value}\";", key.text);
        }
    }
    text.push_str("}\n");
}

/// An answer, and how its path is written.
type Row<'a> = (&'a Answer<'a>, &'a Key);

/// How a path is written in a table.
struct Key {
    text: String,
    /// Whether it stands in the table itself, and is no regular expression.
    is_in_table: bool,
}

fn keys(answers: &[Answer<'_>]) -> Vec<Key> {
    // A table does not tell large letters from small ones, and a file system may.
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    for answer in answers {
        *alike.entry(answer.path.to_ascii_lowercase()).or_default() += 1;
    }
    let key = |answer: &Answer<'_>| {
        let is_alone = alike.get(&answer.path.to_ascii_lowercase()) == Some(&1);
        match is_plain(&answer.path) && is_alone && answer.path.len() < MOST_TABLED_BYTES {
            true => Key { text: answer.path.clone(), is_in_table: true },
            false => Key { text: format!("~{}", pattern(&answer.path)), is_in_table: false },
        }
    };
    answers.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use crate::serve::tests::{check, site};
    use crate::serve::{Reader, configuration};

    #[test]
    fn the_tables_say_what_each_path_is_answered_with() {
        check(
            Reader::NginxMap,
            &[("index.html", "index.html"), ("app.js", "app-k3v7qzn2aw.js")],
            "\
# Written by asset-optimizer from asset-manifest.json. Include it in `http`, and what `--format nginx` writes where the folder is served.
map $uri $asset_cache_control {
    default \"\";
    \"/app-k3v7qzn2aw.js\" \"public, max-age=31536000, immutable\";
    \"/index.html\" \"no-cache\";
}
map $uri $asset_link {
    default \"\";
    \"/index.html\" \"</x.js>; rel=preload; as=script; integrity=\\\"sha384-x\\\"\";
}
map $uri $asset_vary {
    default \"\";
    \"/app-k3v7qzn2aw.js\" \"Accept-Encoding\";
    \"/index.html\" \"Accept-Encoding\";
}
",
        );
    }

    #[test]
    fn no_name_ends_a_string_and_large_letters_are_told_from_small_ones() {
        let names = ["a\"b;}.js", "a$uri\n.js", "ü {}.js", "App.js", "app.js"];
        let manifest = crate::serve::tests::manifest(&names.map(|name| (name, name)));
        let text = configuration(&site(&manifest), Reader::NginxMap).text;
        let text = text.split("}\nmap").next().unwrap();
        let keys: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("    \"")?.split_once("\" \""))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(
            keys,
            [
                "~^/App\\x2ejs\\z",
                "~^/a\\x22b\\x3b\\x7d\\x2ejs\\z",
                "~^/a\\x24uri\\x0a\\x2ejs\\z",
                "~^/app\\x2ejs\\z",
                "~^/ü\\x20\\x7b\\x7d\\x2ejs\\z"
            ]
        );
    }

    #[test]
    fn long_names_get_a_table_that_holds_them() {
        let check = |length: usize, expected: Option<&str>| {
            let name = "a".repeat(length);
            let manifest = crate::serve::tests::manifest(&[(&name, &name)]);
            let text = configuration(&site(&manifest), Reader::NginxMap).text;
            let line = text.lines().find(|line| line.starts_with("map_hash_bucket_size"));
            assert_eq!(line, expected, "{length}");
        };
        check(45, None);
        check(46, Some("map_hash_bucket_size 512;"));
        check(300, Some("map_hash_bucket_size 2048;"));
        check(500, None);
        check(4000, None);
        let name = "ü ".repeat(1000);
        let manifest = crate::serve::tests::manifest(&[(&name, &name)]);
        let written = configuration(&site(&manifest), Reader::NginxMap);
        assert!(written.text.lines().all(|line| line.len() < 200));
        assert_eq!(written.remarks, ["nginx reads no word as long as the paths of 1 file"]);
    }

    #[test]
    fn a_server_answers_from_the_encodings_that_there_are() {
        let manifest = crate::serve::tests::manifest(&[("app.js", "app-k3v7qzn2aw.js")]);
        let text = configuration(&site(&manifest), Reader::Nginx).text;
        for line in [
            "gzip_static on;",
            "# brotli_static on;",
            "gzip_vary off;",
            "add_header Link $asset_link;",
            "    text/javascript js mjs cjs;",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}\n{text}");
        }
        let nothing = configuration(&site(&crate::manifest::Manifest::default()), Reader::Nginx).text;
        assert!(!nothing.contains("_static on"));
    }
}
