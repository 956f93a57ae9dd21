//! The environment, where no option speaks of it.
#![expect(clippy::disallowed_methods, reason = "this is the door to the environment")]

/// A variable that is set, and not empty.
#[must_use]
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
