//! A socket on the loopback interface that one child process connects to and sends framed messages over.
#![expect(clippy::disallowed_methods, reason = "this is the door to sockets")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use super::process::{self, Finished, Program, Wait};
use crate::error::{Error, Result};

/// The longest message that is read.
const MESSAGE_BYTES_AT_MOST: usize = 1 << 20;

/// What the child said, in order.
#[derive(Debug)]
pub struct Conversation {
    /// The first bytes, of a fixed length; empty where the child did not connect.
    pub hello: Vec<u8>,
    /// The messages after it, each without its length.
    pub messages: Vec<Vec<u8>>,
    /// How the child ended.
    pub finished: Finished,
}

/// How to speak with the child.
pub struct Protocol<'a> {
    /// The variable that tells the child the port.
    pub port_variable: &'a str,
    /// What we say first.
    pub greeting: &'a [u8],
    /// How many bytes the child's own greeting has.
    pub hello_bytes: usize,
    /// Our answer to a message, if it expects one. Messages and answers stand behind their length, as a big-endian `u32`.
    pub answer: &'a (dyn Fn(&[u8]) -> Option<Vec<u8>> + Sync),
}

/// Runs a program that connects to us, and collects what it says. A child that never connects is not an error.
///
/// # Errors
/// Where no socket can be opened or the program cannot be run.
pub fn converse(mut program: Program, protocol: &Protocol<'_>) -> Result<Conversation> {
    let failed =
        |why: std::io::Error| Error::environment(format!("cannot open a socket on the loopback interface: {why}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port().to_string();
    let (process::Environment::Inherited(variables) | process::Environment::Only(variables)) = &mut program.env;
    variables.insert(protocol.port_variable.to_owned(), port);
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let listening = scope.spawn(|| {
            while !ended.load(std::sync::atomic::Ordering::SeqCst) {
                match listener.accept() {
                    Ok((stream, _)) => return talk(&stream, protocol),
                    Err(why) if why.kind() == ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(1)),
                    Err(_) => break,
                }
            }
            (Vec::new(), Vec::new())
        });
        let finished = process::run_while(&program, |_| Wait::On);
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
        let (hello, messages) = listening.join().unwrap_or_default();
        Ok(Conversation { hello, messages, finished: finished? })
    })
}

/// Reads until the child closes the connection; a broken message ends the conversation there.
fn talk(mut stream: &TcpStream, protocol: &Protocol<'_>) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut hello = vec![0; protocol.hello_bytes];
    let mut messages = Vec::new();
    let mut greet = || -> std::io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(600)))?;
        stream.set_nodelay(true)?;
        stream.write_all(protocol.greeting)?;
        acknowledge_at_once(stream);
        stream.read_exact(&mut hello)?;
        loop {
            let mut length = [0; 4];
            acknowledge_at_once(stream);
            stream.read_exact(&mut length)?;
            acknowledge_at_once(stream);
            let length = u32::from_be_bytes(length) as usize;
            if length > MESSAGE_BYTES_AT_MOST {
                return Ok(());
            }
            let mut message = vec![0; length];
            stream.read_exact(&mut message)?;
            if let Some(answer) = (protocol.answer)(&message) {
                let framed = [&(answer.len() as u32).to_be_bytes(), answer.as_slice()].concat();
                stream.write_all(&framed)?;
            }
            messages.push(message);
        }
    };
    // The child ends the conversation by closing its side, which arrives as an error here.
    let _ = greet();
    (hello, messages)
}

/// The child writes a message's length and the message apart, and the second waits for the first to be acknowledged, which
/// the system puts off for 40 ms: seconds for a hundred benchmarks. The wish holds for the next packet only.
#[cfg(target_os = "linux")]
fn acknowledge_at_once(stream: &TcpStream) {
    // Without it, it is only slower.
    let _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) {}
