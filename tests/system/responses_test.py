"""Answers on the wire: compression, preconditions, and streams with slow readers and readers that leave."""
import gzip
import json
import socket
import struct
import unittest

from troupe_process import SharedServerTest, is_sanitized, key, payment, request, wait_until

COUNT = 3000


def product(number, name="Heart"):
    return {"id": f"P{number:05}", "name": f"{name} {number}", "description": "A heart of wicker, and more words. " * 110,
            "price": {"amount_minor": 255 + number, "currency": "GBP"}, "stock": number}


class Responses(SharedServerTest):
    settings = ("connections.write_timeout=20s",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.server.connect() as c:
            for first in range(0, COUNT, 200):
                answer = c.ask("POST", "/v1/products:batch", {"products": [product(n) for n in range(first, first + 200)]})
                assert answer.status == 200, answer

    def test_gzip_is_negotiated(self):
        with self.server.connect() as c:
            plain = c.ask("GET", "/v1/products?q=heart&page_size=50")
            self.assertEqual((plain.field("Content-Encoding"), plain.field("Vary")), (None, "Accept-Encoding"))
            for value, packed in (("gzip", True), ("*", True), ("gzip;q=0", False), ("br, deflate", False), ("identity", False),
                                  ("gzip;q=0.5, identity;q=0.9", False), ("identity;q=0", False), ("x-gzip", True),
                                  ("gzip;q=0.001", True), ("", False)):
                with self.subTest(value):
                    answer = c.ask("GET", "/v1/products?q=heart&page_size=50", fields={"Accept-Encoding": value})
                    self.assertEqual(answer.field("Content-Encoding"), "gzip" if packed else None)
                    self.assertEqual(answer.field("Vary"), "Accept-Encoding")
                    self.assertEqual(gzip.decompress(answer.body) if packed else answer.body, plain.body)
                    if packed:
                        self.assertLess(len(answer.body), len(plain.body) / 5)
                    head = c.ask("HEAD", "/v1/products?q=heart&page_size=50", fields={"Accept-Encoding": value})
                    self.assertEqual(head.field("Content-Length"), answer.field("Content-Length"))
                    self.assertEqual(head.field("Content-Encoding"), answer.field("Content-Encoding"))

    def test_what_is_small_secret_or_echoed_is_not_compressed(self):
        fields = {"Accept-Encoding": "gzip"}
        with self.server.connect() as c:
            for method, target, body in (("GET", "/hello", None), ("GET", "/v1/products/P00001", None),
                                         ("POST", "/echo", b"<p>" * 5000), ("GET", "/v1/products:export", None)):
                answer = c.ask(method, target, body, fields=fields)
                self.assertEqual((answer.status, answer.field("Content-Encoding"), answer.field("Vary")), (200, None, None), target)
            paid = c.ask("POST", "/v1/payments", payment("1", 100, "r" * 100), fields={**fields, **key("gzip-1")})
            self.assertEqual((paid.status, paid.field("Content-Encoding"), paid.field("Vary")), (201, None, None))
            got = c.ask("GET", "/v1/payments/" + paid.json()["id"], fields=fields)
            self.assertEqual((got.status, got.field("Content-Encoding"), got.field("Vary")), (200, None, None))

    def test_preconditions_of_a_product(self):
        with self.server.connect() as c:
            tag = c.ask("GET", "/v1/products/P00002").field("ETag")
            for fields, status in (({"If-None-Match": tag}, 304), ({"If-None-Match": "W/" + tag}, 304), ({"If-None-Match": "*"}, 304),
                                   ({"If-None-Match": f'"x", {tag}'}, 304), ({"If-None-Match": '"x"'}, 200), ({"If-None-Match": ""}, 200)):
                answer = c.ask("GET", "/v1/products/P00002", fields=fields)
                self.assertEqual((answer.status, answer.field("ETag")), (status, tag), fields)
            changed = dict(product(2), name="Changed")
            for fields, status in (({"If-Match": '"x"'}, 412), ({"If-Match": "W/" + tag}, 412), ({"If-Match": ""}, 412),
                                   ({"If-None-Match": "*"}, 412), ({"If-None-Match": tag}, 412), ({"If-Match": tag}, 200),
                                   ({"If-Match": tag}, 412)):
                answer = c.ask("PUT", "/v1/products/P00002", changed, fields)
                self.assertEqual(answer.status, status, fields)
            self.assertEqual(c.ask("PUT", "/v1/products/NEW", product(1) | {"id": "NEW"}, {"If-Match": "*"}).status, 412)

    def test_c_41_a_clients_content_type_is_echoed_on_one_line_or_not_at_all(self):
        """C-41."""
        with self.server.connect() as c:
            for byte in range(256):
                value = b"text/x" + bytes([byte]) + b"y"
                c.send(b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nContent-Type: " + value + b"\r\n\r\nbody")
                answer = c.read()
                if answer.status == 200:
                    self.assertEqual(answer.body, b"body")
                    expected = value.decode("latin-1") if 32 <= byte < 127 or byte == 9 else None
                    self.assertEqual(answer.field("Content-Type"), expected, byte)
                else:
                    self.assertEqual(answer.status, 400, byte)
                    self.assertTrue(byte < 32 or byte == 127, byte)
                if answer.announces_close():
                    c.close()
                    c.__init__(self.server.address)

    def lines(self, body):
        self.assertTrue(body.endswith(b"\n"))
        return [json.loads(line) for line in body.splitlines()]

    def test_the_export_has_every_product_once_by_id(self):
        with self.server.connect() as c:
            answer = c.ask("GET", "/v1/products:export")
            self.assertEqual((answer.status, answer.field("Content-Type")), (200, "application/jsonl"))
            ids = [p["id"] for p in self.lines(answer.body)]
            self.assertEqual(ids, sorted(set(ids)))
            self.assertGreaterEqual(len(ids), COUNT)
            one = next(p for p in self.lines(answer.body) if p["id"] == "P00007")
            self.assertEqual(one, c.ask("GET", "/v1/products/P00007").json())
            self.assertEqual(c.ask("GET", "/hello").status, 200)

    def test_http_1_0_gets_the_export_up_to_the_end_of_the_connection(self):
        with self.server.connect() as c:
            c.send(b"GET /v1/products:export HTTP/1.0\r\n\r\n")
            head, _, body = c.read_to_end().partition(b"\r\n\r\n")
            self.assertNotIn(b"Transfer-Encoding", head)
            self.assertGreaterEqual(len(self.lines(body)), COUNT)

    def test_head_of_a_stream_has_no_body_and_opens_none(self):
        with self.server.connect() as c:
            answer = c.ask("HEAD", "/v1/products:export")
            self.assertEqual((answer.status, answer.field("Transfer-Encoding")), (200, "chunked"))
            self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
        wait_until(lambda: self.open_streams() == 0, "the stream of the HEAD is closed")

    def open_streams(self):
        return self.server.metric("troupe_service_streams", service="catalog")

    def test_a_product_written_meanwhile_shows_if_its_turn_is_to_come(self):
        with self.server.connect(receive_buffer=4096) as c, self.server.connect() as other:
            c.send(request("GET", "/v1/products:export"))
            self.assertIn("chunked", c.read_interim())
            first = c.read_chunk()
            self.assertEqual(other.ask("PUT", "/v1/products/zz-last", product(1) | {"id": "zz-last"}).status, 201)
            self.assertEqual(other.ask("PUT", "/v1/products/0-first", product(1) | {"id": "0-first"}).status, 201)
            ids = [p["id"] for p in self.lines(first + b"".join(iter(c.read_chunk, b"")))]
            self.assertEqual(ids[-1], "zz-last")
            self.assertNotIn("0-first", ids)
            self.assertEqual(ids, sorted(set(ids)))

    def test_readers_that_do_not_read_cost_two_chunks_and_leaving_reaches_the_service(self):
        with self.server.connect() as c:
            size = len(c.ask("GET", "/v1/products:export").body)
        self.assertGreater(size, 10_000_000)  # more than the kernel takes for a client that does not read
        cancelled = self.server.metric("troupe_service_streams_ended_total", service="catalog", how="cancelled")
        memory = self.server.resident_bytes()
        readers = [self.server.connect(receive_buffer=4096) for _ in range(40)]
        try:
            for c in readers:
                c.send(request("GET", "/v1/products:export"))
            wait_until(lambda: self.server.metric("troupe_http_pool_in_use", listener="public", pool="outputs") == len(readers),
                       "all outputs are blocked")
            self.assertEqual(self.open_streams(), len(readers))
            if not is_sanitized():
                self.assertLess(self.server.resident_bytes() - memory, len(readers) * 256 * 1024 + 4 * 1024 * 1024)
            with self.server.connect() as c:
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
            slow = readers.pop()
            self.assertGreaterEqual(len(self.lines(slow.read().body)), COUNT)
            slow.close()
        finally:
            for number, c in enumerate(readers):
                if number % 2:  # a reset, and a close
                    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                c.close()
        wait_until(lambda: self.open_streams() == 0, "the service has let go of all streams")
        ended = self.server.metric("troupe_service_streams_ended_total", service="catalog", how="cancelled")
        self.assertEqual(ended - cancelled, len(readers))
        self.assertEqual(self.server.metric("troupe_http_pool_in_use", listener="public", pool="streams"), 0)
        self.assertEqual(self.server.metric("troupe_service_in_flight", service="catalog"), 0)

    def test_a_client_that_pipelines_behind_a_stream_is_answered_in_order(self):
        with self.server.connect() as c:
            c.send(request("GET", "/hello") + request("GET", "/v1/products:export") * 2 + request("GET", "/hello"))
            self.assertEqual(c.read().body, b"Hello")
            self.assertEqual(c.read().body, c.read().body)
            self.assertEqual(c.read().body, b"Hello")


if __name__ == "__main__":
    unittest.main()
