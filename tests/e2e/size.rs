//! What a file consists of, by crate and function, and why one that is over its budget grew.

use crate::project::{Project, fixtures};

const MANIFEST: &str = "[package]\nname = \"weighed\"\nversion = \"0.1.0\"\nedition = \"2021\"\npublish = false\n\n[workspace]\n\n[dependencies]\npart = { path = \"part\" }\n";
const PART: &str = "\
#[inline(never)]
pub fn describe(number: u64) -> String {
    format!(\"{number} is {number:x}\")
}
";
/// A lot of code that no optimizer makes less.
const MORE: &str = "
#[inline(never)]
pub fn table(number: u64) -> u64 {
    let mut sum = number;
    REPEATED
    sum
}
";

fn weighed(config: &str) -> Project {
    let project = Project::empty("weighed");
    project.write(".gitignore", "/target\n");
    project.write("Cargo.toml", MANIFEST);
    project.write("part/Cargo.toml", "[package]\nname = \"part\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    project.write("part/src/lib.rs", PART);
    project.write("src/main.rs", "fn main() {\n    println!(\"{}\", part::describe(7));\n}\n");
    project.write("perfbudget.toml", config);
    project.init();
    project
}

fn grow(project: &Project) {
    let repeated = "sum = std::hint::black_box(sum.rotate_left(3) ^ 0x9e37_79b9_7f4a_7c15);\n    ".repeat(2_000);
    project.write("part/src/lib.rs", &format!("{PART}{}", MORE.replace("REPEATED", &repeated)));
    project.write("src/main.rs", "fn main() {\n    println!(\"{} {}\", part::describe(7), part::table(7));\n}\n");
}

#[test]
fn functions_and_parts_of_a_binary_are_the_whole_of_it() {
    let project = weighed("");
    let said = project.perfbudget(&["size", "--format", "json"]);
    said.ends(0, &[]);
    let report = said.json();
    let file = &report["files"][0];
    assert_eq!(file["subject"]["name"], "weighed::bin weighed");
    let sum = |key: &str| file[key].as_array().unwrap().iter().map(|row| row["bytes"].as_u64().unwrap()).sum::<u64>();
    let path = project.target_dir().join("release/weighed");
    let length = std::fs::metadata(path).unwrap().len();
    assert_eq!(sum("functions") + sum("parts"), length, "{file:#}");
    assert_eq!(sum("crates"), sum("functions"));
    assert_eq!(file["bytes"], length);
    let functions = file["functions"].as_array().unwrap();
    let described = functions.iter().find(|row| row["name"] == "part::describe").expect("it is not inlined");
    assert_eq!((described["crate"].as_str(), described["copies"].as_u64()), (Some("part"), Some(1)));
    project
        .perfbudget(&["size", "--by", "function", "-n", "3"])
        .ends(0, &["weighed::bin weighed: ", "bytes share function", "more functions", "data (", "in all"]);
    project.perfbudget(&["size", "-n", "100"]).ends(0, &["bytes share crate", "part\n", "in all"]);
    project.perfbudget(&["size", "no such thing"]).ends(2, &["nothing has `no such thing` in its name"]);
}

#[test]
fn a_size_that_is_over_names_the_functions_and_crates_that_grew() {
    let project = weighed("[[budget]]\nmetric = \"size\"\ngrowth = \"1%\"\nfloor = 100\nseverity = \"error\"\n");
    project.record_and_branch();
    grow(&project);
    project.commit("a table");
    let said = project.perfbudget(&["check"]);
    said.ends(100, &["weighed::bin weighed", "why: `part::table` +", "crates: `part` +"]);
    let report = project.perfbudget(&["check", "--format", "json"]).json();
    let cause = report["causes"].as_array().unwrap().iter().find(|cause| cause["key"]["metric"] == "size").unwrap();
    let delta = cause["after"].as_i64().unwrap() - cause["before"].as_i64().unwrap();
    let crates: i64 = cause["crates"].as_array().unwrap().iter().map(|own| own["delta"].as_i64().unwrap()).sum();
    assert_eq!((crates, cause["residue"].as_i64()), (delta, Some(0)), "{cause:#}");
    project.perfbudget(&["check", "--format", "markdown"]).ends(100, &["why", "part::table", "crates"]);
    // The same without a budget.
    project
        .perfbudget(&["size", "--compare"])
        .ends(0, &["bytes to ship at ", "before", "after", "part\n", "unchanged", "in all"]);
    project.perfbudget(&["size", "--base", "main", "--by", "function"]).ends(0, &["part::table\n", "unchanged"]);
    project.perfbudget(&["size", "--base", "nowhere"]).ends(2, &["there is no revision `nowhere`"]);
}

#[test]
fn a_stripped_binary_is_said_and_the_way_out_works() {
    let project = weighed("");
    project.write("Cargo.toml", &format!("{MANIFEST}\n[profile.release]\nstrip = true\n"));
    project.perfbudget(&["size"]).ends(
        0,
        &["its symbols are missing", "CARGO_PROFILE_RELEASE_STRIP=none", "code outside of named functions", "in all"],
    );
    project
        .perfbudget_with(&[("CARGO_PROFILE_RELEASE_STRIP", "none")], &["size", "--by", "function", "-n", "100000"])
        .ends(0, &["part::describe"])
        .never("are missing");
}

#[test]
fn a_file_is_dissected_as_it_is_and_its_names_are_inert() {
    let project = Project::empty("weighed");
    std::fs::create_dir_all(project.root.join("web")).unwrap();
    std::fs::copy(fixtures().join("outputs/rustc-1.63/shop.wasm"), project.root.join("web/shop.wasm")).unwrap();
    let said = project.perfbudget(&["size", "web/shop.wasm", "--by", "function", "-n", "4"]);
    assert_eq!(
        said.ends(0, &[]).stdout,
        "\
file web/shop.wasm: 1,411 bytes to ship, and 801 of symbols and debug information

  bytes   share  function
    576   40.8%  shop::cart::largest × 2
    249   17.6%  shop::cart::sum_of
    211   15.0%  shop_total
     35    2.5%  shop::cart::total
     64    4.5%  4 more functions
     16    1.1%  code outside of named functions (code section)
    127    9.0%  data (data section, global section, element section)
    122    8.6%  linking (export section, type section, function section, table section, 1 more)
     11    0.8%  headers and padding
  1,411  100.0%  in all
"
    );
    // Cut short, and something else altogether: its length is all that is known, and is said to be.
    let whole = std::fs::read(project.root.join("web/shop.wasm")).unwrap();
    std::fs::write(project.root.join("cut.wasm"), &whole[..700]).unwrap();
    project.write("notes.txt", "no program\n");
    project
        .perfbudget(&["size", "cut.wasm", "notes.txt"])
        .ends(0, &["file cut.wasm: # bytes", "its format is not known", "in all", "file notes.txt: # bytes", "in all"]);
    // A name that would paint the terminal red, and one that would start a new line.
    let mut hostile = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b".to_vec();
    hostile.extend(b"\0\x15\x04name\x01\x0e\x01\0\x0b\x1b[31ma\nb::c");
    std::fs::write(project.root.join("hostile.wasm"), &hostile).unwrap();
    let said = project.perfbudget(&["size", "hostile.wasm", "--by", "function"]);
    said.ends(0, &[]);
    assert!(said.stdout.contains("\u{fffd}[31ma b::c") && !said.stdout.contains('\u{1b}'), "{:?}", said.stdout);
    project.perfbudget(&["size", "--compare", "web/shop.wasm"]).ends(2, &["no earlier state"]);
    project.perfbudget(&["size", "cut.wasm", "shop"]).ends(2, &["partly files and partly names"]);
}
