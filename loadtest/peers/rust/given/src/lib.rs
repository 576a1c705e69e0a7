//! What a peer is given: `PORT THREADS [FILE [MOST]]`, the products in the file, and a listener to share the port.

pub mod study;

use bytes::Bytes;
use std::collections::HashMap;
use std::fmt::Display;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::str::FromStr;

/// How many connections may wait to be accepted: as many as Troupe and the floor allow.
pub const BACKLOG: i32 = 4096;
/// Longer heads and bodies are refused by the peers that look for their ends themselves.
pub const REQUEST_LIMIT: usize = 16 * 1024;

/// Ends the program: a peer that cannot start must not be measured.
pub fn fail(what: impl Display) -> ! {
    eprintln!("peer: {what}");
    std::process::exit(1)
}

pub struct Given {
    pub port: u16,
    pub threads: usize,
    /// Where the products are, or where the payments go.
    pub path: Option<String>,
    /// How many payments may share a commit.
    pub most: usize,
}

impl Given {
    pub fn from_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if arguments.len() < 2 || arguments.len() > 4 {
            fail("expected PORT THREADS [FILE [MOST]]");
        }
        let threads = number(&arguments[1], "THREADS");
        if threads == 0 {
            fail("THREADS must be at least 1");
        }
        Self {
            port: number(&arguments[0], "PORT"),
            threads,
            path: arguments.get(2).cloned(),
            most: arguments.get(3).map_or(1, |most| number(most, "MOST")),
        }
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Never freed, so that handlers may refer to them for as long as the program runs.
    pub fn products(&self) -> &'static Products {
        Box::leak(Box::new(self.path.as_deref().map_or_else(Products::default, Products::read)))
    }

    /// A listener of its own for each thread: the kernel spreads the connections over them.
    pub fn shared_listener(&self) -> TcpListener {
        let listen = || {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
            socket.set_reuse_address(true)?;
            socket.set_reuse_port(true)?;
            // Inherited by the accepted sockets.
            socket.set_tcp_nodelay(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&self.address().into())?;
            defer_accept(&socket)?;
            socket.listen(BACKLOG)?;
            std::io::Result::Ok(socket.into())
        };
        listen().unwrap_or_else(|error| fail(format!("cannot listen on {}: {error}", self.address())))
    }
}

/// As Troupe and the floor: a connection is handed over with its first request, which spares a wake-up for each.
fn defer_accept(socket: &impl AsRawFd) -> std::io::Result<()> {
    let seconds: libc::c_int = 1;
    let size = size_of_val(&seconds) as libc::socklen_t;
    // SAFETY: the descriptor is open, and the kernel reads `size` bytes of the number that lives until the call returns.
    let failed = unsafe {
        let value = (&raw const seconds).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, value, size)
    };
    if failed == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

fn number<T: FromStr>(text: &str, name: &str) -> T {
    text.parse().unwrap_or_else(|_| fail(format!("{name} is not a number in range: {text}")))
}

pub struct Product {
    pub etag: String,
    pub json: Bytes,
}

/// The product pages by id, as the file has them: `id TAB entity-tag TAB JSON` on each line.
#[derive(Default)]
pub struct Products(HashMap<String, Product>);

impl Products {
    fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| fail(format!("{path}: {error}")));
        Self(
            text.lines()
                .map(|line| product(line).unwrap_or_else(|| fail(format!("{path}: bad line: {line}"))))
                .collect(),
        )
    }

    pub fn get(&self, id: &str) -> Option<&Product> {
        self.0.get(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Product)> {
        self.0.iter()
    }
}

fn product(line: &str) -> Option<(String, Product)> {
    let mut columns = line.splitn(3, '\t');
    let (id, etag, json) = (columns.next()?, columns.next()?, columns.next()?);
    Some((id.to_owned(), Product { etag: etag.to_owned(), json: Bytes::copy_from_slice(json.as_bytes()) }))
}
