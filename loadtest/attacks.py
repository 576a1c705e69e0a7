"""Hostile clients, each a function that goes on until it is told to stop. They run in a process of their own, on loopback only.

Every attack is bounded: in connections, in rate, and by the event that ends it.
"""

import collections
import contextlib
import itertools
import multiprocessing
import os
import socket
import ssl
import struct
import time
import zlib

import connection

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: end with RST, so that no TIME_WAIT is left
READY_SECONDS = 60
STOP_SECONDS = 20
VISITS_UNDER_WAY = 200
DOWNLOAD, TAKEN, TAKE_SECONDS = 512 * 1024, 2048, 0.1  # 20 KiB a second, which is enough not to be cut (`connections.write_timeout`)


MALFORMED = [
    b"GET /hello HTTP/1.1\nHost: h\n\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET /hello HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
    b"GET /hello HTTP/1.1\r\n" + b"".join(b"Field-%d: value\r\n" % number for number in range(60)) + b"No colon\r\n\r\n",
    b"GET /%2e%2e/%00 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nA: 1\r\n\r\n",
    b"GET /hello HTTP/3.0\r\nHost: h\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
]


def link_to(address, number=0, receive_buffer=None):
    link = socket.socket()
    if receive_buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    link.setsockopt(socket.IPPROTO_IP, connection.IP_BIND_ADDRESS_NO_PORT, 1)
    link.settimeout(5)
    try:
        link.bind((f"127.0.0.{2 + number // connection.CONNECTIONS_PER_SOURCE}", 0))
        link.connect(connection.host_and_port(address))
        link.setblocking(False)
    except OSError:
        link.close()
        raise
    return link


class Held:
    """Connections that are opened again when the server has ended them."""

    def __init__(self, address, count, first, receive_buffer=None):
        self._address, self._first, self._buffer = address, first, receive_buffer
        self.links = [None] * count

    def refresh(self, number):
        """A live connection at this place, or None when there is no getting one now."""
        link = self.links[number]
        if link is not None:
            try:
                link.recv(1)  # an answer, or the end: the server is done with this one
                link.close()
                link = None
            except BlockingIOError:
                return link
            except OSError:
                link.close()
                link = None
        if link is None:
            with contextlib.suppress(OSError):
                link = link_to(self._address, number, self._buffer)
                link.send(self._first)
        self.links[number] = link
        return link

    def close(self):
        for link in self.links:
            if link is not None:
                link.close()


