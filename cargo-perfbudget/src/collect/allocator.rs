//! Which calls in a profile ask an allocator for memory: every request once, whichever entrance it takes. Pure.
//!
//! A request passes several functions on its way (`__rust_alloc`, `__rdl_alloc`, `malloc`), and link-time optimisation
//! inlines any of them. So what counts is a call of one of an allocator's entrances from without: from a function that is
//! none, and no part of an allocator either.

/// A harness has asked for memory more often than this before it comes to its first benchmark. Where fewer requests are seen,
/// the entrances of the global allocator are not among the functions that the profile shows. Criterion makes hundreds.
const REQUESTS_OF_A_HARNESS: u64 = 50;
/// What Rust (since 1.89) calls beside every request but a reallocation, and never inlines.
const MARK: &str = "__rust_no_alloc_shim_is_unstable";

/// Requests for memory: calls that allocate, allocate zeroes, or reallocate. Freeing is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Made at the entrance of Rust's global allocator.
    pub global: u64,
    /// Made by Rust's own code at the entrance of an allocator below: the global one's was inlined there, or this code is
    /// a part of a global allocator that cannot be told from the program.
    pub direct: u64,
    /// Made by code in other languages, such as a library in C.
    pub foreign: u64,
    /// How many of those that Rust's code makes are reallocations.
    pub moved: u64,
    /// Entrances into a global allocator of the program's own. They lie behind the others, and are no requests.
    pub custom: u64,
    /// Entrances into an allocator below, through the global one's or not.
    pub below: u64,
    /// What the compiler says of requests other than reallocations. A request that was optimised away may have left one.
    pub marks: u64,
}

impl Requests {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rust().saturating_add(self.foreign)
    }

    fn rust(&self) -> u64 {
        self.global.saturating_add(self.direct)
    }

    /// Whether these, out of all that the program has made since it began, are all that were made in their time. A global
    /// allocator that is written in Rust may be inlined into its callers, and leaves no call to see.
    #[must_use]
    pub fn are_seen(&self, all: &Requests) -> bool {
        let ends_below = all.below.saturating_mul(2) >= all.rust();
        let is_marked = all.marks > 0 && self.marks <= self.rust().saturating_sub(self.moved);
        all.rust() >= REQUESTS_OF_A_HARNESS && (ends_below || is_marked)
    }

    /// Adds what a profile says of calls from one function to another.
    pub fn call(&mut self, caller: &str, callee: &str, calls: u64) {
        let Role::Entrance(entrance) = role(callee) else {
            self.marks = self.marks.saturating_add(if callee.contains(MARK) { calls } else { 0 });
            return;
        };
        let from = role(caller);
        let is_from_rust = is_rust(caller) || from != Role::Outside;
        let mut counters = Vec::new();
        match (entrance, from) {
            (Entrance::Global | Entrance::Custom, Role::Outside) => counters.push(&mut self.global),
            (Entrance::Below, Role::Outside) if is_from_rust => counters.push(&mut self.direct),
            (Entrance::Below, Role::Outside) => counters.push(&mut self.foreign),
            _ => {}
        }
        if from == Role::Outside && is_from_rust && reallocates(callee) {
            counters.push(&mut self.moved);
        }
        match entrance {
            Entrance::Custom => counters.push(&mut self.custom),
            Entrance::Below if is_from_rust => counters.push(&mut self.below),
            Entrance::Below | Entrance::Global => {}
        }
        for counter in counters {
            *counter = counter.saturating_add(calls);
        }
    }

    /// These and those of another profile.
    #[must_use]
    pub fn with(&self, other: &Requests) -> Requests {
        self.zip(other, u64::saturating_add)
    }

    /// These without those of another profile.
    #[must_use]
    pub fn without(&self, other: &Requests) -> Requests {
        self.zip(other, u64::saturating_sub)
    }

    fn zip(&self, other: &Requests, of: fn(u64, u64) -> u64) -> Requests {
        Requests {
            global: of(self.global, other.global),
            direct: of(self.direct, other.direct),
            foreign: of(self.foreign, other.foreign),
            moved: of(self.moved, other.moved),
            custom: of(self.custom, other.custom),
            below: of(self.below, other.below),
            marks: of(self.marks, other.marks),
        }
    }
}

/// Whether an entrance is for what is allocated already.
fn reallocates(symbol: &str) -> bool {
    ["realloc", "rallocx", "rezalloc"].iter().any(|name| symbol.contains(name))
}

/// What a function is to an allocator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is called to allocate.
    Entrance(Entrance),
    /// It is a part of one; what it asks for was asked for before.
    Inside,
    /// It is none of its business.
    Outside,
}

/// Which of the entrances that lie behind each other it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entrance {
    /// Rust's global allocator, whichever it is.
    Global,
    /// The program's own global allocator.
    Custom,
    /// The system's allocator, or a library's.
    Below,
}

