"""TLS to the real server: a connection like the plain one, and one whose records are seen."""
import ssl

from troupe_process import Closed, Connection


def trusting(authority, version=None, client=None):
    """A client's context: one protocol version, or all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.root.certificate)
    if version:
        context.minimum_version = context.maximum_version = version
    if client:
        context.load_cert_chain(client.certificate, client.key)
    return context


class SecureConnection(Connection):
    """Fails when the server ends without close_notify."""

    def __init__(self, address, context, name="shop.test", session=None, **options):
        super().__init__(address, **options)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=name, session=session, suppress_ragged_eofs=False)
        except (OSError, ssl.SSLError):
            self.socket.close()
            raise

    def shown(self):
        """Common name of the certificate that the server has shown."""
        return dict(pair[0] for pair in self.socket.getpeercert()["subject"])["commonName"]


class RecordConnection:
    """A client that moves the records itself: it can cut them, count them, and end in ways that the ssl module does not."""

    def __init__(self, address, context, name="shop.test", **options):
        self.socket = Connection(address, **options).socket
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.received = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def records(self, action, *arguments):
        """The bytes that an action of the client wants to send, which are not sent yet."""
        try:
            action(*arguments)
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def receive(self):
        chunk = self.socket.recv(65536)
        self.received += chunk
        if chunk:
            self.incoming.write(chunk)
        else:
            self.incoming.write_eof()
        return chunk

    def drop_all(self):
        """Waits for the server to close; with bytes of ours unread, that is a reset."""
        try:
            while self.receive():
                pass
        except ConnectionResetError:
            pass

    def shake_hands(self):
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                if not self.receive():
                    raise Closed(b"") from None
        self.socket.sendall(self.outgoing.read())

    def write(self, data):
        self.socket.sendall(self.records(self.tls.write, data))

    def read_to_end(self):
        """Everything until the server says that it has ended."""
        out = b""
        while True:
            try:
                piece = self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.receive()
                continue
            except ssl.SSLZeroReturnError:
                return out
            if not piece:
                return out
            out += piece

    def read(self, count):
        out = b""
        while len(out) < count:
            try:
                out += self.tls.read(count - len(out))
            except ssl.SSLWantReadError:
                if not self.receive():
                    raise Closed(out) from None
        return out


def application_records(stream):
    """Sizes of the records of application data in the bytes that came. Source: RFC 8446 section 5.1."""
    sizes, at = [], 0
    while at + 5 <= len(stream):
        size = int.from_bytes(stream[at + 3:at + 5], "big")
        if stream[at] == 23:
            sizes.append(size)
        at += 5 + size
    return sizes
