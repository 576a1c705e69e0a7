//! Whole answers, prepared once but for the Date.

use given::Products;
use std::collections::HashMap;
use std::time::SystemTime;

const DATE_SIZE: usize = 29; // RFC 9110, section 5.6.7: an IMF-fixdate.
const HEAD: &str = "HTTP/1.1 ";
const ECHO: &str = "HTTP/1.1 200 OK\r\nDate: ";

/// The bytes before, from and after where the Connection field stands.
struct Answer {
    head: Vec<u8>,
    body: Vec<u8>,
    date: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// HTTP/1.1: nothing to be said.
    Kept,
    /// HTTP/1.0: the client must be told.
    KeptAloud,
    Closed,
}

impl Persistence {
    fn field(self) -> &'static [u8] {
        match self {
            Self::Kept => b"\r\n",
            Self::KeptAloud => b"Connection: keep-alive\r\n\r\n",
            Self::Closed => b"Connection: close\r\n\r\n",
        }
    }
}

impl Answer {
    fn new(status: &str, fields: &str, body: &[u8]) -> Self {
        let start = format!("{HEAD}{status}\r\nDate: ");
        let blank = " ".repeat(DATE_SIZE);
        let head = format!("{start}{blank}\r\n{fields}Content-Length: {}\r\n", body.len());
        Self { head: head.into_bytes(), body: body.to_vec(), date: start.len() }
    }

    fn append(&self, out: &mut Vec<u8>, persistence: Persistence) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(persistence.field());
        out.extend_from_slice(&self.body);
    }
}

fn append_number(mut number: usize, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

pub struct Answers {
    hello: Answer,
    products: HashMap<&'static str, Answer>,
    echo: Vec<u8>,
    not_found: Answer,
    not_allowed: Answer,
    bad_request: Answer,
}

impl Answers {
    pub fn new(products: &'static Products) -> Self {
        let page = |etag: &str, json: &[u8]| {
            Answer::new("200 OK", &format!("Content-Type: application/json\r\nETag: {etag}\r\n"), json)
        };
        let mut answers = Self {
            hello: Answer::new("200 OK", "Content-Type: text/plain\r\n", b"Hello"),
            products: products.iter().map(|(id, p)| (id.as_str(), page(&p.etag, &p.json))).collect(),
            echo: format!("{ECHO}{}\r\n", " ".repeat(DATE_SIZE)).into_bytes(),
            not_found: Answer::new("404 Not Found", "", b""),
            not_allowed: Answer::new("405 Method Not Allowed", "Allow: GET\r\n", b""),
            bad_request: Answer::new("400 Bad Request", "", b""),
        };
        answers.set_date();
        answers
    }

    pub fn set_date(&mut self) {
        let now = httpdate::fmt_http_date(SystemTime::now());
        let fixed = [&mut self.hello, &mut self.not_found, &mut self.not_allowed, &mut self.bad_request];
        for answer in fixed.into_iter().chain(self.products.values_mut()) {
            answer.head[answer.date..answer.date + DATE_SIZE].copy_from_slice(now.as_bytes());
        }
        self.echo[ECHO.len()..ECHO.len() + DATE_SIZE].copy_from_slice(now.as_bytes());
    }

    pub fn append(&self, method: &str, path: &str, out: &mut Vec<u8>, persistence: Persistence) {
        let page = || path.strip_prefix("/v1/products/").and_then(|id| self.products.get(id));
        let answer = if method != "GET" {
            &self.not_allowed
        } else if path == "/hello" {
            &self.hello
        } else {
            page().unwrap_or(&self.not_found)
        };
        answer.append(out, persistence);
    }

    /// The request's body and its type, as they came.
    pub fn append_echo(&self, kind: &[u8], body: &[u8], out: &mut Vec<u8>, persistence: Persistence) {
        out.extend_from_slice(&self.echo);
        if !kind.is_empty() {
            out.extend_from_slice(b"Content-Type: ");
            out.extend_from_slice(kind);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"Content-Length: ");
        append_number(body.len(), out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(persistence.field());
        out.extend_from_slice(body);
    }

    pub fn append_bad_request(&self, out: &mut Vec<u8>) {
        self.bad_request.append(out, Persistence::Closed);
    }
}
