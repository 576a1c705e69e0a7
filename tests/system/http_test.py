"""What the server does with the bytes of HTTP/1.0 and HTTP/1.1, and when they do not come."""
import contextlib
import resource
import select
import socket
import sys
import time
import unittest

from troupe_process import PATIENCE, SharedServerTest, SystemTest, chunked, is_sanitized, request, wait_until

HELLO = request("GET", "/hello")


def echo(text, fields=None):
    return request("POST", "/echo", text.encode(), fields)


class Exchanges(SharedServerTest):
    def test_keep_alive_serves_many_requests_and_close_ends_the_connection(self):
        with self.server.connect() as c:
            for _ in range(20):
                answer = c.ask("GET", "/hello")
                self.assertEqual((answer.status, answer.body, answer.announces_close()), (200, b"Hello", False))
            answer = c.ask("GET", "/hello", fields={"Connection": "close"})
            self.assertEqual((answer.body, answer.announces_close()), (b"Hello", True))
            self.assertTrue(c.is_closed_by_server())

    def test_http_1_0_closes_unless_the_client_asks_to_keep_it(self):
        with self.server.connect() as c:
            c.send(b"GET /hello HTTP/1.0\r\n\r\n")
            answer = c.read()
            self.assertEqual((answer.status, answer.body, answer.field("Content-Length")), (200, b"Hello", "5"))
            self.assertTrue(c.is_closed_by_server())
        with self.server.connect() as c:
            for _ in range(3):
                c.send(b"GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
                answer = c.read()
                self.assertEqual((answer.body, answer.field("Connection").lower()), (b"Hello", "keep-alive"))

    def test_head_has_the_fields_of_get_and_no_body(self):
        with self.server.connect() as c:
            head = c.ask("HEAD", "/hello")
            self.assertEqual((head.status, head.field("Content-Length")), (200, "5"))
            self.assertEqual(c.ask("GET", "/hello").body, b"Hello")  # nothing of a body lies between
            missing = c.ask("HEAD", "/nowhere")
            self.assertEqual(missing.status, 404)
            self.assertEqual(c.ask("GET", "/hello").body, b"Hello")

    def test_expect_100_continue_is_answered_before_the_body(self):
        body = b"later"
        with self.server.connect() as c:
            c.send(request("POST", "/echo", None, {"Expect": "100-continue", "Content-Length": len(body)}))
            self.assertEqual(c.read_interim(), "HTTP/1.1 100 Continue")
            c.send(body)
            self.assertEqual(c.read().body, body)
            self.assertEqual(c.ask("GET", "/hello").status, 200)

    def test_expect_100_continue_behind_another_request_is_answered_in_its_turn(self):
        with self.server.connect() as c:
            c.send(HELLO + request("POST", "/echo", None, {"Expect": "100-continue", "Content-Length": 5}))
            self.assertEqual(c.read().body, b"Hello")
            self.assertEqual(c.read_interim(), "HTTP/1.1 100 Continue")
            c.send(b"later")
            self.assertEqual(c.read().body, b"later")

    def test_half_close_right_behind_a_request_on_a_used_connection_is_seen(self):
        for _ in range(20):
            with self.server.connect() as c:
                self.assertEqual(c.ask("GET", "/hello").status, 200)
                c.send(HELLO)
                c.finish_sending()
                self.assertEqual(c.read().body, b"Hello")
                self.assertTrue(c.is_closed_by_server(5))

    def test_expect_100_continue_over_the_limit_gets_413_and_no_100(self):
        with self.server.connect() as c:
            c.send(request("POST", "/echo", None, {"Expect": "100-continue", "Content-Length": 2 << 20}))
            self.assert_problem(c.read(), 413)
            self.assertTrue(c.is_closed_by_server())
        with self.server.connect() as c:
            c.send(request("POST", "/echo", b"x", {"Expect": "a-miracle"}))
            self.assert_problem(c.read(), 417)

    def test_chunked_bodies_are_joined_and_trailers_dropped(self):
        head = request("POST", "/echo", None, {"Transfer-Encoding": "chunked"})
        with self.server.connect() as c:
            c.send(head + chunked(b"one ", b"two ", b"x" * 300))
            self.assertEqual(c.read().body, b"one two " + b"x" * 300)
            c.send(head + b"3;name=value\r\nabc\r\n0\r\nX-Trailer: 1\r\nAuthorization: x\r\n\r\n" + HELLO)
            self.assertEqual([c.read().body, c.read().body], [b"abc", b"Hello"])
            c.send(head + b"3\r\nabc\r\n0\r\nContent-Length: 99\r\n\r\n" + HELLO)  # framing in a trailer
            self.assert_problem(c.read(), 400)
            self.assertTrue(c.is_closed_by_server())

    def test_pipelined_requests_in_one_packet_are_answered_in_order(self):
        for count in (2, 16, 1000):
            with self.subTest(count=count), self.server.connect() as c:
                c.send(b"".join(echo(f"number {i}") for i in range(count)))
                for i in range(count):
                    self.assertEqual(c.read().body, f"number {i}".encode())

    def test_pipelined_answers_keep_their_order_whoever_gives_them(self):
        # /nowhere is answered by the connection itself, at once, and the others by services.
        with self.server.connect() as c:
            c.send((echo("first") + request("GET", "/nowhere") + request("GET", "/v1/products/none") + echo("last")) * 50)
            for _ in range(50):
                answers = [c.read() for _ in range(4)]
                self.assertEqual([a.status for a in answers], [200, 404, 404, 200])
                self.assertEqual((answers[0].body, answers[3].body), (b"first", b"last"))

    def test_a_bad_request_behind_good_ones_does_not_take_their_answers(self):
        with self.server.connect() as c:
            c.send(echo("good") + echo("too") + b"GET /hello\r\n\r\n" + echo("never"))
            self.assertEqual([c.read().body, c.read().body], [b"good", b"too"])
            self.assertEqual(c.read().status, 400)
            self.assertTrue(c.is_closed_by_server())

    def test_a_request_may_be_split_at_every_byte(self):
        posts = request("POST", "/echo", None, {"Transfer-Encoding": "chunked"}) + b"5;a=b\r\nHello\r\n0\r\nX: y\r\n\r\n"
        for name, whole in (("get", HELLO), ("length", echo("Hello")), ("chunked", posts)):
            with self.server.connect() as c:
                for at in range(1, len(whole)):
                    c.send(whole[:at])
                    c.wait_until_read()
                    c.send(whole[at:])
                    self.assertEqual(c.read().body, b"Hello", f"{name} split at {at}")

    def test_a_request_may_come_one_byte_a_packet(self):
        with self.server.connect() as c:
            whole = request("POST", "/echo", None, {"Transfer-Encoding": "chunked"}) + chunked(b"He", b"llo") + HELLO
            for at in range(len(whole)):
                c.send(whole[at:at + 1])
                c.wait_until_read()
            self.assertEqual([c.read().body, c.read().body], [b"Hello", b"Hello"])

    def test_half_close_is_answered_and_an_unfinished_request_is_not(self):
        with self.server.connect() as c:
            c.send(echo("one") + echo("two"))
            c.finish_sending()
            self.assertEqual([c.read().body, c.read().body], [b"one", b"two"])
            self.assertTrue(c.is_closed_by_server())
        for unfinished in (b"GET /hel", request("POST", "/echo", None, {"Content-Length": 10}) + b"short"):
            with self.server.connect() as c:
                c.send(unfinished)
                c.finish_sending()
                self.assertNotIn(b"HTTP/1.1 2", c.read_to_end())

    def test_bytes_after_close_are_ignored(self):
        with self.server.connect() as c:
            c.send(echo("last", {"Connection": "close"}) + echo("ignored") * 100)
            self.assertEqual(c.read().body, b"last")
            self.assertTrue(c.is_closed_by_server())

    def test_a_megabyte_is_echoed_whole_both_ways(self):
        body = bytes(range(256)) * 4096
        with self.server.connect() as c:
            self.assertEqual(c.ask("POST", "/echo", body).body, body)
            c.send(request("POST", "/echo", None, {"Transfer-Encoding": "chunked"}) + chunked(body[:99], body[99:500000], body[500000:]))
            self.assertEqual(c.read().body, body)

    def test_a_reset_in_the_middle_harms_nobody_else(self):
        linger_and_reset = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        for sent in (b"", b"GET /hel", echo("x") * 20, request("POST", "/echo", None, {"Content-Length": 10}) + b"12"):
            with self.server.connect() as c:
                c.send(sent)
                c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_and_reset)
        self.assertEqual(self.server.ask("GET", "/hello").body, b"Hello")


