//! Serves what the optimizer wrote as its manifest says, and at `/entry/NAME` a page of its own around a script of it: usage:
//! served FOLDER PORT

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use asset_optimizer::manifest::{Caching, File, Hint, Load, Manifest, NAME, Role};
use asset_optimizer::serve::{Root, address};
use axum::Router;
use axum::extract::{self, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;

/// What the server knows of the folder.
struct Site {
    manifest: Manifest,
    /// The files by the paths that they are asked for.
    served: HashMap<String, File>,
    root: Root,
}

impl Site {
    /// The site of a folder; one of which nothing is known where no optimizer wrote it.
    fn of(folder: &Path) -> Result<Site, Box<dyn std::error::Error>> {
        let manifest = match std::fs::read(folder.join(NAME)) {
            Ok(bytes) => Manifest::read(&bytes)?,
            Err(_) => Manifest::default(),
        };
        let served = manifest.files.iter().map(|file| (format!("/{}", file.name), file.clone())).collect();
        Ok(Site { manifest, served, root: Root::default() })
    }

    /// The tags of a script that a page loads, by its source name, and the `Link` header that names them in advance.
    fn entry(&self, source: &str) -> Option<(String, String)> {
        let entry = self.manifest.entry(source)?;
        // How a script is loaded is said by the pages that load it.
        let is_module = |load: &Load| load.file == entry.file && load.role == Role::Module;
        let is_module = self.manifest.pages.iter().any(|page| page.now.iter().any(is_module));
        let (mut tags, mut links) = (String::new(), Vec::new());
        for load in &entry.now {
            let file = self.manifest.file(load.file.as_str())?;
            // An address and a digest have no letter that means something between quotes.
            let (address, seal) = (address(&self.root, &file.name), seal(file));
            let (tag, link) = match load.role {
                _ if load.file == entry.file && !is_module => {
                    (format!("<script src=\"{address}\"{seal} defer></script>"), "preload; as=script")
                }
                _ if load.file == entry.file => {
                    (format!("<script type=\"module\" src=\"{address}\"{seal}></script>"), "modulepreload")
                }
                _ if load.hint == Some(Hint::ModulePreload) => (format!("<link rel=\"modulepreload\" href=\"{address}\"{seal}>"), "modulepreload"),
                Role::Style => (format!("<link rel=\"stylesheet\" href=\"{address}\"{seal}>"), "preload; as=style"),
                _ => continue,
            };
            tags.push_str(&tag);
            let seal = seal.replace(" integrity", "; integrity");
            links.push(format!("<{address}>; rel={link}{seal}"));
        }
        Some((tags, links.join(", ")))
    }
}

/// The digest of a file whose bytes never change under its name.
fn seal(file: &File) -> String {
    match file.caching {
        Caching::Immutable => format!(" integrity=\"{}\"", file.integrity),
        Caching::Revalidate => String::new(),
    }
}

/// A page around a script.
async fn page(State(site): State<Arc<Site>>, extract::Path(source): extract::Path<String>) -> Response {
    let Some((tags, links)) = site.entry(&source) else { return StatusCode::NOT_FOUND.into_response() };
    let page = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>An entry</title><link rel=\"icon\" href=\"data:,\">{tags}<body>"
    );
    ([(header::LINK, links)], Html(page)).into_response()
}

/// Says how long a file may be kept, and what it is where the file server takes it for something else.
async fn said(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
    let path = if path.ends_with('/') { path + "index.html" } else { path };
    let mut response = next.run(request).await;
    let (status, headers) = (response.status(), response.headers_mut());
    let is_there = status.is_success() || status == StatusCode::NOT_MODIFIED;
    let Some(file) = site.served.get(&path).filter(|_| is_there) else { return response };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(file.caching.header()));
    let is_said = |kind: &HeaderValue| kind.as_bytes().starts_with(file.media_type.as_bytes());
    if !headers.get(header::CONTENT_TYPE).is_none_or(is_said)
        && let Ok(kind) = HeaderValue::from_str(&file.media_type)
    {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    response
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".into());
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(0);
    let site = Arc::new(Site::of(Path::new(&folder))?);
    let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let router = Router::new()
        .route("/entry/{*source}", get(page))
        .fallback_service(files)
        .layer(from_fn_with_state(Arc::clone(&site), said))
        .with_state(site);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        axum::serve(listener, router).await
    })?;
    Ok(())
}
