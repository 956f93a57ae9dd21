//! The library under its two names. Pure.

/// A name of the library: each has a runner, a prefix of variables, and versions of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Library {
    /// Up to 0.16.
    IaiCallgrind,
    /// From 0.17 on.
    Gungraun,
}

impl Library {
    /// Both.
    pub const ALL: [Library; 2] = [Library::IaiCallgrind, Library::Gungraun];

    /// Its package.
    #[must_use]
    pub fn package(self) -> &'static str {
        match self {
            Library::IaiCallgrind => "iai-callgrind",
            Library::Gungraun => "gungraun",
        }
    }

    /// The package and program of its runner.
    #[must_use]
    pub fn runner(self) -> &'static str {
        match self {
            Library::IaiCallgrind => "iai-callgrind-runner",
            Library::Gungraun => "gungraun-runner",
        }
    }

    /// What the names of its variables begin with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Library::IaiCallgrind => "IAI_CALLGRIND",
            Library::Gungraun => "GUNGRAUN",
        }
    }

    /// The library that a function with this symbol belongs to: the part that calls the runner is in every executable.
    #[must_use]
    pub fn of_symbol(name: &str) -> Option<Library> {
        let of = |marks: [&str; 2]| marks.iter().any(|mark| name.contains(mark));
        if of(["13iai_callgrind10__internal", "__iai_callgrind_wrapper_mod"]) {
            Some(Library::IaiCallgrind)
        } else if of(["8gungraun10__internal", "__gungraun_wrapper_mod"]) {
            Some(Library::Gungraun)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_told_by_its_symbols_under_either_mangling() {
        let check = |name: &str, library: Option<Library>| assert_eq!(Library::of_symbol(name), library, "{name}");
        check("_ZN8gungraun10__internal6Runner3new17h0123456789abcdefE", Some(Library::Gungraun));
        check("_RNvMs_NtCs1_8gungraun10__internalNtB4_6Runner3new", Some(Library::Gungraun));
        check("_ZN13iai_callgrind10__internal6Runner4exec17hE", Some(Library::IaiCallgrind));
        check("_ZN9criterion7Bencher4iter17hE", None);
    }
}
