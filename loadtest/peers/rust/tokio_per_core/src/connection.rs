//! One connection: reads into the thread's buffer, answers every whole request in it, and writes once.

use crate::answers::{Answers, Persistence};
use given::REQUEST_LIMIT;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{ErrorKind, Result};
use std::pin::Pin;
use std::rc::Rc;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

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

/// Answers the whole requests in `input`. Returns how much of it they took, and whether the connection goes on.
fn answer_all(input: &[u8], answers: &Answers, output: &mut Vec<u8>) -> (usize, bool) {
    let mut taken = 0;
    while taken < input.len() {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_LIMIT];
        let mut request = httparse::Request::new(&mut fields);
        let head = match request.parse(&input[taken..]) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) if input.len() - taken < REQUEST_LIMIT => break,
            _ => {
                answers.append_bad_request(output);
                return (taken, false);
            }
        };
        let Some(wish) = wish(&request) else {
            answers.append_bad_request(output);
            return (taken, false);
        };
        let Some(body) = input.get(taken + head..taken + head + wish.length) else { break };
        taken += head + wish.length;
        let (method, path) = (request.method.unwrap_or(""), request.path.unwrap_or(""));
        if method == "POST" && path == "/echo" {
            answers.append_echo(wish.kind, body, output, wish.persistence);
        } else {
            answers.append(method, path, output, wish.persistence);
        }
        if wish.persistence == Persistence::Closed {
            return (taken, false);
        }
    }
    (taken, true)
}

struct Wish<'a> {
    persistence: Persistence,
    length: usize,
    kind: &'a [u8],
}

/// None for a chunked or too long body.
fn wish<'a>(request: &httparse::Request<'_, 'a>) -> Option<Wish<'a>> {
    let (mut connection, mut length, mut kind) = ("", 0, &b""[..]);
    for field in request.headers.iter() {
        if field.name.eq_ignore_ascii_case("Connection") {
            connection = std::str::from_utf8(field.value).ok()?;
        } else if field.name.eq_ignore_ascii_case("Content-Length") {
            length = std::str::from_utf8(field.value).ok()?.parse().ok().filter(|size| *size <= REQUEST_LIMIT)?;
        } else if field.name.eq_ignore_ascii_case("Content-Type") {
            kind = field.value;
        } else if field.name.eq_ignore_ascii_case("Transfer-Encoding") {
            return None;
        }
    }
    let wants = |option: &str| connection.split(',').any(|part| part.trim().eq_ignore_ascii_case(option));
    let persistence = match request.version {
        Some(1) if !wants("close") => Persistence::Kept,
        Some(0) if wants("keep-alive") => Persistence::KeptAloud,
        _ => Persistence::Closed,
    };
    Some(Wish { persistence, length, kind })
}

/// Reads into the thread's buffer, which no other connection touches before the next wait. Not `readable` and `try_read`: this
/// knows that a read which did not fill the buffer has emptied the socket, and spares a second one that finds nothing.
async fn read(stream: &mut TcpStream, buffers: &RefCell<Buffers>) -> Result<usize> {
    poll_fn(|context| {
        let mut buffers = buffers.borrow_mut();
        let mut free = ReadBuf::new(&mut buffers.input);
        Pin::new(&mut *stream).poll_read(context, &mut free).map_ok(|()| free.filled().len())
    })
    .await
}

pub async fn serve(mut stream: TcpStream, answers: Rc<RefCell<Answers>>, buffers: Rc<RefCell<Buffers>>) -> Result<()> {
    let mut rest: Vec<u8> = Vec::new(); // An incomplete head, seldom.
    loop {
        let size = read(&mut stream, &buffers).await?;
        if size == 0 {
            return Ok(());
        }
        let (goes_on, unsent) = {
            let Buffers { input, output } = &mut *buffers.borrow_mut();
            output.clear();
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
