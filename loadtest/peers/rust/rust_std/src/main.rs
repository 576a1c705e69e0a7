//! The study's Rust program without a runtime: an operating system thread for each connection, blocking reads, a constant.
//! THREADS means nothing to it.

use given::study::{CLOSED, HEAD_LIMIT, KEPT, find, wants_close};
use given::{Given, fail};
use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const STACK_SIZE: usize = 64 * 1024;

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
