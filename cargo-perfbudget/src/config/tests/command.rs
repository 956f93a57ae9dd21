//! What a `[[command]]` means, and what is said about a wrong one.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{check, parse};
use crate::config::{CommandPlan, Measure};

#[test]
fn every_key_of_a_command_has_its_place_in_the_plan() {
    let plan = parse(
        r#"
[[command]]
name = "receipt"
run = "shop 'a b' --rows {n}"
bins = ["helper"]
stdin = "data/in.txt"
dir = "./data/"
env = { A = "1" }
timeout = "2 min"
measure = ["heap", "leaks"]
n = 1000
exit = 3

[[command]]
name = "plain"
run = ["shop"]
"#,
    )
    .expect("the configuration is valid");
    let [receipt, plain] = plan.commands.as_slice() else { panic!("{:?}", plan.commands) };
    assert_eq!(
        *receipt,
        CommandPlan {
            name: "receipt".into(),
            run: ["shop", "a b", "--rows", "{n}"].map(String::from).into(),
            bins: vec!["helper".into()],
            stdin: Some("data/in.txt".into()),
            dir: Some("data".into()),
            env: [("A".to_owned(), "1".to_owned())].into(),
            timeout: Some(Duration::from_secs(120)),
            measure: BTreeSet::from([Measure::Heap, Measure::Leaks]),
            units: Some(1000),
            exit: 3,
        }
    );
    assert_eq!(receipt.run_of(4).last().map(String::as_str), Some("4000"));
    assert_eq!((plain.measure.len(), plain.exit, plain.run_of(2)), (4, 0, vec!["shop".to_owned()]));
}

#[test]
fn everything_wrong_with_commands_is_said_at_once() {
    check(
        "[[command]]\n[[command]]\nname = 'a'\nrun = 'a | b'\n[[command]]\nname = 'a'\nrun = []\nmesure = []\n",
        &[
            "1:1 this `[[command]]` has no `name` (add `name = \"import\"`)",
            "1:1 this `[[command]]` has no `run` (add `run = [\"shop-import\", \"data/large.csv\"]`)",
            "4:8 `run` holds `|`, which only a shell understands (write a list such as `[\"shop\", \"a b\"]`, or run a \
             shell: `[\"sh\", \"-c\", \"…\"]`)",
            "6:9 there is another command `a`",
            "7:7 `run` names no program",
            "8:1 unknown key `mesure` (did you mean `measure`?)",
        ],
    );
    check(
        "[[command]]\nname = ' a'\nrun = ['a', 1]\nstdin = '/etc/passwd'\ndir = '..'\ntimeout = 1\nexit = 256\n",
        &[
            "2:9 ` a` is no name: it begins or ends with a blank, or holds a control character",
            "3:13 an argument in `run` must be a string",
            "4:10 `stdin` must be relative to `perfbudget.toml`",
            "5:8 `dir` must not leave the folder of `perfbudget.toml`",
            "6:11 `timeout` must be a duration such as \"120 s\", not an integer",
            "7:8 `exit` must be from 0 to 255",
        ],
    );
    check(
        "[[command]]\nname = 'a'\nrun = 'a {n}'\nmeasure = ['heap', 'leak']\n[[command]]\nname = 'b'\nrun = 'b'\nn = 0\nmeasure = []",
        &[
            "3:8 `{n}` stands for a number that is not given (add `n = 1000`; the work of n, 2n and 4n tells what stays \
             on the heap)",
            "4:21 unknown measure `leak` (did you mean `leaks`?)",
            "8:1 `n` is given, and no argument of `run` holds `{n}` (write `{n}` for the argument that says how much \
             work to do)",
            "8:5 `n` must be from 1 to 1099511627776",
            "9:11 `measure` is empty, so that nothing is measured",
        ],
    );
    check("command = 1", &["1:11 `command` must be a list of tables, not an integer (write `[[command]]`)"]);
}