/// What the C library calls its entrances, and what `__libc_` stands before.
const OF_LIBC: [&str; 10] = [
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "posix_memalign",
    "__posix_memalign",
    "aligned_alloc",
    "memalign",
    "valloc",
    "pvalloc",
];
/// What begins the names of parts of glibc's allocator that call its entrances themselves.
const INSIDE_LIBC: [&str; 4] = ["_mid_memalign", "_int_", "malloc_hook_ini", "realloc_hook_ini"];
/// What jemalloc's entrances are called after its prefix.
const OF_JEMALLOC: [&str; 8] =
    ["malloc", "mallocx", "calloc", "realloc", "rallocx", "posix_memalign", "aligned_alloc", "memalign"];
/// The entrances of allocators whose names have no prefix in common.
const OF_OTHERS: [&str; 10] = [
    "sn_rust_alloc",
    "sn_rust_alloc_zeroed",
    "sn_rust_realloc",
    "rpmalloc",
    "rpzalloc",
    "rpcalloc",
    "rprealloc",
    "rpaligned_alloc",
    "rpaligned_zalloc",
    "rpaligned_realloc",
];

fn role(symbol: &str) -> Role {
    // A cheap look before the closer ones: there are thousands of calls in a profile.
    if !symbol.contains("alloc") && !symbol.contains("memalign") && !symbol.contains("mi_") {
        return if symbol.starts_with("_int_") { Role::Inside } else { Role::Outside };
    }
    let symbol = symbol.split('@').next().unwrap_or(symbol);
    let symbol = &symbol[..symbol.find(".llvm.").unwrap_or(symbol.len())];
    if is_rust(symbol) || symbol.starts_with("__r") {
        return role_in_rust(symbol);
    }
    let plain = symbol.strip_prefix("__libc_").unwrap_or(symbol);
    if OF_LIBC.contains(&plain) || OF_OTHERS.contains(&symbol) {
        return Role::Entrance(Entrance::Below);
    }
    if let Some(name) = symbol.strip_prefix("_rjem_").or_else(|| symbol.strip_prefix("je_")) {
        return if OF_JEMALLOC.contains(&name) { Role::Entrance(Entrance::Below) } else { Role::Inside };
    }
    if let Some(name) = symbol.strip_prefix("mi_").or_else(|| symbol.strip_prefix("_mi_")) {
        let asks = name.contains("alloc") && !name.contains("usable") && !symbol.starts_with('_');
        return if asks { Role::Entrance(Entrance::Below) } else { Role::Inside };
    }
    if INSIDE_LIBC.iter().any(|part| symbol.starts_with(part)) { Role::Inside } else { Role::Outside }
}

fn role_in_rust(symbol: &str) -> Role {
    let asks = |prefix: &str| {
        let names = ["alloc", "realloc", "alloc_zeroed"];
        names.iter().any(|name| symbol.strip_suffix(name).is_some_and(|start| start.ends_with(prefix)))
    };
    if asks("__rg_") {
        return Role::Entrance(Entrance::Custom);
    }
    if asks("__rust_") || asks("__rdl_") {
        return Role::Entrance(Entrance::Global);
    }
    if symbol.contains("GlobalAlloc") {
        // In both of Rust's manglings the name of a method follows its length.
        let method = symbol.rsplit("GlobalAlloc").next().unwrap_or_default().trim_start_matches("$GT$");
        let allocates = ["5alloc", "7realloc", "12alloc_zeroed"].iter().any(|name| method.starts_with(name));
        let is_systems_own = symbol.contains("6System") || symbol.contains("System$");
        return match (allocates, is_systems_own) {
            (true, true) => Role::Entrance(Entrance::Below),
            (true, false) => Role::Entrance(Entrance::Custom),
            (false, _) => Role::Inside,
        };
    }
    // The standard library's way to the system's allocator: `std::sys::alloc`, `std::sys::pal::unix::alloc`.
    let of_std = symbol.split_once("3std3sys").is_some_and(|(_, rest)| rest.contains("5alloc"));
    if of_std { Role::Inside } else { Role::Outside }
}

