"""Hostile clients, each a function that goes on until it is told to stop. They run in a process of their own, on loopback only.

Every attack is bounded: in connections, in rate, and by the event that ends it.
"""

import contextlib
import multiprocessing
import socket
import struct
import time

import connection

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: end with RST, so that no TIME_WAIT is left
READY_SECONDS = 60
STOP_SECONDS = 20


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


def slowloris(address, count, ready, stop):
    """Heads that never end: a byte every two seconds on each of many connections."""
    held = Held(address, count, b"GET /hello HTTP/1.1\r\nHost: h\r\nX: ")
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


def chunks(address, count, ready, stop):
    """Bodies of one-byte chunks with long extensions, sent as fast as they are taken."""
    flood = (b"1;" + b"e" * 250 + b"\r\na\r\n") * 200
    held = Held(address, count, b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    offsets = [0] * count
    ready.set()
    while not stop.wait(0.002):
        for number in range(count):
            before = held.links[number]
            link = held.refresh(number)
            if link is None:
                continue
            if link is not before:
                offsets[number] = 0
            with contextlib.suppress(OSError):
                offsets[number] = (offsets[number] + link.send(flood[offsets[number]:])) % len(flood)
    held.close()


def zero_window(address, count, ready, stop):
    """Clients that ask for much and take nothing: their windows are shut."""
    body = b"x" * 65536
    one = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n" + body
    links, offsets = [None] * count, [0] * count
    while not stop.wait(0.02):
        for number, link in enumerate(links):
            try:
                if link is None:
                    links[number], offsets[number] = link_to(address, number, 4096), 0
                else:
                    offsets[number] = (offsets[number] + link.send(one[offsets[number] :])) % len(one)
            except BlockingIOError:
                continue
            except OSError:  # its time to take an answer is over: the next one comes
                if link is not None:
                    link.close()
                links[number] = None
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