class HeldBytes(SystemTest):
    """What sessions hold is counted up and down alike: the bound is neither used up nor lost over time."""

    def held(self, server, what):
        rows = server.ask_admin("GET", "/metrics").body.decode().splitlines()
        return sum(int(float(row.split()[1])) for row in rows if row.startswith(f'troupe_http_held_{what}_bytes{{listener="public"'))

    def test_torn_chunk_lines_and_pieces_of_bodies_leave_nothing_behind(self):
        server = self.serve("connections.held_bytes=64KiB")
        chunked_head = request("POST", "/echo", None, {"Transfer-Encoding": "chunked"})
        with server.connect() as torn:
            torn.send(chunked_head)
            torn.wait_until_read()
            wait_until(lambda: self.held(server, "request") > 0, "the head is held")
            head_alone = self.held(server, "request")
            for _ in range(300):  # 250 bytes each
                torn.send(b"1;" + b"a" * 248)
                torn.wait_until_read()
                torn.send(b"\r\nx\r\n")
                torn.wait_until_read()
            with server.connect() as pieces:
                for _ in range(10):
                    pieces.send(request("POST", "/echo", None, {"Content-Length": 3000}) + b"p" * 2000)
                    pieces.wait_until_read()
                    pieces.send(b"p" * 1000)
                    self.assertEqual(pieces.read().body, b"p" * 3000)
            wait_until(lambda: self.held(server, "request") >= head_alone + 300, "so is the body")
            torn.send(b"0\r\n\r\n")
            self.assertEqual(torn.read().body, b"x" * 300)
        wait_until(lambda: self.held(server, "request") == 0, "nothing is held")
        self.assertEqual(self.held(server, "answer"), 0)

    def test_answers_beyond_the_bound_are_refused_and_given_back(self):
        server = self.serve("connections.answer_bytes=1MiB", "connections.actors=1", "connections.write_timeout=2s")
        with contextlib.ExitStack() as stack:
            slow = [stack.enter_context(server.connect(receive_buffer=4096)) for _ in range(16)]
            for c in slow:
                with contextlib.suppress(OSError):
                    c.send(request("POST", "/echo", b"x" * 900_000) * 8)
            self.assertEqual(server.ask("GET", "/hello").status, 200)
            self.assertLess(self.held(server, "answer"), 2 << 20)
        wait_until(lambda: self.held(server, "answer") == 0, "all is given back")


