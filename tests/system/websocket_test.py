"""WebSockets of the real server: the rules of RFC 6455 over a socket, and that nobody is harmed by who breaks them."""
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

from troupe_process import SOURCE, SharedServerTest, SystemTest, request, wait_until
from websocket_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocket, close_frame, frame, handshake_fields

MESSAGE_LIMIT = 1024 * 1024


class Handshake(SharedServerTest):
    def ask(self, method="GET", path="/echo-ws", body=None, **changes):
        return self.server.ask(method, path, body, handshake_fields(**changes))

    def test_c79_what_is_no_handshake_is_answered_and_the_connection_stays_usable(self):
        """C-79."""
        for status, changes in ((426, {"Upgrade": None}), (426, {"Upgrade": "h2c"}), (426, {"Connection": "keep-alive"}),
                                (426, {"Sec_WebSocket_Version": "8"}), (426, {"Sec_WebSocket_Version": None}),
                                (400, {"Sec_WebSocket_Key": None}), (400, {"Sec_WebSocket_Key": "c2hvcnQ="}),
                                (403, {"Origin": "https://evil.example.org"})):
            with self.subTest(**changes), self.server.connect() as c:
                answer = c.ask("GET", "/echo-ws", None, handshake_fields(**changes))
                self.assert_problem(answer, status)
                if status == 426:
                    self.assertEqual((answer.field("Upgrade"), answer.field("Sec-WebSocket-Version")), ("websocket", "13"))
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")

    def test_c79_only_get_of_http_1_1_without_a_body(self):
        """C-79."""
        answer = self.ask("POST")
        self.assert_problem(answer, 405)
        for refused in (answer, self.ask("HEAD"), self.ask("OPTIONS")):
            self.assertEqual((refused.status, refused.field("Allow")), (204 if refused.status == 204 else 405, "GET"))
        self.assert_problem(self.ask(body=b"x"), 400)
        with self.server.connect() as c:
            c.send(request("GET", "/echo-ws", None, handshake_fields()).replace(b"HTTP/1.1", b"HTTP/1.0"))
            self.assert_problem(c.read(), 400)

    def test_a_page_of_the_same_host_may_connect(self):
        with self.server.connect() as c:
            c.send(request("GET", "/echo-ws", None, handshake_fields(Origin="http://troupe.test")))
            self.assertTrue(c.read_interim().startswith("HTTP/1.1 101 "))

    def test_rfc9110_7_8_another_path_or_another_protocol_ignores_the_upgrade(self):
        self.assertEqual(self.ask(path="/hello").body, b"Hello")
        self.assertEqual(self.server.ask("GET", "/hello", None, {"Upgrade": "h2c", "Connection": "Upgrade"}).status, 200)

    def test_the_upgrade_follows_requests_on_the_same_connection(self):
        with self.server.connect() as c:
            for _ in range(3):
                self.assertEqual(c.ask("GET", "/hello").status, 200)
            with WebSocket(None, connection=c) as ws:
                ws.send(frame(TEXT, b"hi"))
                self.assertEqual(ws.read_frame(), (TEXT, b"hi"))
                ws.close()

    def test_the_upgrade_waits_for_the_answers_to_pipelined_requests(self):
        with self.server.connect() as c:
            c.send(request("POST", "/echo", b"first") + request("GET", "/hello") +
                   request("GET", "/echo-ws", None, handshake_fields()) + frame(TEXT, b"early"))
            self.assertEqual(c.read().body, b"first")
            self.assertEqual(c.read().body, b"Hello")
            self.assertTrue(c.read_interim().startswith("HTTP/1.1 101 "))
            self.assertEqual(c._take(7), b"\x81\x05early")

    def test_frames_in_the_packet_of_the_request_are_taken(self):
        with WebSocket(self.server.address, early=frame(TEXT, b"one") + frame(BINARY, b"\0\xff") + frame(TEXT, b"three")[:4]) as ws:
            self.assertEqual(ws.read_frame(), (TEXT, b"one"))
            self.assertEqual(ws.read_frame(), (BINARY, b"\0\xff"))


