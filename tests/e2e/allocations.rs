//! Requests for memory are counted once each, whichever allocator they go to and whatever the compiler inlines.

use crate::bystanders::values_of;
use crate::project::Project;
use std::collections::BTreeMap;

const COUNTING: &str = "
struct Counting;
static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
unsafe impl std::alloc::GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::alloc::System.alloc(layout)
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: std::alloc::Layout) {
        std::alloc::System.dealloc(pointer, layout)
    }
}
#[global_allocator]
static GLOBAL: Counting = Counting;
";

const BUMPING: &str = "
struct Bumping;
#[repr(align(4096))]
struct Room([u8; 512 << 20]);
static mut ROOM: Room = Room([0; 512 << 20]);
static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
unsafe impl std::alloc::GlobalAlloc for Bumping {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        use std::sync::atomic::Ordering::Relaxed;
        let at = NEXT.load(Relaxed).next_multiple_of(layout.align());
        NEXT.store(at + layout.size(), Relaxed);
        (&raw mut ROOM).cast::<u8>().add(at)
    }
    unsafe fn dealloc(&self, _: *mut u8, _: std::alloc::Layout) {}
}
#[global_allocator]
static GLOBAL: Bumping = Bumping;
";

const ARGS: [&str; 4] = ["--fresh", "--bench", "allocations", "--format"];

fn with(allocator: &str) -> Project {
    let project = Project::kinds("0.8.2");
    let text = project.read("benches/allocations.rs") + allocator;
    project.write("benches/allocations.rs", &text);
    project
}

fn allocations(project: &Project) -> BTreeMap<String, u64> {
    values_of("allocations", &project.perfbudget(&[&ARGS[..], &["json"]].concat()).json())
}

fn check(project: &Project) {
    let values = allocations(project);
    let expected = [
        ("none", 0),
        ("push", 6),
        ("boxes/1", 1),
        ("boxes/10", 10),
        ("zeroed", 1),
        ("c", 1),
        ("setup", 0),
        ("first", 0),
    ];
    for (name, expected) in expected {
        assert_eq!(values.get(&format!("kinds::allocations::{name}")), Some(&expected), "{name}: {values:#?}");
    }
    assert!((1..=3).contains(&values["kinds::allocations::format"]), "{values:#?}");
    assert_eq!(values, allocations(project), "they are the same again");
}

#[test]
fn the_default_allocator_is_asked_as_often_as_the_source_says() {
    check(&with(""));
}

#[test]
fn a_global_allocator_that_counts_is_asked_as_often() {
    check(&with(COUNTING));
}

#[test]
fn a_global_allocator_in_c_is_asked_as_often() {
    let project = with("\n#[global_allocator]\nstatic GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;\n");
    project.replace("Cargo.toml", "[dev-dependencies]\n", "[dev-dependencies]\nmimalloc = \"=0.1.52\"\n");
    check(&project);
}

#[test]
fn link_time_optimisation_hides_no_request() {
    let project = with("");
    let manifest = project.read("Cargo.toml") + "\n[profile.bench]\nlto = \"fat\"\ncodegen-units = 1\n";
    project.write("Cargo.toml", &manifest);
    check(&project);
    let text = project.read("benches/allocations.rs") + COUNTING;
    project.write("benches/allocations.rs", &text);
    check(&project);
}

#[test]
fn a_global_allocator_that_is_inlined_is_said_and_nothing_is_claimed() {
    let project = with(BUMPING);
    project.perfbudget(&["record", "--bench", "allocations"]).ends(0, &["values measured", "allocator-unseen"]);
    let output = project.perfbudget(&[&ARGS[..], &["terminal"]].concat());
    output.ends(0, &["allocator-unseen kinds::allocations: ", "global allocator that is inlined"]);
    let values = allocations(&project);
    for (name, value) in &values {
        assert!(
            *value > 0 || name.ends_with("none") || name.ends_with("setup") || name.ends_with("first"),
            "{values:#?}"
        );
    }
    assert_eq!(values_of("instructions", &project.perfbudget(&[&ARGS[..], &["json"]].concat()).json()).len(), 9);
}

#[test]
fn one_allocation_more_is_over_and_a_baseline_without_any_is_no_failure() {
    let project = with("");
    project.write(".gitignore", "/target\nCargo.lock\n");
    project.init();
    let args = ["--bench", "allocations", "boxes", "push"];
    project.perfbudget(&[&["record", "-q"], &args[..]].concat()).ends(0, &[]);
    let heap = project.baseline_files("heap-");
    assert_eq!(heap.len(), 1, "{heap:?}");
    project.commit("record");
    project.git(&["checkout", "-q", "-b", "change"]);
    project.perfbudget(&args).ends(0, &["within: "]).never("metric-new");
    project.replace(
        "benches/allocations.rs",
        "numbers.push(number);",
        "numbers.push(*std::hint::black_box(Box::new(number)));",
    );
    project.commit("dearer");
    project.perfbudget(&args).ends(100, &["kinds::allocations::push", "allocations", "growth-over"]);
    // As it is after an update of the tool: it is said once, and nothing fails.
    project.git(&["checkout", "-q", "main"]);
    std::fs::remove_dir_all(project.root.join(&heap[0]).parent().expect("it lies in a folder")).expect("it is there");
    // The base of a clean default branch is its last commit's parent.
    project.commit("as of an older version");
    project.commit("nothing");
    let output = project.perfbudget(&args);
    output
        .ends(0, &["metric-new", "`allocations` of # recorded subjects has no record yet", "cargo perfbudget record"]);
    output.never("benchmark-new");
}
