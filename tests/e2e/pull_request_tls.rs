//! `comment` and a server with the certificate of a private authority.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::hub::Hub;
use crate::pull_request::Job;

/// Makes an authority `ca.pem`, and `leaf.pem` that it vouches for.
const CERTIFICATES: &str = "set -e
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=authority -days 2 -addext keyUsage=keyCertSign
openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf
echo subjectAltName=IP:127.0.0.1 > leaf.ext
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 2 -extfile leaf.ext
";

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that answers everything with a page of its own.
fn serve(folder: &Path) -> (Server, u16) {
    let made = Command::new("sh").args(["-c", CERTIFICATES]).current_dir(folder).output().expect("a shell starts");
    assert!(made.status.success(), "{made:?}");
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port is free");
    let child = Command::new("openssl")
        .args(["s_server", "-quiet", "-www", "-cert", "leaf.pem", "-key", "leaf.key", "-accept"])
        .arg(free.to_string())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl starts");
    let server = Server(child);
    let start = Instant::now();
    while TcpStream::connect(free).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "openssl does not listen");
        thread::sleep(Duration::from_millis(20));
    }
    (server, free.port())
}

#[test]
fn an_unknown_authority_is_an_error_that_names_the_way_out() {
    let mut job = Job::of_pull(&Hub::bare());
    let (_server, port) = serve(&job.root);
    job.set("GITHUB_API_URL", &format!("https://127.0.0.1:{port}"));
    job.comment(&[]).ends(0, &["warning: the comment is not posted", "certificate", "hint: ", "`SSL_CERT_FILE`"]);
    let authority = job.root.join("ca.pem").display().to_string();
    job.set("SSL_CERT_FILE", &authority);
    job.comment(&["--timeout", "20"]).ends(0, &["answered # with no JSON"]).never("SSL_CERT_FILE");
}
