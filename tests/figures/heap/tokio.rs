//! Work that blocks, on threads of the runtime's own, one piece after the other.

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let sum: usize = runtime.block_on(async {
        let mut sum = 0;
        for number in 0..count {
            sum += tokio::task::spawn_blocking(move || number).await.expect("it does not panic");
        }
        sum
    });
    println!("{sum}");
}