def drip(address, count, ready, stop, first):
    """What never ends: `first`, and then a byte every two seconds, on each of many connections."""
    held = Held(address, count, first)
    began = time.monotonic()
    for number in range(count):
        held.refresh(number)
        if stop.is_set() or time.monotonic() > began + READY_SECONDS:
            break
    ready.set()
    turn = 0
    while not stop.wait(0.01):
        for number in range(turn, min(turn + max(1, count // 200), count)):
            link = held.refresh(number)
            if link is not None:
                with contextlib.suppress(OSError):
                    link.send(b"x")
        turn = turn + max(1, count // 200)
        turn = 0 if turn >= count else turn
    held.close()


def slowloris(address, count, ready, stop):
    """Heads that never end."""
    drip(address, count, ready, stop, b"GET /hello HTTP/1.1\r\nHost: h\r\nX: ")


def slow_body(address, count, ready, stop):
    """Bodies that never end, at a thousandth of the rate that a body must have (`connections.body_rate`)."""
    drip(address, count, ready, stop, b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\nx")


def storm(address, rate, ready, stop):
    """Connections that end as soon as they are made, every other one after a byte."""
    ready.set()
    made, began = 0, time.monotonic()
    while not stop.is_set():
        for _ in range(20):
            with contextlib.suppress(OSError):
                with link_to(address, made % connection.CONNECTIONS_PER_SOURCE) as link:
                    if made % 2:
                        link.send(b"G")
            made += 1
        ahead = began + made / rate - time.monotonic()
        if ahead > 0:
            stop.wait(ahead)


def flood(count, ready, stop, begin):
    """Connections that send as fast as it is taken. `begin(number)` opens one and gives it with the bytes that it sends again and
    again. What comes back is read and dropped; what ends begins anew."""
    links = [None] * count
    while not stop.wait(0.002):
        for number, current in enumerate(links):
            try:
                if current is None:
                    current = links[number] = [*begin(number), 0]
                link, again, offset = current
                with contextlib.suppress(BlockingIOError):
                    if not link.recv(1 << 20):
                        raise ConnectionResetError
                with contextlib.suppress(BlockingIOError):
                    current[2] = (offset + link.send(again[offset:])) % len(again)
            except OSError:
                if links[number] is not None:
                    links[number][0].close()
                links[number] = None
        ready.set()
    for current in links:
        if current is not None:
            current[0].close()


def plain_flood(address, count, ready, stop, first, again):
    """A flood of `again` on connections that begin with `first`."""
    again = memoryview(again)

    def begin(number):
        link = link_to(address, number)
        link.send(first)
        return link, again

    flood(count, ready, stop, begin)


def chunks(address, count, ready, stop):
    """Bodies of one-byte chunks with long extensions."""
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    plain_flood(address, count, ready, stop, head, (b"1;" + b"e" * 250 + b"\r\na\r\n") * 200)


def pipelined(address, count, ready, stop):
    """Requests without waiting for an answer."""
    one = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
    plain_flood(address, count, ready, stop, one, one * 4096)


def frame(first_byte, payload=b""):
    """A WebSocket frame of a client whose mask is 0, so that its payload is its own mask's. Source: RFC 6455 section 5.2."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size) if size < 65536 else struct.pack("!BQ", 0xFF, size)
    return bytes([first_byte]) + length + bytes(4) + payload


def upgrade(extensions=b""):
    return (
        b"GET /echo-ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + extensions + b"\r\n"
    )


def bombs(address, count, ready, stop):
    """Compressed WebSocket messages that grow as far as they may: many of 8 KiB, from 20 bytes each, and one of 900 KiB, just below a
    hundred times what it came as. The echo sends them back."""
    def deflated(message):
        how = zlib.compressobj(9, zlib.DEFLATED, -15)
        return (how.compress(message) + how.flush(zlib.Z_SYNC_FLUSH))[:-4]

    binary = 0x80 | 0x40 | 2
    small, large = deflated(bytes(8192)), deflated(os.urandom(10_000) + bytes(890_000))
    offer = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
    plain_flood(address, count, ready, stop, upgrade(offer), frame(binary, small) * 500 + frame(binary, large))


def pings(address, count, ready, stop):
    """WebSocket pings, empty and as long as they may be, each with its pong."""
    plain_flood(address, count, ready, stop, upgrade(), (frame(0x89) * 4 + frame(0x89, b"p" * 125)) * 400)


def fragments(address, count, ready, stop):
    """WebSocket messages in fragments of one byte and of none."""
    message = frame(1, b"a") + (frame(0, b"a") + frame(0)) * 4000 + frame(0x80, b"a")
    plain_flood(address, count, ready, stop, upgrade(), message)


def visits(address, rate, ready, stop, texts):
    """Connections that say one of the texts and leave once the server has answered."""
    ready.set()
    made, began, begun, said = 0, time.monotonic(), collections.deque(), itertools.cycle(texts)
    while not stop.is_set():
        for _ in range(20):
            with contextlib.suppress(OSError):
                link = link_to(address, made % connection.CONNECTIONS_PER_SOURCE)
                begun.append(link)
                link.send(next(said))
            made += 1
        while len(begun) > VISITS_UNDER_WAY:
            link = begun.popleft()
            link.settimeout(1)  # it may not have had its turn: nobody is hurt by one that leaves before
            with contextlib.suppress(OSError):
                link.recv(1)
            link.close()
        ahead = began + made / rate - time.monotonic()
        if ahead > 0:
            stop.wait(ahead)
    for link in begun:
        link.close()


def malformed(address, rate, ready, stop):
    """Requests that are none, each on a connection of its own, as all are closed after the refusal."""
    visits(address, rate, ready, stop, MALFORMED)


def handshakes(address, rate, ready, stop):
    """TLS connections that say hello and leave once the server has signed: the same bytes each time, so they cost the client next to nothing."""
    out = ssl.MemoryBIO()
    talk = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        talk.do_handshake()
    visits(address, rate, ready, stop, [out.read()])


def records(address, count, ready, stop):
    """TLS sessions that send a body in records of one byte, made before they are sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    body = 20_000

    def begin(number):
        link = link_to(address, number)
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(into, out)
        link.settimeout(5)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                link.sendall(out.read())
                into.write(link.recv(65536))
        tls.write(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % body)
        for _ in range(body):
            tls.write(b"x")
        link.setblocking(False)
        return link, memoryview(out.read())

    flood(count, ready, stop, begin)


def zero_window(address, count, ready, stop):
    """Clients that ask for much and take nothing: their windows are shut."""
    body = b"x" * 65536
    one = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n" + body
    links, offsets = [None] * count, [0] * count
    while not stop.wait(0.02):
        shut = 0
        for number, link in enumerate(links):
            try:
                if link is None:
                    links[number], offsets[number] = link_to(address, number, 4096), 0
                else:
                    offsets[number] = (offsets[number] + link.send(one[offsets[number] :])) % len(one)
            except BlockingIOError:
                shut += 1
            except OSError:  # its time to take an answer is over: the next one comes
                if link is not None:
                    link.close()
                links[number] = None
        if shut == count:
            ready.set()
    for link in links:
        if link is not None:
            link.close()


def slow_download(address, count, ready, stop):
    """Clients that ask for much and take it a little at a time."""
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % DOWNLOAD
    one = head + b"x" * DOWNLOAD
    links = [None] * count
    while not stop.wait(TAKE_SECONDS):
        asking = links.count(None)
        for number, link in enumerate(links):
            try:
                if link is None:
                    link = links[number] = link_to(address, number, 16 * TAKEN)
                    link.settimeout(5)
                    link.sendall(one)
                    link.setblocking(False)
                elif not link.recv(TAKEN):
                    raise ConnectionResetError  # that was all: the next one comes
            except BlockingIOError:
                continue
            except OSError:
                if link is not None:
                    link.close()
                links[number] = None
        if not asking:  # what comes now is taken only
            ready.set()
    for link in links:
        if link is not None:
            link.close()


@contextlib.contextmanager
def under(attack, address, strength):
    """The attack goes on while the context lasts; it has built itself up when the context begins."""
    context = multiprocessing.get_context("fork")
    ready, stop = context.Event(), context.Event()
    process = context.Process(target=attack, args=(address, strength, ready, stop), daemon=True)
    process.start()
    try:
        ready.wait(READY_SECONDS + 10)
        yield
    finally:
        stop.set()
        process.join(STOP_SECONDS)
        if process.is_alive():
            process.terminate()
            process.join()