class Echo(SharedServerTest):
    def open(self, **options):
        return WebSocket(self.server.address, **options)

    def test_frames_before_the_answer_to_the_upgrade_keep_their_order(self):
        messages = [b"%06d" % i + b"e" * 194 for i in range(1500)]  # 300 KB: more than one read takes
        frames = [frame(TEXT, message) for message in messages]
        with WebSocket(self.server.address, early=b"".join(frames)) as ws:
            for message in messages:
                self.assertEqual(ws.read_frame(), (TEXT, message))
        for split in (1, 7, 100):
            with self.server.connect() as c:
                c.send(request("GET", "/echo-ws", None, handshake_fields()) + frames[0][:split])
                c.send(frames[0][split:] + frames[1])
                self.assertTrue(c.read_interim().startswith("HTTP/1.1 101 "))
                for message in messages[:2]:
                    self.assertEqual(c._take(4), b"\x81\x7e\x00\xc8")
                    self.assertEqual(c._take(200), message)

    def test_a_client_that_finishes_sending_still_gets_its_answers(self):
        with WebSocket(self.server.address) as ws:
            ws.send(b"".join(frame(TEXT, b"%d" % i) for i in range(50)))
            ws.connection.finish_sending()
            for i in range(50):
                self.assertEqual(ws.read_frame(), (TEXT, b"%d" % i))

    def test_a_client_that_leaves_with_the_upgrade_is_let_go_whatever_it_sent(self):
        for early in (b"", frame(PONG, b"x"), frame(TEXT, b"half")[:5]):
            for _ in range(5):
                with WebSocket(self.server.address, early=early) as ws:
                    ws.connection.finish_sending()
                    ws.connection.socket.settimeout(5)
                    ws.connection.read_to_end()

    def test_frames_behind_an_upgrade_that_ends_keep_alive_are_taken(self):
        with self.server.connect() as c:
            c.send(request("GET", "/echo-ws", None, handshake_fields(Connection="Upgrade, close")) + frame(TEXT, b"early"))
            self.assertTrue(c.read_interim().startswith("HTTP/1.1 101 "))
            self.assertEqual(c._take(7), b"\x81\x05early")

    def test_messages_of_all_sizes_come_back_in_order(self):
        sizes = [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 300_000, MESSAGE_LIMIT]
        with self.open() as ws:
            for size in sizes:
                for opcode, payload in ((TEXT, b"*" * size), (BINARY, os.urandom(size))):
                    ws.send(frame(opcode, payload))
                    self.assertEqual(ws.read_frame(), (opcode, payload), size)
            ws.close()

    def test_large_messages_sent_without_reading_all_come_back(self):
        payloads = [os.urandom(MESSAGE_LIMIT) for _ in range(8)]
        with self.open() as ws:
            sender = threading.Thread(target=lambda: [ws.send(frame(BINARY, p)) for p in payloads])
            sender.start()
            for payload in payloads:
                self.assertEqual(ws.read_frame(), (BINARY, payload))
            sender.join()
            ws.close()

    def test_many_frames_in_one_packet(self):
        with self.open() as ws:
            messages = [str(i).encode() for i in range(2000)]
            ws.send(b"".join(frame(TEXT, m) for m in messages))
            self.assertEqual([ws.read_frame() for _ in messages], [(TEXT, m) for m in messages])
            ws.close()

    def test_one_byte_a_packet(self):
        data = frame(TEXT, "h\u20ac".encode()) + frame(PING, b"p") + frame(BINARY, b"x" * 130) + close_frame(3000, b"bye")
        with self.open() as ws:
            for at in range(len(data)):
                ws.send(data[at:at + 1])
                if at % 16 == 0:
                    ws.connection.wait_until_read()
            self.assertEqual({ws.read_frame() for _ in range(3)},
                             {(TEXT, "h\u20ac".encode()), (PONG, b"p"), (BINARY, b"x" * 130)})
            self.assertEqual(ws.read_close(), 3000)
            self.assertTrue(ws.is_closed())

    def test_fragments_come_back_as_one_message_with_pings_answered_between(self):
        rng = random.Random(6455)
        with self.open() as ws:
            for _ in range(30):
                text = "".join(rng.choice("aé€😀") for _ in range(rng.randrange(300))).encode()
                cuts = sorted(rng.randrange(len(text) + 1) for _ in range(rng.randrange(1, 6)))
                pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
                for i, piece in enumerate(pieces):
                    ws.send(frame(TEXT if i == 0 else CONTINUATION, piece, fin=i == len(pieces) - 1))
                    if i == 0:
                        ws.send(frame(PING, b"between"))
                self.assertEqual(ws.read_frame(), (PONG, b"between"))
                self.assertEqual(ws.read_frame(), (TEXT, text))
            ws.close()

    def test_ten_pings_have_ten_pongs_and_a_pong_has_none(self):
        with self.open() as ws:
            ws.send(frame(PONG, b"unasked") + b"".join(frame(PING, b"%d" % i) for i in range(10)) + frame(PING, b"x" * 125))
            for i in range(10):
                self.assertEqual(ws.read_frame(), (PONG, b"%d" % i))
            self.assertEqual(ws.read_frame(), (PONG, b"x" * 125))
            ws.close()


