//! A stack of calls → the function that memory is asked for in: the innermost that is no part of an allocator or collection.

use std::collections::BTreeMap;

use crate::collect::callgrind::function_name;

/// Bytes or blocks, by the function that asked for them.
pub(super) type Sites = BTreeMap<String, u64>;

/// Where nobody else asked: what runs before `main` and at the end, and what has no symbols.
const NOBODY: &str = "outside of any crate";
/// Crates that pass on what others ask for.
const PASSING_ON: [&str; 7] =
    ["alloc", "core", "hashbrown", "std", "allocator_api2", "__rustc", "rustc_std_workspace_core"];

/// The innermost function of a stack that is no part of an allocator, of the standard library or of the C library.
pub(super) fn site(frames: &[&str]) -> String {
    let names = frames.iter().map(|frame| function_name(frame));
    let mut own = names.filter(|name| home(name).is_some_and(|home| !PASSING_ON.contains(&home)));
    own.next().unwrap_or_else(|| NOBODY.to_owned())
}

/// The same, and the innermost function of the workspace's own crates where that is another one.
pub(super) fn lost_site(frames: &[&str], crates: &[String]) -> String {
    let site = site(frames);
    let mut names = frames.iter().map(|frame| function_name(frame));
    let is_ours = |name: &String| home(name).is_some_and(|home| crates.iter().any(|own| own == home));
    match names.find(is_ours) {
        Some(ours) if ours != site => format!("{site} for {ours}"),
        _ => site,
    }
}

/// The crate that a function is in, by its name: the first word of its path, and of `<A as B>::f` that of `A`, or that of `B`
/// where `A` is a type of the compiler's own. `None` for what is not Rust.
fn home(name: &str) -> Option<&str> {
    let Some(inner) = name.strip_prefix('<') else { return first(name) };
    let (own, of_trait) = inner.split_once(" as ").unwrap_or((inner, ""));
    let own = first(own).filter(|home| !PASSING_ON.contains(home));
    own.or_else(|| first(of_trait)).or(Some("core"))
}

fn first(path: &str) -> Option<&str> {
    let path = path.trim_start_matches(['<', '&', '*', '(', '[']);
    let path = ["mut ", "const ", "dyn "].iter().fold(path, |path, word| path.strip_prefix(*word).unwrap_or(path));
    let (first, _) = path.split_once("::")?;
    (!first.is_empty() && first.chars().all(|letter| letter.is_alphanumeric() || letter == '_')).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_charged_to_who_asked() {
        let check = |frames: &[&str], expected: &str| assert_eq!(site(frames), expected);
        let grow = "_ZN5alloc7raw_vec11finish_grow17h54517a1521632232E";
        check(
            &["malloc", grow, "_ZN4shop4cart3add17h54517a1521632232E", "_ZN4shop4main17h54517a1521632232E"],
            "shop::cart::add",
        );
        check(&["malloc", grow, "_RNCNvCs4fqI2P2rA04_3foo3bars0_0B3_"], "foo::bar::{closure}");
        check(&["malloc", "__fopen_internal", "(below main)"], NOBODY);
        check(&[], NOBODY);
    }

    #[test]
    fn what_is_lost_is_charged_to_our_own_code_too() {
        let frames = ["malloc", "_ZN5tokio4sync5queue17h54517a1521632232E", "_ZN4shop4main17h54517a1521632232E"];
        assert_eq!(lost_site(&frames, &["shop".to_owned()]), "tokio::sync::queue for shop::main");
        assert_eq!(lost_site(&frames, &[]), "tokio::sync::queue");
    }

    #[test]
    fn a_name_tells_its_crate() {
        let check = |name: &str, expected: Option<&str>| assert_eq!(home(name), expected, "{name}");
        check("regex_automata::util::pool::Pool<T,F>::get", Some("regex_automata"));
        check("<shop::Cart as core::clone::Clone>::clone", Some("shop"));
        check("<T as shop::Sum>::sum", Some("shop"));
        check("<alloc::vec::Vec<shop::Line> as core::clone::Clone>::clone", Some("core"));
        check("<&mut httparse::Bytes as core::iter::Iterator>::next", Some("httparse"));
        check("malloc", None);
        check("(below main)", None);
    }
}
