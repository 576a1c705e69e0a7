"""HTTP over raw sockets: the exact bytes of one answer, and many connections held open."""

import resource
import select
import socket

from failure import Failure

TIMEOUT_SECONDS = 10
ANSWER_LIMIT = 1 << 20
MOST_DESCRIPTORS = 1 << 20  # As good as no limit.
# A source address has about 28,000 ports here; a few thousand each leave room for those in TIME_WAIT.
CONNECTIONS_PER_SOURCE = 8000
IP_BIND_ADDRESS_NO_PORT = 24  # Not in Python's socket module before 3.12.


def host_and_port(address):
    host, _, port = address.rpartition(":")
    return host, int(port)


def get_request(address, path, close=False):
    """The bytes that wrk sends for the same request."""
    connection = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: {address}\r\n{connection}\r\n".encode()


def post_request(address, path, body, close=False):
    """The bytes that wrk sends for a POST of JSON, in some order of its fields."""
    connection = "Connection: close\r\n" if close else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{connection}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def read_answer(link, what):
    """One whole answer with a Content-Length, as raw bytes, and its status."""
    received = b""
    while True:
        head, separator, body = received.partition(b"\r\n\r\n")
        if separator:
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
            try:
                length = int(fields[b"content-length"])
                status = int(head.split(b" ", 2)[1])
            except (KeyError, ValueError, IndexError):
                raise Failure(
                    f"{what} gave an answer without a status or Content-Length: {head[:200]!r}"
                ) from None
            if len(body) > length:
                raise Failure(f"{what} gave {len(body) - length} bytes more than one answer")
            if len(body) == length:
                return received, status
        if len(received) > ANSWER_LIMIT:
            raise Failure(f"{what} gave an answer of more than {ANSWER_LIMIT} bytes")
        piece = link.recv(65536)
        if not piece:
            raise Failure(f"{what} closed the connection after {len(received)} bytes of its answer")
        received += piece


def exchange(address, request, what):
    """Sends one request on a connection of its own; the answer's raw bytes and status."""
    try:
        with socket.create_connection(host_and_port(address), TIMEOUT_SECONDS) as link:
            link.sendall(request)
            return read_answer(link, what)
    except OSError as error:
        raise Failure(f"{what} at {address} did not answer: {error}") from None


def fetch(address, path, close=False):
    """The raw bytes of a 200 answer, head included. With `close` the server must also end the connection."""
    return ask(address, get_request(address, path, close), f"GET {path}", close)


def ask(address, request, what, close=False):
    """Sends these bytes on a connection of its own; as `fetch` for the rest."""
    try:
        with socket.create_connection(host_and_port(address), TIMEOUT_SECONDS) as link:
            link.sendall(request)
            answer, status = read_answer(link, what)
            if status != 200:
                raise Failure(f"{what} answered {status} instead of 200: {answer[:300]!r}")
            if close and link.recv(1):
                raise Failure(f"{what} with Connection: close gave bytes after its answer")
            return answer
    except OSError as error:
        raise Failure(f"{what} at {address} did not answer, or did not close: {error}") from None


def raise_descriptor_limit(needed):
    """Lifts the soft limit to the hard one, for this process and the servers it starts; the limit. Failure: less than `needed`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Failure(
            f"{needed} descriptors are needed but the hard limit is {hard}: "
            "raise it (ulimit -Hn), or ask for fewer connections"
        )
    return MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard


class Held:
    """Keep-alive connections that have each done one GET and stay open; the context's end closes them."""

    def __init__(self, address, path):
        self._address = address
        self._request = get_request(address, path)
        self._path = path
        self._links = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for link in self._links:
            link.close()
        self._links = []

    def open_until(self, count):
        """Opens connections one after the other until `count` are held."""
        while len(self._links) < count:
            number = len(self._links)
            link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._links.append(link)
            link.settimeout(TIMEOUT_SECONDS)
            link.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            try:
                link.bind((f"127.0.0.{1 + number // CONNECTIONS_PER_SOURCE}", 0))
                link.connect(host_and_port(self._address))
                link.sendall(self._request)
                _, status = read_answer(link, f"GET {self._path} on connection {number + 1}")
            except OSError as error:
                raise Failure(f"connection {number + 1} of {count} failed: {error}") from None
            if status != 200:
                raise Failure(
                    f"GET {self._path} on connection {number + 1} of {count} answered {status} instead of 200"
                )

    def ended(self):
        """How many of them the server has closed or written to since."""
        poll = select.poll()
        for link in self._links:
            poll.register(link, select.POLLIN)
        return len(poll.poll(0))
