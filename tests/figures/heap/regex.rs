//! Many small patterns, each searched once and kept, as a router or a log filter does.

use regex::Regex;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    let patterns: Vec<Regex> =
        (0..count).map(|number| Regex::new(&format!(r"^/(\w+)/item{number}/(\d+)(/edit)?$")).expect("a pattern")).collect();
    let found = patterns.iter().enumerate().filter(|(number, pattern)| {
        let path = format!("/shop/item{number}/42/edit");
        pattern.captures(&path).is_some_and(|captures| &captures[2] == "42")
    });
    println!("{}", found.count());
}
