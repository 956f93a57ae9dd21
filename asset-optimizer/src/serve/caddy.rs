//! For Caddy: a snippet that sends headers by path, and files in the encodings that there are.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Site, WRITTEN_BY, dictionary, folder, is_plain, pattern, vary};
use crate::asset::Encoding;
use crate::manifest::File;

/// Extensions whose types Go, in which Caddy is written, knows on every machine.
const KNOWN: [&str; 16] = [
    "avif", "css", "gif", "htm", "html", "jpeg", "jpg", "js", "json", "mjs", "pdf", "png", "svg", "wasm", "webp", "xml",
];

/// The snippet. Caddy refuses a table in which the name of a column stands, so these have a `:`, which no path here has.
pub(super) fn render(site: &Site<'_>) -> String {
    let mut text = format!(
        "# {WRITTEN_BY}. `import` this file on top of a Caddyfile, and the snippet `assets` in the site that has the folder as \
         its `root`.\n(assets) {{\n\tmap {{http.request.orig_uri.path}} {{asset:caching}} {{asset:vary}} {{asset:link}} {{asset:type}} {{\n"
    );
    for answer in site.answers() {
        let kind = content_type(answer.file);
        let vary = vary(answer.file)
            .map_or("-".to_owned(), |vary| if vary.contains(' ') { format!("`{vary}`") } else { vary.to_owned() });
        let link = answer.link.map_or_else(|| "-".to_owned(), |link| format!("`{link}`"));
        let paths: BTreeSet<&str> = folder(&answer.path).into_iter().chain([answer.path.as_str()]).collect();
        for path in paths {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\t\t{} `{}` {vary} {link} {kind}", key(path), answer.file.caching.header());
        }
    }
    text.push_str("\t\tdefault \"\" \"\" \"\" \"\"\n\t}\n");
    for (name, header) in [("caching", "Cache-Control"), ("link", "Link"), ("type", "Content-Type"), ("vary", "Vary")] {
        // What is not there is answered with an error, which nobody may keep.
        let _ = writeln!(
            text,
            "\t@asset:{name} {{\n\t\tfile {{path}} {{path}}/index.html\n\t\tnot vars {{asset:{name}}} \"\"\n\t}}"
        );
        // Caddy says it only of what it sends encoded; at the end, so that it is said once.
        let _ = match name {
            "vary" => writeln!(text, "\theader @asset:{name} {{\n\t\t{header} {{asset:{name}}}\n\t\tdefer\n\t}}"),
            _ => writeln!(text, "\theader @asset:{name} {header} {{asset:{name}}}"),
        };
    }
    if site.has_dictionaries() {
        deltas(&mut text, site);
    }
    let encodings = [Encoding::Brotli, Encoding::Zstd, Encoding::Gzip];
    let there: Vec<&str> = encodings.into_iter().filter(|encoding| site.has(*encoding)).map(Encoding::name).collect();
    match there.is_empty() {
        true => text.push_str("\tfile_server\n}\n"),
        false => _ = writeln!(text, "\tfile_server {{\n\t\tprecompressed {}\n\t}}\n}}", there.join(" ")),
    }
    text
}

/// What tells who gets a delta, and which one: at most one of them matches.
fn deltas(text: &mut String, site: &Site<'_>) {
    text.push_str("\t# Browsers that have a file of an earlier release get what differs from it (RFC 9842).\n");
    text.push_str("\tmap {http.request.orig_uri.path} {asset:dictionary} {\n");
    for answer in site.answers() {
        if let Some(dictionary) = site.dictionary(answer.file) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\t\t{} `{dictionary}`", key(&answer.path));
        }
    }
    text.push_str("\t\tdefault \"\"\n\t}\n");
    text.push_str("\t@asset:dictionary not vars {asset:dictionary} \"\"\n\theader @asset:dictionary Use-As-Dictionary {asset:dictionary}\n");
    let answers = site.answers();
    let all = answers.iter().flat_map(|answer| answer.file.deltas.iter().map(move |delta| (answer, delta)));
    for (at, (answer, delta)) in all.enumerate() {
        let name = delta.delta.name();
        let smaller = answer.file.deltas.iter().take_while(|other| *other != delta);
        let smaller = smaller.filter(|other| other.dictionary == delta.dictionary);
        let but: String =
            smaller.map(|other| format!("\t\tnot header Accept-Encoding *{}*\n", other.delta.name())).collect();
        let _ = write!(
            text,
            "\t@asset:delta{at} {{\n\t\tpath {path}\n\t\theader Available-Dictionary `{dictionary}`\n\t\theader \
             Accept-Encoding *{name}*\n{but}\t}}\n\theader @asset:delta{at} Content-Encoding {name}\n\theader @asset:delta{at} \
             Content-Type `{kind}`\n\trewrite @asset:delta{at} {path}{suffix}\n",
            path = answer.path,
            dictionary = dictionary(delta),
            kind = answer.file.media_type,
            suffix = delta.name(&answer.file.name).as_str().trim_start_matches(answer.file.name.as_str()),
        );
    }
}

