//! Work that blocks, handed to the runtime's own threads without keeping a handle to it, as a server does with its log.

use std::sync::mpsc;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (done, ended) = mpsc::channel();
    let sum: usize = runtime.block_on(async {
        let mut sum = 0;
        for number in 0..count {
            let done = done.clone();
            drop(tokio::task::spawn_blocking(move || done.send(number).expect("somebody waits")));
            sum += ended.recv().expect("it does not panic");
        }
        sum
    });
    println!("{sum}");
}
