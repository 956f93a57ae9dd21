//! One check as several jobs: each measures its shard, and `merge` says what one job would have said.

use serde_json::Value;

use crate::project::Project;

/// Measures so many shards anew, one after the other, each to a file beside the project.
fn measure_shards(project: &Project, of: u32, more: &[&str]) -> Vec<String> {
    let measure = |index: u32| {
        let (shard, file) = (format!("{index}/{of}"), format!("../part-{index}.json"));
        let words = [&["check", "--fresh", "--shard", &shard, "--output", &file], more].concat();
        project.perfbudget(&words).ends(0, &["values"]);
        file
    };
    (1..=of).map(measure).collect()
}

/// What `merge` says of these parts, with the report that it writes.
fn merged(project: &Project, parts: &[String], code: i32) -> Value {
    let mut words = vec!["merge", "--report", "../merged.json"];
    words.extend(parts.iter().map(String::as_str));
    let output = project.perfbudget(&words);
    assert_eq!(output.code, code, "{output:?}");
    report(project, "../merged.json")
}

/// A report, but for how long it took.
fn report(project: &Project, path: &str) -> Value {
    let mut report: Value = serde_json::from_str(&project.read(path)).expect("a report is JSON");
    if let Some(worth) = report.get_mut("worth").and_then(Value::as_object_mut) {
        assert!(worth.remove("check_millis").is_some());
    }
    report
}

fn codes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings are a list");
    findings.iter().map(|finding| finding["code"].as_str().expect("a code is a text").to_owned()).collect()
}

#[test]
fn five_jobs_and_a_merge_say_what_one_job_says() {
    let shop = Project::recorded_shop();
    shop.regress();
    shop.commit("slower");
    shop.perfbudget(&["check", "--fresh", "--report", "../single.json"]).ends(100, &[]);
    let mut parts = measure_shards(&shop, 5, &[]);
    let single = report(&shop, "../single.json");
    assert_eq!(merged(&shop, &parts, 100), single);
    // In whatever order they come.
    parts.reverse();
    assert_eq!(merged(&shop, &parts, 100), single);
    let (shown, whole) =
        (shop.perfbudget(&["merge", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4]]), shop.perfbudget(&[]));
    let but_reused = |text: &str| {
        text.lines()
            .filter(|line| !line.contains("reused") && !line.contains("this check"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(but_reused(&shown.stdout), but_reused(&whole.stdout));
    assert!(shown.stdout.contains("growth-over") && shown.stdout.contains("shop::cart::total/1000"), "{shown:?}");
}

#[test]
fn what_is_gone_new_and_broken_is_said_once() {
    let shop = Project::recorded_shop();
    let bench = shop.read("benches/cart.rs");
    shop.write("benches/cart.rs", &bench.replace("\"receipt\"", "\"bill of the till\""));
    shop.commit("another name");
    let single = shop.perfbudget(&["check", "--fresh", "--report", "../single.json"]);
    assert_eq!(single.code, 101, "{single:?}");
    let parts = measure_shards(&shop, 3, &[]);
    let whole = report(&shop, "../single.json");
    assert_eq!(merged(&shop, &parts, 101), whole);
    assert!(codes(&whole).iter().any(|code| code.starts_with("benchmark-")), "{whole}");
}

#[test]
fn a_part_that_is_missing_or_there_twice_is_no_pass() {
    let shop = Project::recorded_shop();
    let mut parts = measure_shards(&shop, 4, &[]);
    assert_eq!(codes(&merged(&shop, &parts, 0)), [""; 0]);
    let third = parts.remove(2);
    let hole = merged(&shop, &parts, 101);
    assert_eq!(codes(&hole), ["shard-missing"]);
    assert!(hole["findings"][0]["message"].as_str().is_some_and(|message| message.contains("3/4")), "{hole}");
    parts.push(parts[0].clone());
    parts.push(third);
    assert_eq!(codes(&merged(&shop, &parts, 101)), ["shard-overlap"]);
}

#[test]
fn parts_that_do_not_fit_together_are_said() {
    let shop = Project::recorded_shop();
    let parts = measure_shards(&shop, 3, &[]);
    let whole = shop.read(&parts[0]);
    let change = |change: &dyn Fn(&mut Value)| {
        let mut part: Value = serde_json::from_str(&whole).expect("a part is JSON");
        change(&mut part);
        shop.write(&parts[0], &part.to_string());
    };
    change(&|part| {
        let environments = part["run"]["environments"].as_array_mut().expect("environments are a list");
        let own = environments.iter_mut().find(|own| own["family"] == "instructions").expect("one is of instructions");
        own["facts"]["libc"] = "another".into();
    });
    let mixed = merged(&shop, &parts, 101);
    assert!(!codes(&mixed).is_empty() && codes(&mixed).iter().all(|code| code == "shard-mixed"), "{:?}", codes(&mixed));
    change(&|part| part["run"]["state"]["toolchain"] = "rustc 1.0.0".into());
    assert_eq!(codes(&merged(&shop, &parts, 101)), ["shard-mixed"]);
    change(&|part| part["commit"] = "0123456789012345678901234567890123456789".into());
    assert_eq!(codes(&merged(&shop, &parts, 101)), ["shard-mixed"]);
    change(&|part| part["shard"] = "2/3".into());
    let overlap = merged(&shop, &parts, 101);
    assert!(codes(&overlap).contains(&"shard-overlap".to_owned()), "{:?}", codes(&overlap));
    let refused = |said: &str| {
        shop.perfbudget(&["merge", &parts[0], &parts[1], &parts[2]]).ends(2, &["part-1.json", said]);
    };
    change(&|part| part["shard"] = "1/4".into());
    refused("they are not of one check");
    change(&|part| part["scope"]["filters"] = serde_json::json!(["total"]));
    refused("give all jobs the same options");
    change(&|part| part["part"] = 2.into());
    refused("it is a part of format");
    change(&|part| part["run"]["outcomes"][0]["metric"] = "nothing".into());
    refused("unknown metric `nothing`");
    shop.write(&parts[0], &whole[..whole.len() / 2]);
    refused("line ");
    shop.write(&parts[0], "{\"schema\": 1}");
    refused("it is a report");
    shop.write(&parts[0], "[]");
    refused("invalid length");
    shop.perfbudget(&["merge", "../nothing.json"]).ends(2, &["there is no such file"]);
}

#[test]
fn a_shard_may_have_nothing_of_a_filter_and_all_together_may_not() {
    let shop = Project::recorded_shop();
    let parts = measure_shards(&shop, 3, &["total/100"]);
    let found = merged(&shop, &parts, 0);
    let names: Vec<&str> = found["rows"]
        .as_array()
        .expect("rows are a list")
        .iter()
        .filter_map(|row| row["subject"]["name"].as_str())
        .collect();
    assert!(!names.is_empty() && names.iter().all(|name| name.contains("total/100")), "{names:?}");
    let parts = measure_shards(&shop, 2, &["no such name"]);
    shop.perfbudget(&["merge", &parts[0], &parts[1]]).ends(2, &["nothing has `no such name` in its name"]);
    for (wrong, said) in [("0/3", "2/5"), ("4/3", "2/5"), ("three", "2/5")] {
        shop.perfbudget(&["check", "--shard", wrong, "--output", "../part.json"]).ends(2, &[said]);
    }
    shop.perfbudget(&["check", "--shard", "1/3"]).ends(2, &["--output"]);
}
