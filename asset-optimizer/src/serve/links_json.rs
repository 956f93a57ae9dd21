//! For whatever sends headers: each page with the value of its `Link` header, as JSON, sorted by page.

use std::collections::BTreeMap;

use super::Site;

/// The pages that have one, by their source names.
pub(super) fn render(site: &Site<'_>) -> String {
    let links: BTreeMap<&str, &str> = site.links.iter().map(|(page, link)| (page.as_str(), link.as_str())).collect();
    serde_json::to_string_pretty(&links).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use crate::serve::Reader;
    use crate::serve::tests::check;

    #[test]
    fn pages_have_their_links() {
        check(
            Reader::Links,
            &[("index.html", "index.html"), ("app.js", "app-k3v7qzn2aw.js")],
            "{\n  \"index.html\": \"</x.js>; rel=preload; as=script; integrity=\\\"sha384-x\\\"\"\n}\n",
        );
    }
}
