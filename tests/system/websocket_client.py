"""A WebSocket client that can break every rule. Sources: RFC 6455, RFC 7692."""
import base64
import hashlib
import os
import struct
import zlib

from troupe_process import Connection, request

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def handshake_fields(**changes):
    """The fields of an opening handshake. A change of None leaves the field out; _ in its name is a hyphen."""
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
    for name, value in changes.items():
        fields[name.replace("_", "-")] = value
    return {name: value for name, value in fields.items() if value is not None}


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None):
    """A client's frame. `length`: what is announced instead of the payload's length."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    size = len(payload) if length is None else length
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65536:
        head += struct.pack("!BH", mask_bit | 126, size)
    else:
        head += struct.pack("!BQ", mask_bit | 127, size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    whole = int.from_bytes(payload, "big") ^ int.from_bytes((key * (len(payload) // 4 + 1))[:len(payload)], "big")
    return head + key + whole.to_bytes(len(payload), "big")


def close_frame(code=1000, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


def deflated(message, level=6, tail=b""):
    """The payload of a compressed message."""
    how = zlib.compressobj(level, zlib.DEFLATED, -15)
    out = how.compress(message) + how.flush(zlib.Z_SYNC_FLUSH)
    assert out.endswith(b"\0\0\xff\xff")
    return out[:-4] + tail


def inflated(payload):
    how = zlib.decompressobj(-15)
    return how.decompress(payload + b"\0\0\xff\xff")


class WebSocket:
    """A connection that has become a WebSocket. `early`: bytes sent in the same packet as the request. `offer`: the extensions that are offered."""

    def __init__(self, address, path="/echo-ws", early=b"", connection=None, offer=None, **options):
        self.connection = connection or Connection(address, **options)
        fields = handshake_fields(Sec_WebSocket_Extensions=offer)
        self.connection.send(request("GET", path, None, fields) + early)
        self.head = self.connection.read_interim()
        assert self.head.startswith("HTTP/1.1 101 "), self.head
        expected = base64.b64encode(hashlib.sha1(fields["Sec-WebSocket-Key"].encode() + GUID).digest()).decode()
        assert f"Sec-WebSocket-Accept: {expected}" in self.head, self.head
        self.agreed = next((line.partition(": ")[2] for line in self.head.split("\r\n") if line.startswith("Sec-WebSocket-Extensions: ")), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, data):
        self.connection.send(data)

    def read_frame(self):
        """Opcode and payload of the server's next frame, which must be whole and not masked."""
        opcode, payload, is_compressed = self.read_raw()
        assert not is_compressed, (opcode, payload[:100])
        return opcode, payload

    def read_message(self):
        """As `read_frame`, inflated when it is compressed, and whether it is."""
        opcode, payload, is_compressed = self.read_raw()
        return opcode, inflated(payload) if is_compressed else payload, is_compressed

    def read_raw(self):
        first, second = self.connection._take(2)
        allowed = 0x40 if self.agreed and first & 0x0F in (TEXT, BINARY) else 0
        assert first & 0x70 & ~allowed == 0 and first & 0x80 and not second & 0x80, (first, second)
        size = second
        if size == 126:
            size, = struct.unpack("!H", self.connection._take(2))
            assert size > 125
        elif size == 127:
            size, = struct.unpack("!Q", self.connection._take(8))
            assert size > 65535
        return first & 0x0F, self.connection._take(size), bool(first & 0x40)

    def read_close(self):
        """The code of the close frame that is next (None without one), and that the connection then ends."""
        opcode, payload = self.read_frame()
        assert opcode == CLOSE, (opcode, payload[:100])
        payload[2:].decode()
        return struct.unpack("!H", payload[:2])[0] if payload else None

    def is_closed(self, patience=5.0):
        """Whether the server ends the connection, with nothing more said."""
        self.connection.socket.settimeout(patience)
        try:
            return self.connection.read_to_end() == b""
        except TimeoutError:
            return False

    def close(self, code=1000):
        """The whole close handshake."""
        self.send(close_frame(code))
        answer = self.read_close()
        assert answer == code, answer
        assert self.is_closed()
