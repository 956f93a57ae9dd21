//! Reads URLs and prints their hosts as a browser would show and send them.

use std::io::BufRead;

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match url::Url::parse(&line) {
            Ok(url) => println!("{} {}", url.host_str().unwrap_or("-"), url.path()),
            Err(why) => println!("{line}: {why}"),
        }
    }
}