class Rules(SharedServerTest):
    def check(self, code, data, before=()):
        """Sent in one piece and byte by byte: what came before the fault is answered, then the code, then the end."""
        for pieces in ([data], [data[i:i + 1] for i in range(len(data))] if len(data) < 200 else [data[:7], data[7:]]):
            with WebSocket(self.server.address) as ws:
                try:
                    for piece in pieces:
                        ws.send(piece)
                except OSError:
                    pass  # it was closed before the end
                for expected in before:
                    self.assertEqual(ws.read_frame(), expected)
                self.assertEqual(ws.read_close(), code)
                self.assertTrue(ws.is_closed())

    def test_c80_unmasked(self):
        """C-80."""
        self.check(1002, frame(TEXT, b"hi", masked=False))

    def test_c81_reserved_bits_and_opcodes_and_bad_control_frames(self):
        """C-81."""
        for bad in (frame(TEXT, b"x", rsv=1), frame(TEXT, b"x", rsv=4), frame(PING, rsv=2), frame(3), frame(11), frame(PING, fin=False),
                    frame(CLOSE, fin=False), frame(PING, b"x" * 126)):
            with self.subTest(bad[:2].hex()):
                self.check(1002, frame(TEXT, b"good") + bad + frame(PING), before=[(TEXT, b"good")])

    def test_c82_fragments_out_of_order(self):
        """C-82."""
        self.check(1002, frame(CONTINUATION, b"x"))
        self.check(1002, frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"))

    def test_c83_invalid_utf8_fails_fast(self):
        """C-83."""
        self.check(1007, frame(TEXT, b"\xce\xba\xed\xa0\x80"))
        self.check(1007, frame(TEXT, b"\xe2\x82", fin=False) + frame(CONTINUATION, b"("))
        with WebSocket(self.server.address) as ws:  # the rest of the frame never comes
            ws.send(frame(TEXT, b"\xf4\x90" + b"x" * 5000)[:20])
            self.assertEqual(ws.read_close(), 1007)
            self.assertTrue(ws.is_closed())

    def test_c84_close_codes_and_reasons(self):
        """C-84."""
        for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535):
            self.check(1002, close_frame(code))
        self.check(1002, frame(CLOSE, b"\x03"))
        self.check(1007, close_frame(1000, b"\xff"))
        for code in (1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999):
            self.check(code, close_frame(code, "gr\u00fcn".encode()))
        self.check(None, frame(CLOSE))

    def test_c85_lengths_and_the_message_limit(self):
        """C-85."""
        self.check(1002, b"\x82\xfe\x00\x05\x01\x02\x03\x04hello")
        self.check(1002, b"\x82\xff\x80" + b"\0" * 7)
        self.check(1009, b"\x82\xff" + (MESSAGE_LIMIT + 1).to_bytes(8, "big") + b"\x01\x02\x03\x04")
        self.check(1009, frame(BINARY, b"x" * MESSAGE_LIMIT, fin=False) + frame(CONTINUATION, b"x"))

    def test_what_follows_a_close_frame_is_not_answered(self):
        self.check(1000, frame(TEXT, b"last") + close_frame() + frame(PING) + frame(TEXT, b"late"), before=[(TEXT, b"last")])


