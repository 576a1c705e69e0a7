"""Early data of TLS 1.3, which no client is ever invited to send: sessions that were changed to allow it are offered by the openssl tool."""
import subprocess
import unittest

from certificate_authority import CertificateAuthority
from tls_connection import SecureConnection, trusting
from troupe_process import SystemTest, request, wait_until

HELLO = request("GET", "/hello", None, {"Connection": "close"})
PRODUCT = {"name": "early", "price": {"amount_minor": 1, "currency": "GBP"}}
EARLY_DATA_TAG = 0xA0 | 15  # of max_early_data in OpenSSL's SSL_SESSION: [15] EXPLICIT INTEGER


def element(der, at):
    """One element of DER: its tag, and where its content begins and ends."""
    size, begin = der[at + 1], at + 2
    if size & 0x80:
        begin += size & 0x7F
        size = int.from_bytes(der[at + 2:begin], "big")
    return der[at], begin, begin + size


def allowing_early_data(session, count):
    """The session of these DER bytes with another number of bytes that may come early."""
    _, at, end = element(session, 0)
    members = []
    while at < end:
        tag, _, after = element(session, at)
        if tag != EARLY_DATA_TAG:
            members.append((tag, session[at:after]))
        at = after
    number = count.to_bytes(count.bit_length() // 8 + 1, "big")
    members.append((EARLY_DATA_TAG, bytes([EARLY_DATA_TAG, 2 + len(number), 2, len(number)]) + number))
    # The plain members keep their order before the tagged ones.
    plain = [raw for tag, raw in members if tag < 0xA0]
    tagged = [raw for _, raw in sorted(member for member in members if member[0] >= 0xA0)]
    content = b"".join(plain + tagged)
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


class EarlyData(SystemTest):
    def setUp(self):
        super().setUp()
        self.ca = CertificateAuthority(self.directory / "ca")
        self.server = self.serve(f"tls.certificates={self.ca.make('shop', '/CN=shop', ['shop.test']).setting}")
        self.session = self.directory / "session"
        self.early = self.directory / "early"

    def tool(self, *options):
        """What the openssl tool says, which asks for /hello when its handshake is done."""
        where = "{}:{}".format(*self.server.address)
        done = subprocess.run(["openssl", "s_client", "-connect", where, "-servername", "shop.test", "-CAfile", self.ca.root.certificate,
                               "-tls1_3", "-ign_eof", *options], input=HELLO, capture_output=True, timeout=30, check=False)
        return done.stdout

    def offer(self, data):
        self.early.write_bytes(data)
        return self.tool("-sess_in", self.session, "-early_data", self.early)

    def forge(self, count):
        read = subprocess.run(["openssl", "sess_id", "-in", self.session, "-outform", "DER"], capture_output=True, check=True).stdout
        subprocess.run(["openssl", "sess_id", "-inform", "DER", "-out", self.session], input=allowing_early_data(read, count),
                       capture_output=True, check=True)

    def test_early_data_is_not_invited_and_what_comes_all_the_same_is_not_looked_at(self):
        """RFC 8446 section 4.2.10, RFC 8470 section 3."""
        self.tool("-sess_out", self.session)
        self.assertIn(b"Early data was not sent", self.offer(HELLO), "the tool keeps to the ticket")
        self.forge(1 << 20)
        put = request("PUT", "/v1/products/early", PRODUCT)
        said = self.offer(put)
        self.assertIn(b"Early data was rejected", said)
        self.assertEqual(said.count(b"HTTP/1.1 "), 1, "what came after the handshake is answered")
        self.assertTrue(said.partition(b"HTTP/1.1 ")[2].startswith(b"200"), said)
        # More than a server has to skip ends the handshake.
        said = self.offer(request("PUT", "/v1/products/early", b" " * 200_000))
        self.assertIn(b"Early data was rejected", said)
        self.assertNotIn(b"HTTP/1.1 ", said)
        with SecureConnection(self.server.address, trusting(self.ca)) as c:
            self.assertEqual(c.ask("GET", "/v1/products/early").status, 404)
        wait_until(lambda: self.server.metric("troupe_http_sessions", listener="public") == 0, "every session has ended")


if __name__ == "__main__":
    unittest.main(verbosity=2)