class Refusals(SharedServerTest):
    def test_errors_that_leave_the_framing_intact_keep_the_connection(self):
        seen = set()
        with self.server.connect() as c:
            for method, target, status, allow in (
                    ("GET", "/nowhere", 404, None),
                    ("GET", "/v1/products/none", 404, None),
                    ("DELETE", "/hello", 405, {"GET", "HEAD"}),
                    ("GET", "/v1/payments", 405, {"POST"}),
                    ("PUT", "/v1/stats/top", 405, {"GET", "HEAD"})):
                answer = c.ask(method, target)
                seen.add(self.assert_problem(answer, status)["request_id"])
                if allow:
                    self.assertEqual(set(answer.field("Allow").split(", ")), allow, target)
            self.assertEqual(len(seen), 5, "every request has an id of its own")
            self.assertEqual(c.ask("GET", "/hello").status, 200)

    def test_chunks_that_grow_over_the_limit_get_413(self):
        with self.server.connect() as c:
            c.send(request("POST", "/echo", None, {"Transfer-Encoding": "chunked"}))
            piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            try:
                for _ in range(64):
                    c.send(piece)
            except (ConnectionResetError, BrokenPipeError):
                pass  # the server need not take four times what it allows
            self.assert_problem(c.read(), 413)
            self.assertTrue(c.is_closed_by_server())


