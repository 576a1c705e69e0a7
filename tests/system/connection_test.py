"""How connections begin, wait, break and end. Numbers C-n are those of the catalogue of bad inputs."""
import contextlib
import errno
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

from troupe_process import BINARY, PATIENCE, SharedServerTest, SystemTest, environment, key, payment, request, run_troupe, wait_until

HELLO = request("GET", "/hello")


def may_unshare():
    return shutil.which("unshare") is not None and subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


def reset(connection):
    """Ends the connection with RST instead of FIN."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def echo(text):
    return request("POST", "/echo", text.encode())


class Ends(SharedServerTest):
    def payments(self):
        return self.server.balance()["payments"]["count"]

    def wait_until_alone(self, descriptors):
        wait_until(lambda: self.server.open_descriptors() <= descriptors, "the server lets go of ended connections")

    def test_c65_a_half_close_after_whole_requests_is_answered_in_full(self):
        """C-65."""
        body = b"x" * 300_000
        with self.server.connect(receive_buffer=4096) as c:
            c.send(request("POST", "/echo", body) + HELLO)
            c.finish_sending()
            self.assertEqual([c.read().body, c.read().body], [body, b"Hello"])
            self.assertTrue(c.is_closed_by_server())

    def test_c65_a_half_close_is_answered_by_services_too(self):
        """C-65."""
        with self.server.connect() as c:
            c.send(request("POST", "/v1/payments", payment("half", 1), key("half-close")))
            c.finish_sending()
            self.assertEqual(c.read().status, 201)
            self.assertTrue(c.is_closed_by_server())

    def test_c66_a_reset_in_the_middle_of_a_payment_executes_nothing(self):
        """C-66."""
        before, descriptors = self.payments(), self.server.open_descriptors()
        whole = request("POST", "/v1/payments", payment("reset", 1), key("reset-mid"))
        for at in (10, len(whole) // 2, len(whole) - 1):
            c = self.server.connect()
            c.send(whole[:at])
            c.wait_until_read()
            reset(c)
        self.wait_until_alone(descriptors)
        self.assertEqual(self.payments(), before)
        self.assertEqual(self.server.ask("POST", "/v1/payments", payment("reset", 1), key("reset-mid")).status, 201)
        self.assertEqual(self.payments(), before + 1)

    def test_c66_a_payment_stands_when_its_client_is_gone_before_the_answer(self):
        """C-66."""
        before = self.payments()
        for number in range(10):
            c = self.server.connect()
            c.send(request("POST", "/v1/payments", payment("gone", 5), key(f"gone-{number}")))
            c.wait_until_read()
            reset(c)
        wait_until(lambda: self.payments() == before + 10, "what was asked completely is done")
        for number in range(10):
            again = self.server.ask("POST", "/v1/payments", payment("gone", 5), key(f"gone-{number}"))
            self.assertEqual(again.status, 201)
        self.assertEqual(self.payments(), before + 10)

    def test_c66_a_reset_while_an_answer_is_being_sent_harms_nobody(self):
        """C-66."""
        descriptors = self.server.open_descriptors()
        with self.server.connect() as served:
            for _ in range(10):
                c = self.server.connect(receive_buffer=4096)
                c.send(request("POST", "/echo", b"x" * 1_000_000))
                self.assertTrue(c.socket.recv(1))
                reset(c)
                self.assertEqual(served.ask("GET", "/hello").body, b"Hello")
        self.wait_until_alone(descriptors)

    def test_c67_a_reset_before_the_first_read_is_survived(self):
        """C-67."""
        descriptors = self.server.open_descriptors()
        for sent in (b"", b"G", HELLO):
            for _ in range(50):
                c = self.server.connect()
                c.send(sent)
                reset(c)
        self.assertEqual(self.server.ask("GET", "/hello").body, b"Hello")
        self.wait_until_alone(descriptors)

    def test_c65_what_was_asked_whole_before_the_end_is_answered_and_what_was_not_is_not_waited_for(self):
        """C-65."""
        server = self.serve("connections.head_timeout=10m", "connections.body_timeout=10m")
        for rest in (b"GET /hel", b"GET /hello HTTP/1.1\r\nHost: h\r\n", b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab",
                     b"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"):
            for whole in (0, 1, 31, 32, 33, 64, 100):
                with self.subTest(rest=rest, whole=whole), contextlib.ExitStack() as stack:
                    clients = [stack.enter_context(server.connect()) for _ in range(10)]
                    for c in clients:
                        c.send(HELLO * whole + rest)
                        c.finish_sending()
                    for c in clients:
                        statuses = re.findall(rb"HTTP/1\.1 (\d+)", c.read_to_end())
                        self.assertEqual([s for s in statuses if s != b"100"], [b"200"] * whole)

    def test_c68_a_thousand_requests_in_one_packet_are_answered_in_order(self):
        """C-68."""
        with self.server.connect() as c:
            c.send(b"".join(echo(str(i)) for i in range(1000)))
            for i in range(1000):
                self.assertEqual(c.read().body, str(i).encode())

    def test_c75_a_storm_of_connections_disturbs_nobody_who_is_there(self):
        """C-75."""
        storms, connections, at_least = 20, 450, 10
        descriptors, stop, served = self.server.open_descriptors(), threading.Event(), []
        before = self.counts()

        def ask():
            with self.server.connect() as c:
                while not stop.is_set():
                    served.append(c.ask("GET", "/hello").status)

        def go_on():
            """The one who was there is answered a number of times while the storm's connections are held as they are."""
            enough = len(served) + at_least
            wait_until(lambda: len(served) >= enough, "who was there is served on")

        client = threading.Thread(target=ask)
        client.start()
        try:
            for _ in range(storms):
                self.connect_at_once(connections, go_on)
        finally:
            stop.set()
            client.join(PATIENCE)
        self.assertFalse(client.is_alive())
        self.assertGreaterEqual(len(served), storms * 2 * at_least)
        self.assertEqual(set(served), {200})
        self.wait_until_alone(descriptors)
        opened, failed, answers = (now - then for now, then in zip(self.counts(), before))
        # Those that said nothing may have gone before they were accepted; nobody else was turned away, and nothing was done twice.
        self.assertTrue(storms * connections * 2 // 3 + 1 <= opened <= storms * connections + 1, opened)
        self.assertEqual(failed, 0)
        self.assertEqual(answers, len(served) + storms * connections // 3)
        for gauge in ("troupe_http_sessions", "troupe_http_pool_in_use"):
            wait_until(lambda name=gauge: self.server.metric(name, listener="public") == 0, f"{gauge} is back at 0")
        self.assertEqual(self.server.ask("GET", "/hello").body, b"Hello")

    def counts(self):
        """Connections accepted, accepts that failed, and answers to GET /hello."""
        return (self.server.metric("troupe_http_sessions_opened_total", listener="public"),
                self.server.metric("troupe_http_accept_failures_total", listener="public"),
                self.server.metric("troupe_http_requests_total", listener="public", route="/hello", status="200"))

    def connect_at_once(self, count, go_on):
        """All connects are under way before the first connection is used. A third is reset without a byte, a third after one, and a third is answered.
        Calls `go_on` while all wait, and while the last third has asked and takes nothing."""
        with contextlib.ExitStack() as stack:
            links = [stack.enter_context(socket.socket()) for _ in range(count)]
            for link in links:
                link.setblocking(False)
                self.assertIn(link.connect_ex(self.server.address), (0, errno.EINPROGRESS))
            go_on()
            for number, link in enumerate(links):
                self.assertTrue(select.select([], [link], [], PATIENCE)[1], "it is connected")
                link.settimeout(PATIENCE)
                if number % 3:
                    link.sendall(b"GET"[:number % 3 - 1])
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    link.close()
                else:
                    link.sendall(request("GET", "/hello", None, {"Connection": "close"}))
            go_on()
            for link in links[::3]:
                answer = b""
                while piece := link.recv(65536):
                    answer += piece
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"Hello"), answer)


