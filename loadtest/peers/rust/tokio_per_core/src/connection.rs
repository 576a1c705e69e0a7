//! One connection: reads into the thread's buffer, answers every whole head in it, and writes once.

use crate::answers::{Answers, Persistence};
use std::cell::RefCell;
use std::io::{ErrorKind, Result};
use std::rc::Rc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const HEAD_LIMIT: usize = 16 * 1024;
const FIELDS_LIMIT: usize = 64;

/// Borrowed between two waits only, so one of each serves a thread's connections: a silent one holds no buffer.
pub struct Buffers {
    input: Box<[u8]>,
    output: Vec<u8>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { input: vec![0; 64 * 1024].into(), output: Vec::with_capacity(64 * 1024) }
    }
}

/// Answers the whole heads in `input`. Returns how much of it they took, and whether the connection goes on.
fn answer_all(input: &[u8], answers: &Answers, output: &mut Vec<u8>) -> (usize, bool) {
    let mut taken = 0;
    while taken < input.len() {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_LIMIT];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(&input[taken..]) {
            Ok(httparse::Status::Complete(size)) => taken += size,
            Ok(httparse::Status::Partial) if input.len() - taken < HEAD_LIMIT => break,
            _ => {
                answers.append_bad_request(output);
                return (taken, false);
            }
        }
        let Some(persistence) = persistence(&request) else {
            answers.append_bad_request(output);
            return (taken, false);
        };
        answers.append(request.method.unwrap_or(""), request.path.unwrap_or(""), output, persistence);
        if persistence == Persistence::Closed {
            return (taken, false);
        }
    }
    (taken, true)
}

/// None for a request with a body, which no route here takes.
fn persistence(request: &httparse::Request) -> Option<Persistence> {
    let mut wish = "";
    for field in request.headers.iter() {
        if field.name.eq_ignore_ascii_case("Connection") {
            wish = std::str::from_utf8(field.value).ok()?;
        } else if field.name.eq_ignore_ascii_case("Transfer-Encoding")
            || (field.name.eq_ignore_ascii_case("Content-Length") && field.value != b"0")
        {
            return None;
        }
    }
    let wants = |option: &str| wish.split(',').any(|part| part.trim().eq_ignore_ascii_case(option));
    Some(match request.version {
        Some(1) if !wants("close") => Persistence::Kept,
        Some(0) if wants("keep-alive") => Persistence::KeptAloud,
        _ => Persistence::Closed,
    })
}

pub async fn serve(mut stream: TcpStream, answers: Rc<RefCell<Answers>>, buffers: Rc<RefCell<Buffers>>) -> Result<()> {
    let mut rest: Vec<u8> = Vec::new(); // An incomplete head, seldom.
    loop {
        stream.readable().await?;
        let (goes_on, unsent) = {
            let Buffers { input, output } = &mut *buffers.borrow_mut();
            output.clear();
            let size = match stream.try_read(input) {
                Ok(0) => return Ok(()),
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            };
            let answers = answers.borrow();
            let goes_on = if rest.is_empty() {
                let (taken, goes_on) = answer_all(&input[..size], &answers, output);
                rest.extend_from_slice(&input[taken..size]);
                goes_on
            } else {
                rest.extend_from_slice(&input[..size]);
                let (taken, goes_on) = answer_all(&rest, &answers, output);
                rest.drain(..taken);
                goes_on
            };
            if rest.is_empty() {
                rest = Vec::new();
            }
            let sent = match stream.try_write(output) {
                Ok(sent) => sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            (goes_on, if sent < output.len() { output[sent..].to_vec() } else { Vec::new() })
        };
        if !unsent.is_empty() {
            stream.write_all(&unsent).await?;
        }
        if !goes_on {
            return Ok(());
        }
    }
}
