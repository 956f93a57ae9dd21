//! The type of a file on the wire, by its name.

use crate::asset::AssetPath;

/// Extensions and types, as nginx, Caddy and the standards have them.
const TYPES: [(&str, &str); 62] = [
    ("html", "text/html"),
    ("htm", "text/html"),
    ("xhtml", "application/xhtml+xml"),
    ("css", "text/css"),
    ("js", "text/javascript"),
    ("mjs", "text/javascript"),
    ("cjs", "text/javascript"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("geojson", "application/geo+json"),
    ("jsonld", "application/ld+json"),
    ("importmap", "application/importmap+json"),
    ("webmanifest", "application/manifest+json"),
    ("svg", "image/svg+xml"),
    ("xml", "text/xml"),
    ("xsl", "text/xml"),
    ("rss", "application/rss+xml"),
    ("atom", "application/atom+xml"),
    ("png", "image/png"),
    ("apng", "image/apng"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("jpe", "image/jpeg"),
    ("jfif", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("jxl", "image/jxl"),
    ("heic", "image/heic"),
    ("ico", "image/x-icon"),
    ("cur", "image/x-icon"),
    ("bmp", "image/bmp"),
    ("wasm", "application/wasm"),
    ("woff2", "font/woff2"),
    ("woff", "font/woff"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("ttc", "font/collection"),
    ("eot", "application/vnd.ms-fontobject"),
    ("txt", "text/plain"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("ics", "text/calendar"),
    ("vtt", "text/vtt"),
    ("vcf", "text/vcard"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("webm", "video/webm"),
    ("ogv", "video/ogg"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("m4a", "audio/mp4"),
    ("aac", "audio/aac"),
    ("flac", "audio/flac"),
    ("pdf", "application/pdf"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("gltf", "model/gltf+json"),
    ("glb", "model/gltf-binary"),
];

/// The type of a file, without parameters; that of any bytes where its name says nothing.
#[must_use]
pub fn media_type(path: &AssetPath) -> &'static str {
    let extension = path.extension();
    let known = TYPES.iter().find(|(own, _)| *own == extension);
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// Every extension that is known, with its type.
pub(crate) fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    TYPES.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_names() {
        let check = |path: &str, expected: &str| assert_eq!(media_type(&AssetPath::new(path).unwrap()), expected);
        check("a/b.JS", "text/javascript");
        check("a.woff2", "font/woff2");
        check("LICENSE", "application/octet-stream");
    }
}