class Hostile(SystemTest):
    def hello_times(self, server, count):
        """How long each of so many requests took, in seconds."""
        times = []
        with server.connect() as c:
            for _ in range(count):
                begin = time.monotonic()
                self.assertEqual(c.ask("GET", "/hello").status, 200)
                times.append(time.monotonic() - begin)
        return sorted(times)

    def flood(self, server, data):
        """Somebody who sends the data again and again, reads what comes, and is stopped by the event that is returned."""
        stop = threading.Event()
        ws = WebSocket(server.address)

        def send():
            try:
                while not stop.is_set():
                    ws.send(data)
            except OSError:
                pass

        def read():
            try:
                while ws.connection.socket.recv(262144):
                    pass
            except OSError:
                pass

        threads = [threading.Thread(target=f, daemon=True) for f in (send, read)]
        for thread in threads:
            thread.start()

        def end():
            stop.set()
            ws.connection.close()
            for thread in threads:
                thread.join(30)

        self.addCleanup(end)
        return stop

    def test_c86_floods_leave_the_others_their_turn_and_memory_bounded(self):
        """C-86."""
        for name, data in (("pings", frame(PING, b"x" * 8) * 4000),
                           ("empty fragments", frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 4000 + frame(CONTINUATION)),
                           ("small messages", frame(TEXT, b"x") * 4000)):
            with self.subTest(name):
                server = self.serve("scheduler.workers=1", data_dir=self.directory / name)
                self.flood(server, data)
                before = server.resident_bytes()
                times = self.hello_times(server, 200)
                self.assertLess(times[100], 0.5)  # the client's own threads compete for the cores, so the bound is wide
                self.assertLess(server.resident_bytes() - before, 64 * 1024 * 1024)

    def test_c86_a_million_fragments_of_one_byte_are_one_message(self):
        """C-86."""
        server = self.serve()
        count = 1_000_000
        with WebSocket(server.address) as ws:
            ws.send(frame(BINARY, b"a", fin=False))
            batch = frame(CONTINUATION, b"a", fin=False) * 10_000
            for _ in range(count // 10_000):
                ws.send(batch)
            ws.send(frame(CONTINUATION))
            self.assertEqual(ws.read_frame(), (BINARY, b"a" * (count + 1)))
            ws.close()

    def test_c86_a_message_that_never_ends_is_closed_by_its_deadline(self):
        """C-86."""
        server = self.serve("connections.body_timeout=300ms")
        with WebSocket(server.address) as ws:
            ws.send(frame(TEXT, b"begun", fin=False))
            self.assertEqual(ws.read_close(), 1008)
        with WebSocket(server.address) as ws:
            ws.send(frame(TEXT, b"begun")[:5])
            self.assertEqual(ws.read_close(), 1008)

    def test_incomplete_messages_beyond_what_is_held_are_closed(self):
        server = self.serve("connections.held_bytes=1MiB", "connections.actors=1")
        streams = [WebSocket(server.address) for _ in range(4)]
        for ws in streams:
            self.addCleanup(ws.connection.close)
        for ws in streams[:2]:
            ws.send(frame(BINARY, b"x" * 450_000, fin=False))
            ws.connection.wait_until_read()
        streams[2].send(frame(BINARY, b"x" * 450_000, fin=False))
        self.assertEqual(streams[2].read_close(), 1013)
        streams[2].connection.close()
        for ws in streams[:2]:  # those that were there go on
            ws.send(frame(CONTINUATION, b"y"))
            self.assertEqual(ws.read_frame(), (BINARY, b"x" * 450_000 + b"y"))
        streams[3].send(frame(BINARY, b"x" * 450_000))  # and what they held is given back
        self.assertEqual(streams[3].read_frame()[0], BINARY)

    def test_a_client_that_does_not_read_holds_bounded_memory_and_loses_nothing(self):
        server = self.serve()
        with WebSocket(server.address, receive_buffer=4096) as ws:
            base = server.resident_bytes()
            ws.connection.socket.settimeout(1.0)
            sent, data = 0, frame(BINARY, os.urandom(60_000))
            try:
                for _ in range(2000):
                    ws.connection.socket.sendall(data)
                    sent += 1
            except TimeoutError:
                pass
            self.assertLess(sent, 2000)  # the server has stopped reading
            self.assertLess(server.resident_bytes() - base, 64 * 1024 * 1024)
            ws.connection.socket.settimeout(30.0)
            for _ in range(sent):
                self.assertEqual(ws.read_frame()[0], BINARY)

    def test_a_client_that_never_reads_is_closed(self):
        server = self.serve("connections.write_timeout=300ms")
        with WebSocket(server.address, receive_buffer=4096) as ws:
            ws.connection.socket.settimeout(10.0)
            with self.assertRaises(OSError):
                for _ in range(1000):
                    ws.connection.socket.sendall(frame(BINARY, b"x" * 60_000))
        wait_until(lambda: 'troupe_websockets{listener="public"} 0' in server.ask_admin("GET", "/metrics").body.decode(), "it is gone")


class Timers(SystemTest):
    def test_c87_silence_is_asked_and_more_silence_closed(self):
        """C-87."""
        server = self.serve("websocket.ping_interval=200ms", "websocket.pong_timeout=300ms")
        with WebSocket(server.address) as ws:
            self.assertEqual(ws.read_frame(), (PING, b""))
            self.assertTrue(ws.is_closed())

    def test_c87_who_answers_stays(self):
        """C-87."""
        server = self.serve("websocket.ping_interval=200ms", "websocket.pong_timeout=300ms")
        with WebSocket(server.address) as ws:
            for _ in range(5):
                self.assertEqual(ws.read_frame(), (PING, b""))
                ws.send(frame(PONG))
            ws.send(frame(TEXT, b"still here"))
            while (got := ws.read_frame())[0] == PING:
                ws.send(frame(PONG))
            self.assertEqual(got, (TEXT, b"still here"))

    def test_c87_no_close_answer_is_closed_by_the_timer(self):
        """C-87."""
        server = self.serve("websocket.close_timeout=300ms")
        with WebSocket(server.address) as ws, WebSocket(server.address) as good:
            server.send_signal(signal.SIGTERM)
            self.assertEqual(ws.read_close(), 1001)
            self.assertEqual(good.read_close(), 1001)
            good.send(close_frame(1001))
            self.assertTrue(good.is_closed())
            self.assertTrue(ws.is_closed())
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()

    def test_a_drain_lets_unanswered_messages_be_answered_and_says_1001(self):
        server = self.serve()
        with WebSocket(server.address) as ws:
            ws.send(frame(TEXT, b"last"))
            self.assertEqual(ws.read_frame(), (TEXT, b"last"))
            server.send_signal(signal.SIGTERM)
            self.assertEqual(ws.read_close(), 1001)
            ws.send(close_frame(1001))
            self.assertTrue(ws.is_closed())
        self.assertEqual(server.wait_end(5), 0)
        server.check_sanitizers()


class Seen(SystemTest):
    def test_the_metrics_count_streams_messages_and_closes(self):
        server = self.serve()
        with WebSocket(server.address) as ws, WebSocket(server.address) as bad:
            for _ in range(3):
                ws.send(frame(TEXT, b"x"))
                ws.read_frame()
            bad.send(frame(3))
            self.assertEqual(bad.read_close(), 1002)
            lines = server.ask_admin("GET", "/metrics").body.decode().splitlines()
            self.assertIn('troupe_websockets{listener="public"} 1', lines)
            for direction in ("in", "out"):
                self.assertIn(f'troupe_websocket_messages_total{{direction="{direction}",listener="public"}} 3', lines)
            self.assertIn('troupe_websocket_closes_total{code="1002",listener="public"} 1', lines)
            ws.close(4001)
        with WebSocket(server.address):
            pass  # gone without a word
        wait_until(lambda: {'troupe_websocket_closes_total{code="1006",listener="public"} 1',
                            'troupe_websocket_closes_total{code="4000-4999",listener="public"} 1',
                            'troupe_websockets{listener="public"} 0'} <=
                   set(server.ask_admin("GET", "/metrics").body.decode().splitlines()), "they are counted")

    def test_many_streams_come_and_go_and_leave_nothing(self):
        server = self.serve()
        before = server.open_descriptors()
        for _ in range(20):
            streams = [WebSocket(server.address) for _ in range(20)]
            for i, ws in enumerate(streams):
                ws.send(frame(TEXT, b"%d" % i))
            for i, ws in enumerate(streams):
                self.assertEqual(ws.read_frame(), (TEXT, b"%d" % i))
                if i % 2:
                    ws.send(close_frame())
                ws.connection.close()
        wait_until(lambda: server.open_descriptors() <= before, "all descriptors are closed")

    def test_the_example_of_the_readme_runs(self):
        text = (pathlib.Path(SOURCE) / "README.md").read_text(encoding="utf-8")
        example = re.search(r"```python\n(.*?)```", text[text.index("## WebSocket"):], re.S)[1]
        server = self.serve()
        self.assertIn("8080", example)
        example = example.replace("127.0.0.1", server.address[0]).replace("8080", str(server.address[1]))
        done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual((done.stdout, done.stderr), ("Hello\n", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