/// Whether the symbol is mangled as Rust's are.
fn is_rust(symbol: &str) -> bool {
    symbol.starts_with("_R") || (symbol.starts_with("_ZN") && symbol.contains("17h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(calls: &[(&str, &str)], global: u64, direct: u64, foreign: u64) {
        let mut requests = Requests::default();
        for (caller, callee) in calls {
            requests.call(caller, callee, 1);
        }
        assert_eq!((requests.global, requests.direct, requests.foreign), (global, direct, foreign), "{calls:?}");
    }

    const OWN: &str = "_ZN3app4grow17h0123456789abcdefE";
    const SHIM: &str = "_RNvCs5Zy3hVWL8lf_7___rustc12___rust_alloc";
    const DEFAULT: &str = "_RNvCs5Zy3hVWL8lf_7___rustc11___rdl_alloc";
    const CUSTOM: &str = "_RNvCs5Zy3hVWL8lf_7___rustc10___rg_alloc";
    const WRAPPER: &str =
        "_ZN53_$LT$app..Counting$u20$as$u20$core..alloc..global..GlobalAlloc$GT$5alloc17h0123456789abcdefE";

    #[test]
    fn a_request_counts_once_on_its_way_down() {
        check(&[(OWN, SHIM), (SHIM, DEFAULT), (DEFAULT, "malloc")], 1, 0, 0);
        check(&[(OWN, SHIM), (SHIM, CUSTOM), (CUSTOM, WRAPPER), (WRAPPER, "malloc")], 1, 0, 0);
        check(&[(OWN, "__rust_realloc"), ("__rust_realloc", "__rdl_realloc"), ("__rdl_realloc", "realloc")], 1, 0, 0);
        let aligned = "_ZN3std3sys5alloc4unix14aligned_malloc17h0123456789abcdefE";
        check(&[(OWN, DEFAULT), (DEFAULT, aligned), (aligned, "posix_memalign")], 1, 0, 0);
        check(&[("posix_memalign", "_mid_memalign.isra.0"), ("_mid_memalign.isra.0", "malloc")], 0, 0, 0);
        check(&[(OWN, SHIM), (CUSTOM, "mi_malloc_aligned"), ("mi_malloc_aligned", "mi_malloc")], 1, 0, 0);
        check(&[(CUSTOM, "_rjem_malloc"), ("_rjem_malloc", "_rjem_je_malloc_default")], 0, 0, 0);
    }

    #[test]
    fn an_entrance_that_was_inlined_gives_way_to_the_next() {
        check(&[(OWN, "malloc@@GLIBC_2.2.5"), (OWN, "calloc"), (OWN, "__libc_realloc")], 0, 3, 0);
        check(&[(OWN, DEFAULT), (DEFAULT, "malloc"), (OWN, "malloc")], 1, 1, 0);
        check(&[(OWN, "mi_zalloc_aligned"), (OWN, "_rjem_mallocx"), (OWN, "sn_rust_alloc")], 0, 3, 0);
        check(&[(OWN, WRAPPER), (WRAPPER, "malloc")], 1, 0, 0);
    }

    #[test]
    fn what_other_languages_ask_for_counts_and_freeing_does_not() {
        check(&[("sqlite3_step", "malloc"), ("strdup", "malloc"), ("_Znwm", "malloc")], 0, 0, 3);
        check(&[(OWN, "free"), (OWN, "__rust_dealloc"), (OWN, "mi_free"), (OWN, "malloc_usable_size")], 0, 0, 0);
        check(&[(OWN, "_ZN3app7allocate17h0123456789abcdefE"), (OWN, "arena_alloc")], 0, 0, 0);
    }

    #[test]
    fn a_global_allocator_that_is_inlined_is_known_by_its_marks() {
        let mark = "_RNvCs5Zy3hVWL8lf_7___rustc35___rust_no_alloc_shim_is_unstable_v2";
        let of = |calls: &[(&str, &str, u64)]| {
            let mut requests = Requests::default();
            calls.iter().for_each(|(caller, callee, calls)| requests.call(caller, callee, *calls));
            requests
        };
        // Read from criterion 0.8 on Rust 1.95: the default, and one that is written in Rust.
        let default = of(&[(OWN, mark, 341), (OWN, SHIM, 341), (SHIM, DEFAULT, 341), (DEFAULT, "malloc", 341)]);
        let own = of(&[(OWN, mark, 341), (OWN, SHIM, 301), (OWN, "malloc", 6)]);
        assert!(of(&[]).are_seen(&default) && of(&[]).are_seen(&own));
        let (inlined, called) =
            (of(&[(OWN, mark, 1)]), of(&[(OWN, mark, 1), (OWN, SHIM, 1), (OWN, "__rust_realloc", 5)]));
        assert!(!inlined.are_seen(&own) && called.are_seen(&own));
        assert!(inlined.are_seen(&default), "it was optimised away, and only its mark is left");
        assert!(!of(&[]).are_seen(&of(&[])));
    }

    #[test]
    fn a_global_allocator_of_the_programs_own_is_recognised() {
        let mut requests = Requests::default();
        requests.call(OWN, SHIM, 2);
        requests.call(SHIM, CUSTOM, 2);
        requests.call(CUSTOM, WRAPPER, 2);
        assert!(requests.custom > 0 && requests.count() == 2, "{requests:?}");
    }
}
