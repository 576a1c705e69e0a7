"""Accepts that fail, and connections that end before anything is read from them. A library in the server makes accept4 fail."""
import errno
import os
import time
import unittest

from accept_faults import AcceptFaults
from connection_test import reset
from troupe_process import SystemTest, request, wait_until

HELLO = request("GET", "/hello")
ROUNDS = 6


class Accepts(SystemTest):
    def serve_with_faults(self, *settings):
        self.faults = AcceptFaults(self.directory / "faults")
        # One acceptor, so that each failure is its; nothing in the kernel keeps a silent connection back.
        server = self.serve("connections.acceptors=1", "connections.defer_accept=0", *settings, extra_environment=self.faults.environment)
        self.faults.set("port", server.address[1])
        return server

    def failures(self, server):
        return server.metric("troupe_http_accept_failures_total", listener="public")

    def complaints(self, server):
        return [event for event in server.log_events() if event["event"] == "accept_failed"]

    def test_c67_an_accept_that_fails_for_its_connection_alone_is_tried_again(self):
        """C-67. Source: accept(2), "Error handling"."""
        server = self.serve_with_faults()
        total = 0
        for error in (errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EPERM, errno.ENETDOWN, errno.ETIMEDOUT):
            with self.subTest(errno.errorcode[error]):
                self.faults.fail(error, 3)
                self.assertEqual(server.ask("GET", "/hello").body, b"Hello")
                total += 3
                self.assertEqual(self.failures(server), total)
        self.assertEqual(self.complaints(server), [])

    def test_c67_c76_accepts_that_go_on_failing_cost_little_and_end_with_their_cause(self):
        """C-67, C-76."""
        server = self.serve_with_faults()
        with server.connect() as before:
            self.assertEqual(before.ask("GET", "/hello").status, 200)
            # Without descriptors each try is two, one of them with the reserve; others are tried a turn long before they are waited out.
            exhausted = {error: 2 for error in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)}
            for error, tries in {**exhausted, errno.ECONNABORTED: 64, errno.EPERM: 64}.items():
                with self.subTest(errno.errorcode[error]):
                    spent, complaints, begin = server.cpu_seconds(), len(self.complaints(server)), time.monotonic()
                    self.faults.fail(error, ROUNDS * tries)
                    with server.connect() as waiting:
                        waiting.send(HELLO)
                        self.assertEqual(before.ask("GET", "/hello").status, 200, "who is there is served")
                        self.assertEqual(waiting.read().body, b"Hello", "who waits is served once the cause is gone")
                    took = time.monotonic() - begin
                    self.assertEqual(self.faults.get("failed"), ROUNDS * tries)
                    self.assertGreater(took, 0.09 * ROUNDS, "a tenth of a second between two rounds")
                    self.assertLess(server.cpu_seconds() - spent, took / 2, "it does not spin")
                    wait_until(lambda: len(self.complaints(server)) > complaints, "it is logged")
                    said = [event["reason"] for event in self.complaints(server)[complaints:]]
                    self.assertEqual(said, [os.strerror(error)], "one record, however often")

    def test_c67_a_reset_between_the_accept_and_the_first_read(self):
        """C-67."""
        server = self.serve_with_faults()
        descriptors = server.open_descriptors()
        for sent in (b"", b"G", HELLO, request("POST", "/v1/payments", None, {"Content-Length": 10})):
            for _ in range(5):
                self.faults.set("held", 1)
                c = server.connect()
                c.send(sent)
                wait_until(lambda: self.faults.get("holding") == 1, "it is accepted")
                reset(c)
                wait_until(lambda: self.faults.get("holding") == 0, "the reset has come")
                self.assertEqual(server.ask("GET", "/hello").body, b"Hello")
        wait_until(lambda: server.open_descriptors() <= descriptors, "the server lets go of them")
        self.assertEqual(self.failures(server), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
