//! Requests that can be cancelled, each with a part that can be, too.

use tokio_util::sync::CancellationToken;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    let mut cancelled = 0;
    for _ in 0..count {
        let request = CancellationToken::new();
        let part = request.child_token().child_token();
        request.cancel();
        cancelled += usize::from(part.is_cancelled());
    }
    println!("{cancelled}");
}