class Limits(SystemTest):
    def test_c74_the_last_request_of_a_session_announces_the_close(self):
        """C-74."""
        most = 1000
        server = self.serve(f"connections.requests_per_session={most}")
        for packed in (False, True):
            with self.subTest(packed=packed), server.connect() as c:
                if packed:
                    c.send(HELLO * (most + 3))
                closes = []
                for _ in range(most):
                    if not packed:
                        c.send(HELLO)
                    answer = c.read()
                    self.assertEqual(answer.body, b"Hello")
                    closes.append(answer.announces_close())
                self.assertEqual(closes, [False] * (most - 1) + [True])
                self.assertTrue(c.is_closed_by_server())

    def test_c68_a_session_is_not_read_beyond_its_depth(self):
        """C-68."""
        # With a depth of one each request is begun when the one before is answered, so a hundred never exceed two in flight.
        server = self.serve("connections.pipeline_depth=1", "connections.in_flight=1", "connections.actors=1")
        with server.connect() as c:
            c.send(b"".join(echo(str(i)) for i in range(100)))
            for i in range(100):
                answer = c.read()
                self.assertEqual((answer.status, answer.body), (200, str(i).encode()))

    def test_c68_of_a_flood_of_requests_no_more_is_held_than_a_read_brings(self):
        """C-68."""
        server = self.serve("connections.actors=1")
        count, got, most = 150_000, 0, 0.0
        left = memoryview(HELLO * count)
        with server.connect() as c:
            c.send(HELLO)
            answer = len(c.receive_through(b"\r\n\r\nHello"))
            c.socket.setblocking(False)
            turns = 0
            while got < answer * count:
                readable, writable, _ = select.select([c.socket], [c.socket] if left else [], [], PATIENCE)
                self.assertTrue(readable or writable, f"{got} of {answer * count} bytes of answers have come")
                if writable:
                    left = left[c.socket.send(left):]
                if readable:
                    piece = c.socket.recv(262_144)
                    self.assertTrue(piece, "closed")
                    got += len(piece)
                turns += 1
                if turns % 20 == 0:
                    most = max(most, server.metric("troupe_http_held_request_bytes", listener="public"))
        self.assertGreater(most, 0)
        self.assertLess(most, 128 * 1024)

    def test_a_session_that_was_read_to_the_last_byte_has_the_time_of_an_idle_one(self):
        # A receive that fills its buffer (4 KiB of io_uring's, 64 KiB of epoll's) says that more may be there, and nothing is.
        server = self.serve("connections.head_timeout=300ms", "connections.idle_timeout=60s", "connections.actors=1")
        one = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
        for size in (4096, 65536):
            with self.subTest(size), server.connect() as c:
                c.send(one * (size // len(one)))
                for _ in range(size // len(one)):
                    self.assertEqual(c.read().body, b"Hello")
                c.socket.settimeout(1)
                with self.assertRaises(TimeoutError):
                    c.read()
                c.socket.settimeout(PATIENCE)
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")

    def test_requests_beyond_those_in_flight_get_503_and_the_session_stays(self):
        server = self.serve("connections.pipeline_depth=32", "connections.in_flight=1", "connections.actors=1")
        with server.connect() as c:
            c.send(b"".join(echo(str(i)) for i in range(32)))
            answers = [c.read() for _ in range(32)]
            self.assertEqual({a.status for a in answers}, {200, 503})
            for number, answer in enumerate(answers):
                self.assertFalse(answer.announces_close())
                if answer.status == 200:
                    self.assertEqual(answer.body, str(number).encode())
                else:
                    self.assert_problem(answer, 503)
                    self.assertEqual(answer.field("Retry-After"), "1")
            self.assertEqual(c.ask("GET", "/hello").body, b"Hello")

    def test_incomplete_requests_beyond_what_is_held_get_503(self):
        # A buffer grows by doubling, from what came first: it has between once and twice the bytes it holds. So the first request
        # always has a place, to its end, and the second never has one beside it.
        server = self.serve("connections.held_bytes=1000KiB", "connections.actors=1")
        with contextlib.ExitStack() as stack:
            held = stack.enter_context(server.connect())
            held.send(request("POST", "/echo", None, {"Content-Length": 400_000}) + b"x" * 300_000)
            held.wait_until_read()
            refused = stack.enter_context(server.connect())
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                refused.send(request("POST", "/echo", None, {"Content-Length": 1_000_000}) + b"x" * 900_000)
            self.assert_problem(refused.read(), 503)
            self.assertTrue(refused.is_closed_by_server())
            self.assertEqual(server.ask("GET", "/hello").body, b"Hello", "who asks whole requests is served")
            held.send(b"x" * 100_000)
            self.assertEqual(held.read().body, b"x" * 400_000)

    def test_heads_that_grow_beyond_what_is_held_get_503(self):
        server = self.serve("connections.held_bytes=100KiB", "connections.actors=1", "connections.head_timeout=60s")
        with contextlib.ExitStack() as stack:
            growing = [stack.enter_context(server.connect()) for _ in range(20)]
            for c in growing:
                c.send(b"G")
                c.wait_until_read()
            for c in growing:
                c.send(b"ET /hello HTTP/1.1\r\nHost: h\r\n" + b"A: " + b"a" * 4000 + b"\r\nB: " + b"b" * 4000)
                c.wait_until_read()
            for c in growing[12:15]:  # beyond them there is a place again, which the refused have left
                self.assert_problem(c.read(), 503)
                self.assertTrue(c.is_closed_by_server())
            self.assertEqual(server.ask("GET", "/hello").body, b"Hello", "who asks whole requests is served")
            for c in growing[:8]:
                c.send(b"\r\n\r\n")
                self.assertEqual(c.read().body, b"Hello", "and who had a place is too")

    def test_c75_sessions_beyond_the_limit_wait_for_a_place(self):
        """C-75."""
        server = self.serve("connections.sessions=4", "connections.actors=1")
        with contextlib.ExitStack() as stack:
            served = [stack.enter_context(server.connect()) for _ in range(4)]
            for c in served:
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
            descriptors = server.open_descriptors()
            waiting = [stack.enter_context(server.connect()) for _ in range(12)]  # four times the limit in all
            for c in waiting:
                c.send(HELLO)
            for _ in range(100):
                for c in served:
                    self.assertEqual(c.ask("GET", "/hello").body, b"Hello", "those who are there are served on")
            self.assert_have_nothing(waiting)
            self.assertEqual(server.open_descriptors(), descriptors, "those who wait cost the server nothing")
            self.assert_sessions(server, 4, 4)
            for c in served:
                c.close()
            for at in range(0, 12, 4):
                for c in waiting[at:at + 4]:
                    self.assertEqual(c.read().body, b"Hello")
                self.assert_sessions(server, 4, at + 8)
                self.assert_have_nothing(waiting[at + 4:])
                for c in waiting[at:at + 4]:
                    c.close()

    def assert_sessions(self, server, now, in_all):
        self.assertEqual(server.metric("troupe_http_sessions", listener="public"), now)
        self.assertEqual(server.metric("troupe_http_sessions_opened_total", listener="public"), in_all)

    def assert_have_nothing(self, connections):
        for c in connections:
            c.socket.setblocking(False)
            with self.assertRaises(BlockingIOError):
                c.socket.recv(1)
            c.socket.settimeout(PATIENCE)

    def test_a_connection_that_says_nothing_is_not_accepted(self):
        server = self.serve("connections.defer_accept=30")
        before = server.open_descriptors()
        with server.connect(), server.connect() as speaking:
            self.assertEqual(speaking.ask("GET", "/hello").body, b"Hello")
            self.assertEqual(server.open_descriptors(), before + 1)

    def test_c61_a_head_that_drips_ends_at_its_total_deadline(self):
        """C-61."""
        server = self.serve("connections.head_timeout=600ms", "connections.idle_timeout=60s")
        for line_is_there, sent in ((True, b"GET /hello HTTP/1.1\r\nHost: h\r\nX: "), (False, b"GET /hello?"), (False, b"\r\n\r\nGET /")):
            with self.subTest(sent), server.connect() as c:
                began = time.monotonic()
                c.send(sent)
                end = threading.Event()

                def drip(connection=c, ended=end):
                    with contextlib.suppress(OSError):
                        while not ended.wait(0.05):
                            connection.send(b"x")

                dripping = threading.Thread(target=drip)
                dripping.start()
                try:
                    if line_is_there:
                        self.assert_problem(c.read(), 408)
                    self.assertEqual(c.read_to_end(may_reset=not line_is_there), b"")
                finally:
                    end.set()
                    dripping.join(PATIENCE)
                self.assertGreater(time.monotonic() - began, 0.55)
                self.assertLess(time.monotonic() - began, 10)

    def test_c47_a_last_chunk_without_its_end_gets_408(self):
        """C-47."""
        server = self.serve("connections.body_timeout=300ms")
        with server.connect() as c:
            c.send(request("POST", "/echo", None, {"Transfer-Encoding": "chunked"}) + b"1\r\na\r\n0\r\n")
            self.assert_problem(c.read(), 408)
            self.assertTrue(c.is_closed_by_server())


# Run in a network of its own: gives it a loopback device and no IPv6, then becomes the server.
WITHOUT_IPV6 = """
import fcntl, os, socket, struct, sys
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x49))  # SIOCSIFFLAGS: IFF_UP | IFF_LOOPBACK | IFF_RUNNING
with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as switch:
    switch.write("1")
os.execv(sys.argv[1], sys.argv[1:])
"""


class Addresses(SystemTest):
    @unittest.skipUnless(may_unshare(), "no network of its own for a test on this machine")
    def test_c78_without_ipv6_an_ipv6_address_is_refused_by_name_and_ipv4_serves(self):
        """C-78."""
        for where, status, said in (("[::1]:0", 1, "[::1]"), ("127.0.0.1:0", 0, "")):
            with self.subTest(where):
                server = subprocess.Popen(["unshare", "-rn", sys.executable, "-c", WITHOUT_IPV6, BINARY, "serve", "--listen", where, "--admin", "127.0.0.1:0",
                                           "--data-dir", self.directory / "data"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
                ready = server.stdout.readline()
                if ready:
                    server.terminate()
                _, errors = server.communicate(timeout=PATIENCE)
                self.assertEqual((server.returncode, b"ready" in ready), (status, status == 0), errors)
                self.assertIn(said, errors.decode())

    def test_c78_an_address_that_this_machine_does_not_have_is_named(self):
        """C-78."""
        for where in ("192.0.2.1:0", "[2001:db8::1]:0"):
            with self.subTest(where):
                done = run_troupe("serve", "--listen", where, "--admin", "127.0.0.1:0", "--data-dir", self.directory / "data")
                self.assertEqual(done.returncode, 1, done)
                self.assertIn(where.rpartition(":")[0], done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