# C-47, C-61 and C-64: total deadlines.
class SlowClients(SystemTest):
    def test_deadlines_of_head_body_and_idleness(self):
        # Thirds of the time out, so that an idle session is never taken for a slow one.
        server = self.serve("connections.head_timeout=500ms", "connections.body_timeout=500ms", "connections.idle_timeout=600ms")
        line = b"GET /hello HTTP/1.1\r\nHost: h\r\nX: "
        body = request("POST", "/echo", None, {"Content-Length": 10000})
        for what, sent, drip, expected in (
                ("nothing at all", b"", b"", None),
                ("half a request line", b"GET /hel", b"", None),
                ("half a head", line, b"", 408),
                ("a head that drips", line, b"x", 408),
                ("half a body", body + b"some", b"", 408),
                ("a body that drips", body, b"x", 408),
                ("an idle session", HELLO, b"", 200)):
            with self.subTest(what), server.connect() as c:
                began = time.monotonic()
                c.send(sent)
                if expected == 200:
                    self.assertEqual(c.read().status, 200)
                while drip and not select.select([c.socket], [], [], 0.1)[0] and time.monotonic() < began + PATIENCE:
                    c.send(drip)
                if expected == 408:
                    answer = c.read()
                    self.assert_problem(answer, 408)
                    self.assertTrue(answer.announces_close())
                self.assertTrue(c.is_closed_by_server())
                took = time.monotonic() - began
                self.assertGreater(took, 0.45)
                self.assertLess(took, 5)

    def stuff(self, connection, one, most):
        """Sends the request again and again until the server has taken none of it for half a second, or has closed: how many bytes it took."""
        connection.socket.setblocking(False)
        sent = 0
        while sent < most and select.select([], [connection.socket], [], 0.5)[1]:
            try:
                sent += connection.socket.send(memoryview(one)[sent % len(one):])
            except BlockingIOError:
                pass
            except (BrokenPipeError, ConnectionResetError):
                break
        return sent

    def queue_for(self, read_a_byte):
        """What is queued for a client with the smallest receive buffer that the kernel gives, which reads nothing, or a byte now and then."""
        depth, body = 8, b"x" * 8192
        one = request("POST", "/echo", body)
        server = self.serve(f"connections.pipeline_depth={depth}", "connections.actors=1", "connections.write_timeout=3s",
                            extra_environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        for _ in range(20):
            self.assertEqual(server.ask("POST", "/echo", body).body, body)
        before = server.resident_bytes()
        answers = requests = worst = 0
        with server.connect(receive_buffer=1) as slow, server.connect() as other:
            sent = self.stuff(slow, one, 64 << 20)
            self.assertLess(sent, 64 << 20, "the server takes requests for ever from a client that takes no answers")
            self.assertGreater(sent, len(one))

            def is_ended():
                nonlocal answers, requests, worst
                answers = max(answers, server.metric("troupe_http_held_answer_bytes", listener="public"))
                requests = max(requests, server.metric("troupe_http_held_request_bytes", listener="public"))
                began = time.monotonic()
                self.assertEqual(other.ask("GET", "/hello").body, b"Hello")
                worst = max(worst, time.monotonic() - began)
                if read_a_byte:
                    with contextlib.suppress(BlockingIOError, ConnectionResetError):
                        slow.socket.recv(1)
                return server.metric("troupe_http_sessions_timed_out_total", listener="public") > 0
            wait_until(is_ended, "the write deadline ends the session", pause=0.05)
            grown = server.resident_bytes() - before
        self.assertGreater(answers, 0, "answers wait, or nothing was tried")
        self.assertLessEqual(answers, depth * (len(body) + 512), "no more than the depth's answers, each with its head")
        self.assertLessEqual(requests, 1 << 20, "what was read of the next requests before the session was stopped")
        self.assertLess(worst, 2)
        # The answers, the same bodies in requests and replies on their way, and the pages that the allocator keeps of both.
        self.assertLess(grown, (32 if is_sanitized() else 8) << 20)
        wait_until(lambda: server.metric("troupe_http_held_answer_bytes", listener="public") == 0, "what was queued is given back")
        self.assertEqual(server.metric("troupe_http_pool_in_use", listener="public", pool="outputs"), 0)
        self.assertEqual(server.ask("GET", "/hello").status, 200)

    def test_c63_the_queue_for_a_reader_that_takes_nothing_has_its_documented_bound(self):
        """C-63."""
        self.queue_for(read_a_byte=False)

    def test_c63_the_queue_for_a_reader_of_single_bytes_has_the_same_bound_and_no_more_time(self):
        """C-63."""
        self.queue_for(read_a_byte=True)

    def test_c64_an_idle_session_costs_next_to_nothing_and_ends_at_its_time(self):
        """C-64."""
        # README.md publishes 79; what the growth of tables leaves in the allocator counts here too, and the sanitizer's share.
        count, bytes_each = 2000, 4096 if is_sanitized() else 512
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count + 500
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        server = self.serve("connections.idle_timeout=8s", extra_environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})

        def crowd(stack, size):
            connections = [stack.enter_context(server.connect()) for _ in range(size)]
            for c in connections:
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
            return connections

        with contextlib.ExitStack() as few:
            crowd(few, 100)  # so that what is made once is there
        wait_until(lambda: server.metric("troupe_http_sessions", listener="public") == 0, "the first have left")
        before, descriptors = server.resident_bytes(), server.open_descriptors()
        with contextlib.ExitStack() as many:
            connections = crowd(many, count)
            self.assertEqual(server.metric("troupe_http_sessions", listener="public"), count)
            grown = server.resident_bytes() - before
            print(f"{count} idle sessions: {grown / count:.0f} bytes of memory each", file=sys.stderr)
            self.assertLess(grown, count * bytes_each)
            for pool in ("intakes", "outputs"):
                self.assertEqual(server.metric("troupe_http_pool_in_use", listener="public", pool=pool), 0, "an idle session has borrowed nothing")
            # Each is ended by the server, without a word.
            for c in connections:
                self.assertTrue(c.is_closed_by_server())
        wait_until(lambda: server.metric("troupe_http_sessions", listener="public") == 0, "all have ended")
        self.assertEqual(server.metric("troupe_http_sessions_timed_out_total", listener="public"), count)
        wait_until(lambda: server.open_descriptors() <= descriptors, "the descriptors come back")

    def test_a_client_that_does_not_read_costs_bounded_memory_and_disturbs_nobody(self):
        # The sanitizer keeps what was freed; its share would hide ours.
        server = self.serve("connections.write_timeout=3s", extra_environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        body = b"x" * 65536
        one = request("POST", "/echo", body)
        self.assertEqual(server.ask("POST", "/echo", body).body, body)
        before = server.resident_bytes()
        slow = [server.connect(receive_buffer=4096) for _ in range(4)]
        for c in slow:
            self.addCleanup(c.close)
            c.socket.setblocking(False)
        # Each sends until the server takes no more.
        sent, open_ = [0] * len(slow), set(range(len(slow)))
        most = 64 << 20
        while open_:
            writable = select.select([], [slow[i].socket for i in open_], [], 0.7)[1]
            if not writable:
                break
            for i in list(open_):
                if slow[i].socket not in writable:
                    continue
                try:
                    sent[i] += slow[i].socket.send(memoryview(one)[sent[i] % len(one):])
                except BlockingIOError:
                    pass
                if sent[i] >= most:
                    open_.discard(i)
        self.assertLess(max(sent), most, "the server takes requests for ever from a client that takes no answers")
        grown = server.resident_bytes() - before
        self.assertLess(grown, (200 if is_sanitized() else 48) << 20, f"grown by {grown} after {sum(sent)} bytes sent")
        worst = 0.0
        with server.connect() as c:
            for _ in range(50):
                began = time.monotonic()
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
                worst = max(worst, time.monotonic() - began)
        self.assertLess(worst, 2)
        # The write deadline ends them, and what they held comes back.
        for c in slow:
            c.socket.setblocking(True)
            c.socket.settimeout(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            text = server.ask_admin("GET", "/metrics").body.decode()
            if 'troupe_http_pool_in_use{listener="public",pool="outputs"} 0' in text:
                break
            select.select([], [], [], 0.05)
        else:
            self.fail("the outputs of clients that do not read are never given up")
        self.assertEqual(server.ask("GET", "/hello").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
