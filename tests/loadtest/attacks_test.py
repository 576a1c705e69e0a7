"""The attacks do what they are said to do, to a listener that notes what comes: the server that they are meant for is not needed."""

import contextlib
import select
import socket
import threading
import unittest
from unittest import mock

import loadtest_path  # noqa: F401
import attacks

PATIENCE = 20  # seconds that anything may take which happens at once on an idle machine


class Listener:
    """Takes connections of an attack while it goes on; each test says what becomes of them."""

    def __init__(self, attack, strength):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE)
        self._stop, self.ready = threading.Event(), threading.Event()
        address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self._attack = threading.Thread(target=attack, args=(address, strength, self.ready, self._stop))

    def __enter__(self):
        self._attack.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._attack.join(PATIENCE)
        self.socket.close()
        assert not self._attack.is_alive(), "an attack ends when it is told to"

    def accept(self):
        link, _ = self.socket.accept()
        link.settimeout(PATIENCE)
        return link


def read_until(link, length):
    received = b""
    while len(received) < length:
        piece = link.recv(1 << 20)
        assert piece, f"closed after {len(received)} of {length} bytes"
        received += piece
    return received


class Malformed(unittest.TestCase):
    def test_each_text_comes_on_a_connection_of_its_own_that_leaves_when_it_is_answered(self):
        said, links = [], []
        with Listener(attacks.malformed, 100_000) as listener, contextlib.ExitStack() as stack:
            for _ in range(attacks.VISITS_UNDER_WAY + 40):
                links.append(stack.enter_context(listener.accept()))
                said.append(links[-1].recv(65536))
                links[-1].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            with self.assertRaises(ConnectionResetError):
                links[0].recv(1)
        self.assertEqual(said, [attacks.MALFORMED[number % len(attacks.MALFORMED)] for number in range(len(said))])


class SlowBody(unittest.TestCase):
    def test_a_body_goes_on_by_single_bytes_and_another_comes_when_it_is_ended(self):
        with Listener(attacks.slow_body, 3) as listener, contextlib.ExitStack() as stack:
            links = [stack.enter_context(listener.accept()) for _ in range(3)]
            for link in links:
                head, _, body = read_until(link, 1).partition(b"\r\n\r\n")
                self.assertIn(b"Content-Length: 65536", head)
                self.assertEqual(body, b"x")
            self.assertTrue(listener.ready.wait(PATIENCE))
            self.assertEqual(links[0].recv(65536).strip(b"x"), b"", "it goes on")
            links[1].close()
            self.assertIn(b"POST /echo", stack.enter_context(listener.accept()).recv(65536))


class SlowDownload(unittest.TestCase):
    def test_much_is_asked_for_and_taken_a_little_at_a_time(self):
        with mock.patch.object(attacks, "TAKE_SECONDS", 0.01), Listener(attacks.slow_download, 2) as listener, contextlib.ExitStack() as stack:
            links = [stack.enter_context(listener.accept())]
            head, _, _ = read_until(links[0], attacks.DOWNLOAD).partition(b"\r\n\r\n")
            self.assertIn(b"Connection: close", head)
            links.append(stack.enter_context(listener.accept()))
            read_until(links[1], attacks.DOWNLOAD)
            link, sent = links[0], 0
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            link.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while sent < attacks.DOWNLOAD:
                    sent += link.send(b"x" * attacks.TAKEN)
            self.assertLess(sent, attacks.DOWNLOAD // 2, "it lets most of it wait")
            enough = sent + 8 * attacks.TAKEN
            while sent < enough:
                self.assertTrue(select.select([], [link], [], PATIENCE)[1], f"after {sent} bytes it takes no more")
                sent += link.send(b"x" * attacks.TAKEN)
            link.close()
            self.assertIn(b"POST /echo", stack.enter_context(listener.accept()).recv(65536), "the next one comes")


class ZeroWindow(unittest.TestCase):
    def test_it_is_built_up_once_the_server_takes_nothing_more_of_anyone(self):
        ready, links, passes = threading.Event(), [], 0

        def between_passes(_):
            nonlocal passes
            passes += 1
            with contextlib.suppress(BlockingIOError):
                while True:
                    links.append(stack.enter_context(server.accept()[0]))
                    links[-1].setblocking(False)
            if passes <= 30:  # the server reads all that has come
                self.assertFalse(ready.is_set())
                for link in links:
                    with contextlib.suppress(BlockingIOError):
                        while link.recv(1 << 20):
                            pass
            return ready.is_set() or passes > 5000

        with contextlib.ExitStack() as stack:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            server.setblocking(False)
            attacks.zero_window(f"127.0.0.1:{server.getsockname()[1]}", 2, ready, mock.Mock(wait=between_passes))
        self.assertEqual(len(links), 2)
        self.assertTrue(ready.is_set())
        self.assertGreater(passes, 30)


if __name__ == "__main__":
    unittest.main()
