"""No client input costs the server more than a hundred times what it costs the client to send, in memory or in CPU time.

The client's bytes are made before anything is counted, so that its cost is that of its system calls alone. Run it with the release
binary for figures: TROUPE_BINARY=build/release/bin/troupe python3 -B tests/system/amplification_test.py
"""
import contextlib
import pathlib
import sys
import threading
import time
import unittest

from troupe_process import SystemTest, is_sanitized, request

MOST = 100
SLOWER = 20  # a build with sanitizers and without optimisation, at most, than a release
CONNECTION_BYTES = 400  # what the packets of a handshake and an end cost the client beside its payload
PACKET_BYTES = 40  # and the headers of each packet
HOST = b" HTTP/1.1\r\nHost: h\r\n"
POST_CHUNKED = b"POST /echo" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


def post_json(target, body):
    return request("POST", target, body, {"Content-Type": "application/json"})


class Cost:
    """What an attack has cost both sides."""

    def __init__(self, server):
        self.server, self.sent = server, 0
        self.server_cpu, self.client_cpu, self.memory = -self.cpu(), -time.process_time(), -server.resident_bytes()

    def cpu(self):
        """Seconds of all threads that live, exact to the nanosecond where the kernel tells."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.server.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def send(self, connection, data):
        self.sent += len(data)
        connection.send(data)

    def finish(self):
        self.client_cpu += time.process_time()
        self.server_cpu += self.cpu()
        self.memory += self.server.resident_bytes()


class Amplification(SystemTest):
    servers = 0

    def measure(self, what, attack):
        self.servers += 1
        server = self.serve(data_dir=self.directory / str(self.servers), extra_environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        for _ in range(20):
            self.assertEqual(server.ask("POST", "/echo", b"x").status, 200)
        cost = Cost(server)
        with contextlib.ExitStack() as stack:
            attack(cost, stack)
            cost.finish()
        memory, cpu = cost.memory / cost.sent, cost.server_cpu / cost.client_cpu
        print(f"{what}: {cost.sent / 1e6:.1f} MB sent, memory x{memory:.2f}, CPU x{cpu:.1f}", file=sys.stderr)
        self.assertLess(memory, MOST)
        self.assertLess(cpu, MOST * (SLOWER if is_sanitized() else 1))
        self.assertEqual(server.ask("GET", "/hello").body, b"Hello")

    def exchange(self, cost, stack, data, answers, statuses):
        """Sends requests behind each other while their answers are read."""
        c = stack.enter_context(cost.server.connect())
        sender = threading.Thread(target=cost.send, args=(c, data))
        sender.start()
        seen = {c.read().status for _ in range(answers)}
        sender.join()
        self.assertLessEqual(seen, statuses)

    def repeat(self, what, one, times, statuses):
        data = one * times
        self.measure(what, lambda cost, stack: self.exchange(cost, stack, data, times, statuses))

    def refuse(self, what, one, times, statuses):
        """Each on a connection of its own, which the server closes."""
        def attack(cost, stack):
            for _ in range(times):
                c = stack.enter_context(cost.server.connect())
                cost.sent += CONNECTION_BYTES
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    cost.send(c, one)
                self.assertIn(c.read().status, statuses)
                c.close()
        self.measure(what, attack)

    def test_c23_thousands_of_query_parameters(self):
        """C-23."""
        self.repeat("1,900 equal query parameters", b"GET /v1/stats/top?" + b"a=1&" * 1900 + HOST + b"\r\n", 500, {200})

    def test_c23_query_names_that_are_nearly_the_right_one(self):
        """C-23."""
        self.repeat("1,100 encoded query names", b"GET /v1/stats/top?" + b"%6c=1&" * 1100 + HOST + b"\r\n", 500, {200})

    def test_c23_keys_that_collide_in_a_hash(self):
        """C-23."""
        # The keys of a query and of an object are compared and not hashed; many different ones cost a comparison each.
        pairs = "&".join(f"k{i:05d}" for i in range(1000)).encode()
        self.repeat("1,000 different query names", b"GET /v1/products?" + pairs + HOST + b"\r\n", 500, {200})
        keys = ("{" + ",".join(f'"k{i:06d}":0' for i in range(60_000)) + "}").encode()
        self.repeat("60,000 unknown keys of an object", post_json("/v1/events", keys), 5, {400})

    def test_c17_paths_of_many_segments(self):
        """C-17."""
        self.repeat("a path of 1,300 segments and back", b"GET " + b"/a" * 1300 + b"/.." * 1300 + b"/hello" + HOST + b"\r\n", 500, {200})
        self.repeat("a path of encoded bytes", b"GET /" + b"%61" * 2500 + HOST + b"\r\n", 500, {404})

    def test_c36_heads_of_many_small_fields(self):
        """C-36."""
        self.repeat("98 empty fields", b"GET /hello" + HOST + b"A:\r\n" * 98 + b"\r\n", 4000, {200})
        self.refuse("4,000 empty fields", b"GET /hello" + HOST + b"A:\r\n" * 3990 + b"\r\n", 300, {431})

    def test_c43_chunks_of_one_byte(self):
        """C-43."""
        self.repeat("100,000 chunks of one byte", POST_CHUNKED + b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n", 5, {200})

    def test_c44_chunks_of_one_byte_with_long_extensions(self):
        """C-44."""
        self.repeat("4,000 chunks with extensions of 250 bytes", POST_CHUNKED + (b"1;" + b"e" * 250 + b"\r\na\r\n") * 4000 + b"0\r\n\r\n", 5, {200})
        self.refuse("an extension of 8 KB", POST_CHUNKED + b"1;" + b"e" * 8192, 200, {400})

    def test_c48_trailers(self):
        """C-48."""
        self.repeat("1,000 trailer fields", POST_CHUNKED + b"1\r\na\r\n0\r\n" + b"A:\r\n" * 600 + b"\r\n", 1000, {200})

    def test_c54_nesting(self):
        """C-54."""
        self.repeat("a million arrays", post_json("/v1/events", b"[" * 1_000_000), 5, {400})

    def test_c68_pipelined_requests_with_a_body_of_one_byte(self):
        """C-68."""
        self.repeat("20,000 requests of one byte", request("POST", "/echo", b"x"), 20_000, {200})

    def test_c61_incomplete_heads_on_many_connections(self):
        """C-61."""
        head = b"GET /hello" + HOST + b"X: " + b"x" * 2000

        def attack(cost, stack, sent=head):
            connections = [stack.enter_context(cost.server.connect()) for _ in range(500)]
            for c in connections:
                cost.sent += CONNECTION_BYTES
                cost.send(c, sent)
            connections[-1].wait_until_read()
            self.assertEqual(cost.server.ask("GET", "/hello").status, 200)

        self.measure("2 KB of a head on 500 connections", attack)
        self.measure("a byte of a head on 500 connections", lambda cost, stack: attack(cost, stack, b"G"))

    def test_c51_incomplete_bodies_on_many_connections(self):
        """C-51."""
        head = request("POST", "/echo", None, {"Content-Length": 1_000_000})

        def attack(cost, stack):
            connections = [stack.enter_context(cost.server.connect()) for _ in range(500)]
            for c in connections:
                cost.sent += CONNECTION_BYTES
                cost.send(c, head + b"x")
            connections[-1].wait_until_read()
            self.assertEqual(cost.server.ask("GET", "/hello").status, 200)

        self.measure("a byte of a megabyte on 500 connections", attack)

    def test_c71_a_head_of_one_byte_packets(self):
        """C-71."""
        head = b"GET /hello" + HOST + b"A:\r\n" * 98 + b"X: " + b"x" * 4000 + b"\r\n\r\n"
        pieces = [head[i:i + 1] for i in range(len(head))]

        def attack(cost, stack):
            for _ in range(20):
                cost.sent += CONNECTION_BYTES + PACKET_BYTES * len(pieces)
                c = stack.enter_context(cost.server.connect())
                for piece in pieces:
                    cost.send(c, piece)
                self.assertEqual(c.read().status, 200)

        self.measure("heads of one-byte packets", attack)


if __name__ == "__main__":
    unittest.main(verbosity=2)