/// The type of a file, where Caddy would not know it by itself.
fn content_type(file: &File) -> String {
    let is_of_a_type = |byte: u8| byte.is_ascii_alphanumeric() || b"/+-.".contains(&byte);
    let kind = file.media_type.as_str();
    if KNOWN.contains(&file.name.extension().as_str()) || kind.is_empty() || !kind.bytes().all(is_of_a_type) {
        return "-".to_owned();
    }
    // Go says it of every text.
    if kind.starts_with("text/") { format!("`{kind}; charset=utf-8`") } else { kind.to_owned() }
}

fn key(path: &str) -> String {
    match is_plain(path) {
        true => path.to_owned(),
        // Between these quotes nothing means anything but they themselves, and a pattern has none.
        false => format!("`~{}`", pattern(path)),
    }
}

#[cfg(test)]
mod tests {
    use crate::serve::tests::{check, manifest, site};
    use crate::serve::{Reader, configuration};

    #[test]
    fn the_snippet_says_what_each_path_is_answered_with() {
        check(
            Reader::Caddy,
            &[("index.html", "index.html"), ("app.js", "app-k3v7qzn2aw.js"), ("a.woff2", "a-k3v7qzn2aw.woff2")],
            "\
# Written by asset-optimizer from asset-manifest.json. `import` this file on top of a Caddyfile, and the snippet `assets` in the site that has the folder as its `root`.
(assets) {
\tmap {http.request.orig_uri.path} {asset:caching} {asset:vary} {asset:link} {asset:type} {
\t\t/a-k3v7qzn2aw.woff2 `public, max-age=31536000, immutable` Accept-Encoding - font/woff2
\t\t/app-k3v7qzn2aw.js `public, max-age=31536000, immutable` Accept-Encoding - -
\t\t/ `no-cache` Accept-Encoding `</x.js>; rel=preload; as=script; integrity=\"sha384-x\"` -
\t\t/index.html `no-cache` Accept-Encoding `</x.js>; rel=preload; as=script; integrity=\"sha384-x\"` -
\t\tdefault \"\" \"\" \"\" \"\"
\t}
\t@asset:caching {
\t\tfile {path} {path}/index.html
\t\tnot vars {asset:caching} \"\"
\t}
\theader @asset:caching Cache-Control {asset:caching}
\t@asset:link {
\t\tfile {path} {path}/index.html
\t\tnot vars {asset:link} \"\"
\t}
\theader @asset:link Link {asset:link}
\t@asset:type {
\t\tfile {path} {path}/index.html
\t\tnot vars {asset:type} \"\"
\t}
\theader @asset:type Content-Type {asset:type}
\t@asset:vary {
\t\tfile {path} {path}/index.html
\t\tnot vars {asset:vary} \"\"
\t}
\theader @asset:vary {
\t\tVary {asset:vary}
\t\tdefer
\t}
\tfile_server {
\t\tprecompressed br gzip
\t}
}
",
        );
    }

    #[test]
    fn types_are_said_where_caddy_does_not_know_them() {
        let manifest = manifest(&[("a.map", "a.map"), ("a.cjs", "a.cjs"), ("a.JS", "a.JS"), ("a", "a")]);
        let text = configuration(&site(&manifest), Reader::Caddy).text;
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("\t\t/")).collect();
        assert_eq!(
            lines,
            [
                "\t\t/a `no-cache` Accept-Encoding - application/octet-stream",
                "\t\t/a.JS `no-cache` Accept-Encoding - -",
                "\t\t/a.cjs `no-cache` Accept-Encoding - `text/javascript; charset=utf-8`",
                "\t\t/a.map `no-cache` Accept-Encoding - application/json",
            ]
        );
    }

    #[test]
    fn no_name_ends_a_string_or_asks_the_environment() {
        let names = ["a`b\".js", "a\n{$HOME}.js", "ü {path}.js", "asset:link.js"];
        let manifest = manifest(&names.map(|name| (name, name)));
        let text = configuration(&site(&manifest), Reader::Caddy).text;
        let keys: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("\t\t`")?.split_once('`')).map(|(key, _)| key).collect();
        assert_eq!(
            keys,
            [
                "~^/a\\x0a\\x7b\\x24HOME\\x7d\\x2ejs\\z",
                "~^/a\\x60b\\x22\\x2ejs\\z",
                "~^/asset\\x3alink\\x2ejs\\z",
                "~^/ü\\x20\\x7bpath\\x7d\\x2ejs\\z"
            ]
        );
    }
}
