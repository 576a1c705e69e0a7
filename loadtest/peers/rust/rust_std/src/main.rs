//! The study's Rust program without a runtime: an operating system thread for each connection, blocking reads, a constant.
//! THREADS means nothing to it. As in tokio_study, the head's own words decide whether the connection ends.

use given::{Given, fail};
use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const KEPT: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nHello";
const CLOSED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nHello";
const HEAD_LIMIT: usize = 16 * 1024;
const STACK_SIZE: usize = 64 * 1024;

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn wants_close(head: &[u8]) -> bool {
    if find(head, b" HTTP/1.1\r\n").is_some() {
        find(head, b"Connection: close").is_some()
    } else {
        find(head, b"Connection: Keep-Alive").is_none()
    }
}

fn serve(mut stream: TcpStream) -> Result<()> {
    let mut buffer = [0; 512];
    let mut request: Vec<u8> = Vec::new();
    loop {
        let size = stream.read(&mut buffer)?;
        if size == 0 || request.len() > HEAD_LIMIT {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..size]);
        while let Some(end) = find(&request, b"\r\n\r\n") {
            let closes = wants_close(&request[..end + 2]);
            stream.write_all(if closes { CLOSED } else { KEPT })?;
            if closes {
                return Ok(());
            }
            request.drain(..end + 4);
        }
    }
}

fn main() {
    let given = Given::from_arguments();
    let listener = TcpListener::bind(given.address()).unwrap_or_else(|error| fail(error));
    for stream in listener.incoming().flatten() {
        // No thread for it: the connection is dropped, the others go on.
        let _ = thread::Builder::new().stack_size(STACK_SIZE).spawn(move || serve(stream));
    }
}
