//! Taking a regression on: with a reason, until a day, here or from another machine's report.

use crate::project::Project;

/// A change that makes `total` dearer.
fn regressed() -> Project {
    let shop = Project::recorded_shop();
    shop.regress();
    shop.commit("sum over sorted lines");
    shop
}

#[test]
fn an_accepted_regression_asks_for_attention_and_shows_old_new_and_reason() {
    let shop = regressed();
    shop.perfbudget(&["accept", "shop::cart::total/*"]).ends(2, &["--reason"]);
    shop.perfbudget(&["accept", "shop::cart::total/*", "--reason", " "]).ends(2, &["the reason is empty"]);
    shop.perfbudget(&["accept", "shop::cart::totl", "--reason", "sorted"])
        .ends(2, &["nothing that was measured is called `shop::cart::totl`"]);
    shop.perfbudget(&["accept", "shop::cart::total/*", "shop::cart::receipt", "--reason", "receipts are sorted"]).ends(
        0,
        &[
            "accepted: shop::cart::total/10 instructions: # → #",
            "accepted: shop::cart::total/100 instructions: # → #",
            "accepted: shop::cart::total/1000 instructions: # → #",
            "next: git add perfbudget && git commit",
        ],
    );
    let touched = shop.git(&["diff", "--name-only"]);
    let is_of_cart = |name: &str| name.ends_with("/shop.cart.toml");
    assert!(touched.lines().count() == 2 && touched.lines().all(is_of_cart), "instructions, allocations: {touched}");
    let accepted = ["accepted", "shop::cart::total/1000", "receipts are sorted", "attention: "];
    shop.perfbudget(&[]).ends(0, &accepted).never("growth-over");
    shop.commit("accept");
    shop.perfbudget(&[]).ends(0, &accepted).never("growth-over");
    // Once it is merged it is the record like any other.
    shop.git(&["checkout", "-q", "main"]);
    shop.git(&["merge", "-q", "--no-edit", "--no-ff", "change"]);
    shop.git(&["checkout", "-q", "-b", "next"]);
    shop.commit("nothing");
    shop.perfbudget(&[]).ends(0, &["within: "]);
}

#[test]
fn an_acceptance_of_one_benchmark_leaves_the_others_over() {
    let shop = regressed();
    shop.perfbudget(&["accept", "shop::cart::total/10", "--reason", "sorted"]).ends(0, &["total/10 instructions"]);
    shop.perfbudget(&["total"])
        .ends(100, &["growth-over shop::cart::total/1000"])
        .never("growth-over shop::cart::total/10 ");
}

#[test]
fn an_acceptance_that_the_measurement_does_not_bear_out_is_over() {
    let shop = regressed();
    let file = shop.baseline_file("shop", "cart");
    shop.perfbudget(&["accept", "shop::cart::total/1000", "--reason", "sorted"]).ends(0, &["accepted: "]);
    shop.commit("accept");
    // The code gets dearer still after it was accepted.
    shop.replace(
        "src/cart.rs",
        "self.sorted_lines().into_iter().map",
        "self.sorted_lines().into_iter().chain(self.sorted_lines().into_iter().take(0)).map",
    );
    shop.perfbudget(&["total/1000"]).ends(100, &["acceptance-unmet", "shop::cart::total/1000", "over: "]);
    assert!(shop.read(&file).contains("sorted"));
}

#[test]
fn an_acceptance_holds_until_its_day_and_not_longer() {
    let shop = regressed();
    let day = |text: &'static str| [("SOURCE_DATE_EPOCH", text)];
    let (in_2026, in_2030) = (day("1780000000"), day("1900000000"));
    shop.perfbudget_with(&in_2026, &["accept", "total/1000", "--reason", "sorted", "--expires", "2020-01-01"])
        .ends(2, &["2020-01-01 is over already"]);
    shop.perfbudget_with(&in_2026, &["accept", "total/1000", "--reason", "sorted", "--expires", "2027-02-30"])
        .ends(2, &["calendar"]);
    let args =
        ["accept", "shop::cart::total/*", "shop::cart::receipt", "--reason", "sorted", "--expires", "2027-01-31"];
    shop.perfbudget_with(&in_2026, &args).ends(0, &["accepted: "]);
    shop.commit("accept");
    shop.perfbudget_with(&in_2026, &[]).ends(0, &["accepted", "attention: "]);
    shop.perfbudget_with(&in_2030, &[]).ends(100, &["acceptance-expired", "2027-01-31", "over: "]);
    // The day goes on counting after the merge.
    shop.git(&["checkout", "-q", "main"]);
    shop.git(&["merge", "-q", "--no-edit", "--no-ff", "change"]);
    shop.perfbudget_with(&in_2026, &["total"]).ends(0, &[]);
    shop.perfbudget_with(&in_2030, &["total"]).ends(100, &["acceptance-expired"]);
}

#[test]
fn what_ci_measured_is_accepted_from_its_report_without_a_toolchain() {
    let shop = regressed();
    let report = shop.perfbudget(&["--format", "json", "--output", "../report.json"]);
    report.is(100, "");
    // Neither a compiler nor valgrind is within reach.
    let args = ["accept", "shop::cart::total/*", "--reason", "as CI measured", "--from", "../report.json"];
    let tools = shop.beside("tools");
    std::fs::create_dir_all(&tools).expect("a folder can be made");
    for tool in ["git", "cargo"] {
        let path = std::env::split_paths(&std::env::var_os("PATH").expect("there is a PATH"))
            .map(|folder| folder.join(tool))
            .find(|path| path.is_file())
            .expect("the tool is there");
        std::os::unix::fs::symlink(path, tools.join(tool)).expect("a link can be made");
    }
    shop.perfbudget_with(&[("PATH", &tools.to_string_lossy())], &args).ends(0, &["accepted: shop::cart::total/10"]);
    shop.perfbudget(&["total"]).ends(0, &["accepted", "as CI measured", "attention: "]);
    shop.perfbudget(&["accept", "x", "--reason", "y", "--from", "../none.json"]).ends(2, &["there is no such file"]);
    shop.write("../torn.json", "{\"schema\": 1, \"verd");
    shop.perfbudget(&["accept", "x", "--reason", "y", "--from", "../torn.json"]).ends(2, &["cannot read"]);
}

#[test]
fn the_patch_of_a_comment_accepts_without_the_tool() {
    let shop = regressed();
    let output = shop.perfbudget(&["--format", "markdown"]);
    output.ends(100, &["<!-- cargo-perfbudget: default -->", "How to accept it", "git apply FILE"]);
    let patch = output.stdout.split("```diff\n").nth(1).and_then(|rest| rest.split("```").next());
    let patch = patch.unwrap_or_else(|| panic!("there is no patch in {}", output.stdout));
    shop.write("../accept.patch", &patch.replace("say here why it is worth it", "sorted for the receipt"));
    shop.git(&["apply", "../accept.patch"]);
    shop.commit("accepted");
    shop.perfbudget(&[]).ends(0, &["accepted", "sorted for the receipt", "attention: "]).never("growth-over");
}
