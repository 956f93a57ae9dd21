//! Serves a folder and what was compressed beside its files: usage: served FOLDER PORT

use axum::Router;
use tower_http::services::ServeDir;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".into());
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(0);
    let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        axum::serve(listener, Router::new().fallback_service(files)).await
    })
}
