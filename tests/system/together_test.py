"""What each part is tested for alone, together on one connection: TLS, the PROXY protocol, files, streamed answers, WebSockets."""
import json
import os
import struct
import unittest

from tls_connection import SecureConnection
from tls_test import TlsTest, metric
from troupe_process import Closed, Connection, request
from websocket_client import TEXT, WebSocket, close_frame, frame


def proxy_header(client="192.0.2.7", port=1234):
    """PROXY version 2, for TCP over IPv4. Source: HAProxy's description of the protocol, section 2.2."""
    addresses = bytes(map(int, client.split("."))) + bytes([127, 0, 0, 1]) + struct.pack("!HH", port, 443)
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(addresses)) + addresses


class BehindAProxy(SecureConnection):
    """The PROXY header in the clear, then TLS."""

    def __init__(self, address, context, header):
        Connection.__init__(self, address)
        self.send(header)
        self.socket = context.wrap_socket(self.socket, server_hostname="shop.test", suppress_ragged_eofs=False)


class Together(TlsTest):
    def test_files_leave_through_tls_whole_and_in_parts(self):
        files = self.directory / "files"
        files.mkdir()
        contents = {"small.txt": b"small", "large.bin": os.urandom(3_000_000), "empty": b""}
        for name, content in contents.items():
            (files / name).write_bytes(content)
        server = self.serve_tls(f"files.directory={files}")
        c = self.connect(server)
        for name, content in contents.items():
            self.assertEqual(c.ask("GET", "/static/" + name).body, content)
        part = c.ask("GET", "/static/large.bin", fields={"Range": "bytes=1000-1999999"})
        self.assertEqual((part.status, part.body), (206, contents["large.bin"][1000:2_000_000]))
        self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
        c.send(b"".join(request("GET", "/static/" + name) for name in contents) * 3)
        for content in list(contents.values()) * 3:
            self.assertEqual(c.read().body, content)

    def test_an_export_streams_through_tls(self):
        server = self.serve_tls()
        c = self.connect(server)
        for i in range(300):
            product = {"name": "n" * 250, "description": "d" * 1000, "price": {"amount_minor": i, "currency": "GBP"}}
            self.assertEqual(c.ask("PUT", f"/v1/products/p{i:03}", product).status, 201)
        c.send(request("GET", "/v1/products:export"))
        head = c.read(head_only=True)
        self.assertEqual(head.field("Transfer-Encoding"), "chunked")
        text = b""
        while chunk := c.read_chunk():
            text += chunk
        self.assertEqual([json.loads(line)["id"] for line in text.splitlines()], [f"p{i:03}" for i in range(300)])

    def test_a_websocket_over_tls_echoes_large_and_small_messages_and_closes(self):
        server = self.serve_tls()
        c = self.connect(server)
        self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
        ws = WebSocket(server.address, connection=c)
        messages = [b"", b"short", b"x" * 70_000, b"y" * 1_000_000]
        for message in messages:
            ws.send(frame(TEXT, message))
            self.assertEqual(ws.read_frame(), (TEXT, message))
        ws.send(b"".join(frame(TEXT, b"%d" % i) for i in range(200)))
        for i in range(200):
            self.assertEqual(ws.read_frame(), (TEXT, b"%d" % i))
        ws.send(close_frame())
        self.assertEqual(ws.read_close(), 1000)

    def test_a_proxy_header_stands_before_the_tls_handshake(self):
        server = self.serve_tls("connections.proxy_protocol=required", "connections.tls_handshake_timeout=30s")
        whole = proxy_header()
        with BehindAProxy(server.address, self.context, whole) as c:
            for _ in range(3):
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
        with Connection(server.address) as raw:  # the header in two packets
            raw.send(whole[:9])  # it stays in the kernel until it is whole
            raw.send(whole[9:])
            raw.socket = self.context.wrap_socket(raw.socket, server_hostname="shop.test")
            self.assertEqual(raw.ask("GET", "/hello").body, b"Hello")
        with self.assertRaises((OSError, Closed)):
            self.connect(server)  # TLS without the header
        self.assertEqual(metric(server, "troupe_http_sessions_refused_total"), 1)

    def test_a_refusal_reaches_a_client_that_is_still_sending(self):
        server = self.serve_tls()
        plain = self.serve(data_dir=self.directory / "plain")
        for connect in (lambda: self.connect(server), plain.connect):
            for _ in range(20):
                with connect() as c:
                    c.send(b"GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n" + b"z" * 20_000)
                    answer = c.read()
                    self.assertEqual((answer.status, answer.announces_close()), (400, True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
