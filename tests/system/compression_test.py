"""permessage-deflate of the real server: the rules of RFC 7692 over a socket, and that nobody is harmed by who breaks them."""
import os
import random
import threading
import unittest
import zlib

from troupe_process import SharedServerTest, SystemTest, is_sanitized, request, wait_until
from websocket_client import BINARY, CONTINUATION, PING, PONG, TEXT, WebSocket, close_frame, deflated, frame, handshake_fields, inflated

MESSAGE_LIMIT = 1024 * 1024
MOST_COMPRESSED = 256 * 1024
ALWAYS_INFLATED = 8 * 1024
OFFER = "permessage-deflate; client_max_window_bits"
AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
COMPRESSED = 4  # RSV1
LITTLE_QUARANTINE = {"ASAN_OPTIONS": "quarantine_size_mb=1"}  # so that memory that is given back counts no more
WORDS = b" ".join(b"product-%d" % (i * 7919 % 500) for i in range(5000))


def tight(size):
    """What compresses to about a sixtieth, which is not yet a bomb."""
    return os.urandom(size // 64) + bytes(size - size // 64)


class Off(SharedServerTest):
    def test_nothing_is_agreed_on_unless_it_is_configured(self):
        with WebSocket(self.server.address, offer=OFFER) as ws:
            self.assertIsNone(ws.agreed)
            ws.send(frame(TEXT, b"a" * 1000))
            self.assertEqual(ws.read_frame(), (TEXT, b"a" * 1000))
            ws.send(frame(TEXT, deflated(b"hello"), rsv=COMPRESSED))
            self.assertEqual(ws.read_close(), 1002)

    def test_rfc6455_9_1_extensions_that_are_not_of_their_grammar_are_refused(self):
        with self.server.connect() as c:
            self.assert_problem(c.ask("GET", "/echo-ws", None, handshake_fields(Sec_WebSocket_Extensions="permessage-deflate;;")), 400)
            self.assertEqual(c.ask("GET", "/hello").body, b"Hello")


class On(SharedServerTest):
    settings = ("websocket.compression=true", "websocket.most_inflation=1100")

    def open(self, offer=OFFER, **options):
        return WebSocket(self.server.address, offer=offer, **options)

    def check(self, expected, data, before=()):
        """What the data is answered with: messages, then a close with the code, and the connection ends."""
        with self.open() as ws:
            ws.send(data)
            for message in before:
                self.assertEqual(ws.read_message()[:2], message)
            self.assertEqual(ws.read_close(), expected)
            self.assertTrue(ws.is_closed())

    def test_rfc7692_5_offers_are_accepted_declined_and_passed_over(self):
        for offer, agreed in (("permessage-deflate", AGREED), (OFFER, AGREED), ("permessage-deflate; client_max_window_bits=8", AGREED),
                              ("permessage-deflate; server_max_window_bits=10", AGREED + "; server_max_window_bits=10"),
                              ("permessage-deflate; server_max_window_bits=8", None), ("permessage-deflate; mystery", None),
                              ("permessage-deflate; mystery, x, permessage-deflate; server_max_window_bits=9", AGREED + "; server_max_window_bits=9"),
                              ("permessage-bzip2", None), (None, None)):
            with self.subTest(offer), self.open(offer) as ws:
                self.assertEqual(ws.agreed, agreed)
                ws.send(frame(TEXT, WORDS))
                opcode, payload, is_compressed = ws.read_raw()
                self.assertEqual((opcode, is_compressed), (TEXT, agreed is not None))
                self.assertEqual(inflated(payload) if is_compressed else payload, WORDS)
                ws.close()

    def test_offers_in_several_fields_are_one_list(self):
        with self.server.connect() as c:
            asked = request("GET", "/echo-ws", None, handshake_fields(Sec_WebSocket_Extensions="permessage-deflate; mystery"))
            c.send(asked[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n\r\n")
            self.assertIn("server_max_window_bits=12", c.read_interim())

    def test_rfc7692_7_1_2_1_the_server_keeps_to_the_window_that_was_agreed_on(self):
        message = os.urandom(600) * 20  # what repeats is farther away than a small window reaches
        with self.open("permessage-deflate; server_max_window_bits=9") as ws:
            ws.send(frame(BINARY, message + WORDS))
            opcode, payload, is_compressed = ws.read_raw()
            self.assertEqual((opcode, is_compressed), (BINARY, True))
            how, out = zlib.decompressobj(-9), b""
            rest = payload + b"\0\0\xff\xff"
            while rest:  # in small steps: within one, zlib may look back into the output itself
                out += how.decompress(rest, 32)
                rest = how.unconsumed_tail
            self.assertEqual(out + how.flush(), message + WORDS)

    def test_messages_of_all_sizes_come_back_in_order_compressed_or_not(self):
        with self.open() as ws:
            for size in (0, 1, 125, 126, 255, 256, 65535, 65536, 300_000, MESSAGE_LIMIT):
                for opcode, message in ((TEXT, b"*" * size), (BINARY, os.urandom(size)), (TEXT, (WORDS * 30)[:size])):
                    ws.send(frame(opcode, deflated(message), rsv=COMPRESSED) + frame(opcode, message))
                    for _ in range(2):
                        got, payload, is_compressed = ws.read_message()
                        self.assertEqual((got, payload), (opcode, message), size)
                        self.assertEqual(is_compressed, opcode == TEXT and 256 <= size <= MOST_COMPRESSED)
            ws.close()

    def test_fragments_of_a_compressed_message_come_back_as_one_with_pings_answered_between(self):
        rng = random.Random(7692)
        with self.open() as ws:
            for _ in range(30):
                text = "".join(rng.choice("aé€😀") for _ in range(rng.randrange(600))).encode()
                payload = deflated(text, level=rng.choice((0, 1, 9)))
                cuts = sorted(rng.randrange(len(payload) + 1) for _ in range(rng.randrange(1, 6)))
                pieces = [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)])]
                for i, piece in enumerate(pieces):
                    ws.send(frame(TEXT if i == 0 else CONTINUATION, piece, fin=i == len(pieces) - 1, rsv=COMPRESSED if i == 0 else 0))
                    if i == 0:
                        ws.send(frame(PING, b"between"))
                self.assertEqual(ws.read_frame(), (PONG, b"between"))
                self.assertEqual(ws.read_message()[:2], (TEXT, text))
            ws.close()

    def test_sessions_do_not_see_each_others_windows(self):
        streams = [self.open() for _ in range(10)]
        for ws in streams:
            self.addCleanup(ws.connection.close)
        messages = [b"%d " % i + WORDS[:10_000] for i in range(len(streams))]  # all may come in one turn: not more than that compresses
        halves = [(p[:len(p) // 2], p[len(p) // 2:]) for p in map(deflated, messages)]
        for ws, (first, _) in zip(streams, halves):
            ws.send(frame(TEXT, first, fin=False, rsv=COMPRESSED))
        for ws, (_, second) in reversed(list(zip(streams, halves))):
            ws.send(frame(CONTINUATION, second))
        for ws, message in zip(streams, messages):
            self.assertEqual(ws.read_message(), (TEXT, message, True))

    def test_c81_the_compressed_bit_stands_on_the_first_frame_of_a_message_only(self):
        """C-81."""
        hello = deflated(b"Hello")
        self.check(1002, frame(PING, b"x", rsv=COMPRESSED))
        self.check(1002, close_frame().replace(b"\x88", b"\xc8", 1))
        self.check(1002, frame(CONTINUATION, hello, rsv=COMPRESSED))
        self.check(1002, frame(TEXT, hello[:3], fin=False, rsv=COMPRESSED) + frame(CONTINUATION, hello[3:], rsv=COMPRESSED))
        self.check(1002, frame(TEXT, b"plain", fin=False) + frame(CONTINUATION, hello, rsv=COMPRESSED))
        for rsv in (1, 2, 3, 5, 6, 7):
            self.check(1002, frame(TEXT, hello, rsv=rsv))

    def test_what_is_no_deflate_data_closes_with_1007(self):
        for payload in (b"", b"\xff", deflated(b"Hello")[:-1], deflated(b"Hello") + b"\x06", b"\x07" * 50):
            self.check(1007, frame(TEXT, b"good") + frame(BINARY, payload, rsv=COMPRESSED), before=[(TEXT, b"good")])

    def test_c83_inflated_text_is_utf_8(self):
        """C-83."""
        self.check(1007, frame(TEXT, deflated(b"\xce\xba\xed\xa0\x80"), rsv=COMPRESSED))
        self.check(1007, frame(TEXT, deflated(b"half \xe2\x82"), rsv=COMPRESSED))
        with self.open() as ws:
            ws.send(frame(BINARY, deflated(b"\xff" * 300), rsv=COMPRESSED))
            self.assertEqual(ws.read_message(), (BINARY, b"\xff" * 300, True))

    def test_c85_a_message_over_the_limit_after_inflation_closes_with_1009(self):
        """C-85."""
        self.check(1009, frame(BINARY, deflated(bytes(MESSAGE_LIMIT + 1)), rsv=COMPRESSED))
        self.check(1009, frame(BINARY, deflated(b"\0" * (50 * MESSAGE_LIMIT), level=9), rsv=COMPRESSED))
        self.check(1009, b"\xc2\xff" + (2 * MESSAGE_LIMIT).to_bytes(8, "big") + b"\x01\x02\x03\x04")
        noise = os.urandom(MESSAGE_LIMIT)
        with self.open() as ws:  # what compression makes larger than the limit is not
            ws.send(frame(BINARY, deflated(noise, level=0), rsv=COMPRESSED))
            self.assertEqual(ws.read_frame(), (BINARY, noise))

    def test_the_metrics_count_bytes_in_either_form(self):
        def count(**labels):
            return self.server.metric("troupe_websocket_deflate_bytes_total", listener="public", **labels)
        before = {(d, f): count(direction=d, form=f) for d in ("in", "out") for f in ("plain", "compressed")}
        payload = deflated(WORDS)
        with self.open() as ws:
            ws.send(frame(TEXT, payload, rsv=COMPRESSED))
            _, answer, _ = ws.read_raw()
            ws.send(frame(TEXT, b"small") + frame(TEXT, b"*" * 100))
            self.assertEqual([ws.read_frame()[1] for _ in range(2)], [b"small", b"*" * 100])
        for (direction, form), size in ((("in", "compressed"), len(payload)), (("in", "plain"), len(WORDS)),
                                        (("out", "plain"), len(WORDS)), (("out", "compressed"), len(answer))):
            self.assertEqual(count(direction=direction, form=form) - before[direction, form], size)


class Bounds(SystemTest):
    def test_c85_a_message_that_inflates_too_far_closes_with_1009(self):
        """C-85."""
        server = self.serve("websocket.compression=true")
        for message, is_taken in ((tight(MESSAGE_LIMIT), True), (bytes(ALWAYS_INFLATED), True), (bytes(ALWAYS_INFLATED + 1), False)):
            with WebSocket(server.address, offer=OFFER) as ws:
                ws.send(frame(BINARY, deflated(message), rsv=COMPRESSED))
                if is_taken:
                    self.assertEqual(ws.read_message()[:2], (BINARY, message))
                else:
                    self.assertEqual(ws.read_close(), 1009)

    def test_messages_that_came_compressed_and_wait_for_their_service_are_bounded(self):
        server = self.serve("websocket.compression=true", "websocket.inflated_bytes=64KiB", "connections.actors=1")
        message = tight(30_000)  # two are a share of inflation, and a turn has two shares
        compressed = frame(BINARY, deflated(message), rsv=COMPRESSED)
        with WebSocket(server.address, offer=OFFER) as ws, WebSocket(server.address, offer=OFFER) as other:
            ws.send(compressed * 4)  # one packet: taken in one turn
            for _ in range(3):
                self.assertEqual(ws.read_message(), (BINARY, message, True))
            self.assertEqual(ws.read_close(), 1013)
            for _ in range(20):  # what has been answered counts no more
                other.send(compressed)
                self.assertEqual(other.read_message(), (BINARY, message, True))

    def test_an_idle_compressed_session_holds_no_window(self):
        server = self.serve("websocket.compression=true", extra_environment=LITTLE_QUARANTINE)
        message = frame(TEXT, deflated(WORDS), rsv=COMPRESSED)

        def grow(offer, count):
            """What so many more sessions cost, each of which has sent and received a message."""
            before = server.resident_bytes()
            for _ in range(count):
                ws = WebSocket(server.address, offer=offer)
                self.addCleanup(ws.connection.close)
                ws.send(message if ws.agreed else frame(TEXT, WORDS))
                self.assertEqual(ws.read_message()[:2], (TEXT, WORDS))
            return server.resident_bytes() - before

        grow(OFFER, 50)
        plain, compressed = grow(None, 300), grow(OFFER, 300)
        self.assertLess(compressed - plain, 300 * (8192 if is_sanitized() else 2048))

    def test_bombs_leave_the_others_their_turn(self):
        server = self.serve("websocket.compression=true", "scheduler.workers=1", extra_environment=LITTLE_QUARANTINE)
        bombs = frame(BINARY, deflated(tight(MESSAGE_LIMIT), level=9), rsv=COMPRESSED) * 8
        stop = threading.Event()

        def flood():
            with WebSocket(server.address, offer=OFFER) as ws:
                while not stop.is_set():
                    ws.send(bombs)
                    for _ in range(8):
                        ws.read_raw()

        flooders = [threading.Thread(target=flood, daemon=True) for _ in range(4)]
        before = server.resident_bytes()
        for flooder in flooders:
            flooder.start()
        wait_until(lambda: server.metric("troupe_websocket_messages_total", direction="in") > 100, "the flood has begun")
        with server.connect() as c:
            for _ in range(50):
                self.assertEqual(c.ask("GET", "/hello").status, 200)
        with WebSocket(server.address, offer=OFFER) as ws:  # one that may send compressed messages too
            for _ in range(20):
                ws.send(frame(TEXT, b"a word"))
                self.assertEqual(ws.read_frame(), (TEXT, b"a word"))
        self.assertLess(server.resident_bytes() - before, 128 * 1024 * 1024)
        stop.set()
        for flooder in flooders:
            flooder.join(30)
            self.assertFalse(flooder.is_alive())


if __name__ == "__main__":
    unittest.main(verbosity=2)
