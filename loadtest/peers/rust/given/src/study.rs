//! What the study's raw programs share: two constant answers, and a search in the head for which of them is wanted. The study had
//! a program for each; here the head's own words decide, so that wrk and ab can ask for either.

pub const KEPT: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nHello";
pub const CLOSED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nHello";
pub const HEAD_LIMIT: usize = 16 * 1024;

/// As in the study: byte by byte.
pub fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// ab speaks HTTP/1.0 and says Keep-Alive when it wants that.
pub fn wants_close(head: &[u8]) -> bool {
    if find(head, b" HTTP/1.1\r\n").is_some() {
        find(head, b"Connection: close").is_some()
    } else {
        find(head, b"Connection: Keep-Alive").is_none()
    }
}
