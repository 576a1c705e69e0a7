"""How connections receive and send, connections.backend: the bytes are the same, and a kernel that refuses io_uring costs nothing but speed."""
import ctypes
import errno
import os
import socket
import struct
import threading
import unittest

from ring_faults import RingFaults
from troupe_process import IO_URING_SETUP, Closed, SystemTest, kernel_has_io_uring, request, wait_until

BACKENDS = ("epoll", "io_uring", "auto")


def forbid_io_uring(error_number):
    """In a child before exec: io_uring_setup(2) fails with this error, as under a container's seccomp rules."""
    rules = b"".join(struct.pack("HBBI", *rule) for rule in (
        (0x20, 0, 0, 0),                          # load the number of the system call
        (0x15, 0, 1, IO_URING_SETUP),             # if it is that one
        (0x06, 0, 0, 0x00050000 | error_number),  # SECCOMP_RET_ERRNO
        (0x06, 0, 0, 0x7FFF0000),                 # SECCOMP_RET_ALLOW
    ))
    code = ctypes.create_string_buffer(rules, len(rules))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:  # NO_NEW_PRIVS, SECCOMP: a filter
        raise OSError(ctypes.get_errno(), "no seccomp filter")


def rings(server):
    """How many rings the server has open."""
    names = []
    for descriptor in os.listdir(f"/proc/{server.pid}/fd"):
        try:
            names.append(os.readlink(f"/proc/{server.pid}/fd/{descriptor}"))
        except FileNotFoundError:
            continue
    return names.count("anon_inode:[io_uring]")


def body(client, number, size):
    """Bytes that no other request has."""
    text = b"client %d request %d;" % (client, number)
    return (text * (size // len(text) + 1))[:size]


class Bytes(SystemTest):
    """The same with each back end."""

    def each(self, *settings):
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                server = self.serve(f"connections.backend={backend}", *settings, data_dir=self.directory / backend)
                yield server
                server.end()

    def test_many_clients_at_once_get_each_their_own_answers_in_order(self):
        sizes = (1, 100, 3_000, 4_000, 4_096, 5_000, 20_000, 70_000)
        for server in self.each():
            clients = [server.connect() for _ in range(100)]
            for round_number in range(3):
                for i, client in enumerate(clients):  # all are ready before the first is answered, more or less
                    client.send(b"".join(request("POST", "/echo", body(i, n, sizes[(i + n + round_number) % len(sizes)])) for n in range(4)))
                for i, client in enumerate(clients):
                    for n in range(4):
                        self.assertEqual(client.read().body, body(i, n, sizes[(i + n + round_number) % len(sizes)]))
            for client in clients:
                client.close()
            wait_until(lambda: server.metric("troupe_http_sessions", listener="public") == 0, "the sessions end")

    def test_clients_that_do_not_read_get_everything_in_order_once_they_do(self):
        for server in self.each("connections.unsent_bytes=4096"):
            clients = [server.connect(receive_buffer=4096) for _ in range(8)]
            senders = []
            for i, client in enumerate(clients):
                data = b"".join(request("POST", "/echo", body(i, n, 2_000)) for n in range(1_500))
                senders.append(threading.Thread(target=client.send, args=(data,)))
                senders[-1].start()
            wait_until(lambda: server.metric("troupe_http_pool_in_use", listener="public", pool="outputs") > 0, "an output is blocked")
            for i, client in enumerate(clients):
                for n in range(1_500):
                    self.assertEqual(client.read().body, body(i, n, 2_000))
            for sender, client in zip(senders, clients):
                sender.join()
                client.close()

    def test_a_socket_that_is_full_takes_the_rest_of_a_small_answer_later(self):
        for server in self.each("connections.unsent_bytes=4096"):
            with server.connect(receive_buffer=4096) as client:
                asked = 0

                def is_full():
                    return server.metric("troupe_http_pool_in_use", listener="public", pool="outputs") > 0

                while not is_full():  # one by one: an answer leaves before the next is asked for
                    self.assertLess(asked, 1_000, "the socket is never full")
                    client.send(request("POST", "/echo", body(0, asked, 3_500)))
                    asked += 1
                    wait_until(lambda: is_full() or server.metric("troupe_http_requests_total", listener="public") == asked,
                               "the request is answered")
                for n in range(asked):
                    self.assertEqual(client.read().body, body(0, n, 3_500))
                self.assertEqual(client.ask("GET", "/hello").body, b"Hello")

    def test_100_continue_waits_for_room_behind_an_answer_that_fills_the_socket(self):
        expecting = b"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        for server in self.each("connections.unsent_bytes=8192", "connections.actors=1"):
            with server.connect() as other:
                echoed = 0

                def echo(size):
                    nonlocal echoed
                    echoed += 1
                    client = server.connect(receive_buffer=2048)
                    client.send(request("POST", "/echo", body(0, 0, size)))
                    wait_until(lambda: server.metric("troupe_http_requests_total", listener="public", route="/echo") == echoed, "it is answered")
                    other.ask("GET", "/hello")  # the turn that has written the answer is over
                    return client

                fits, too_large = 1, 1 << 20
                while fits + 1 < too_large:
                    size = (fits + too_large) // 2
                    with echo(size):
                        if server.metric("troupe_http_pool_in_use", listener="public", pool="outputs") > 0:
                            too_large = size
                        else:
                            fits = size
                for size in range(fits - 40, fits + 2):
                    with echo(size) as client:
                        client.send(expecting)
                        other.ask("GET", "/hello")
                        self.assertEqual(client.read().body, body(0, 0, size))
                        self.assertEqual(client.read_interim(), "HTTP/1.1 100 Continue")
                        client.send(b"hello")
                        self.assertEqual(client.read().body, b"hello")
                        echoed += 1

    def test_clients_that_reset_disturb_nobody(self):
        for server in self.each():
            descriptors = server.open_descriptors()
            with server.connect() as steady:
                for _ in range(20):
                    rude = [server.connect() for _ in range(30)]
                    for client in rude:
                        client.send(request("POST", "/echo", b"x" * 3_000) * 4)
                        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        client.close()
                    self.assertEqual(steady.ask("POST", "/echo", b"still here").body, b"still here")
            wait_until(lambda: server.open_descriptors() <= descriptors, "all descriptors are given back")

    def test_half_closed_and_short_connections_are_answered(self):
        for server in self.each():
            clients = []
            for i in range(60):
                clients.append(server.connect())
                clients[-1].send(request("POST", "/echo", body(i, 0, 500), {"Connection": "close"} if i % 2 else None))
                if i % 2 == 0:
                    clients[-1].finish_sending()
            for i, client in enumerate(clients):
                self.assertEqual(client.read().body, body(i, 0, 500))
                self.assertTrue(client.is_closed_by_server())
                client.close()


@unittest.skipUnless(kernel_has_io_uring(), "the kernel has no io_uring, or forbids it")
class BrokenRings(SystemTest):
    """A kernel that goes on with the rings no more, while clients are there. A library in the server stands for it."""
    actors = 2
    clients = 60

    def serve_with_faults(self):
        self.faults = RingFaults(self.directory / "faults")
        return self.serve("connections.backend=io_uring", f"connections.actors={self.actors}", extra_environment=self.faults.environment)

    def asked(self, server):
        """Clients that have sent a request each and read nothing."""
        clients = [server.connect() for _ in range(self.clients)]
        for number, client in enumerate(clients):
            self.addCleanup(client.close)
            self.assertEqual(client.ask("POST", "/echo", body(number, 0, 100)).body, body(number, 0, 100))
        return clients

    def check_given_up(self, server):
        wait_until(lambda: rings(server) == 0, "all rings are given up")
        self.assertEqual(server.ask("POST", "/echo", b"by calls").body, b"by calls")
        wait_until(lambda: len([e for e in server.log_events() if e["event"] == "io_uring_given_up"]) == self.actors, "each actor says so once")

    def test_operations_that_are_not_taken_are_done_by_calls_and_no_client_sees_it(self):
        for refused in (1, 64):
            with self.subTest(refused=refused):
                server = self.serve_with_faults()
                clients = self.asked(server)
                self.faults.set("refused", refused)
                for number, client in enumerate(clients):
                    client.send(request("POST", "/echo", body(number, 1, 3_000)))
                for number, client in enumerate(clients):
                    self.assertEqual(client.read().body, body(number, 1, 3_000))
                self.check_given_up(server)
                server.end()

    def test_operations_that_are_not_answered_cost_their_sessions_and_nobody_else_anything(self):
        server = self.serve_with_faults()
        clients = self.asked(server)
        self.faults.set("unanswered", 1)
        for number, client in enumerate(clients):
            client.send(request("POST", "/echo", body(number, 1, 3_000)))
        lost = 0
        for number, client in enumerate(clients):
            try:
                self.assertEqual(client.read().body, body(number, 1, 3_000))
                self.assertEqual(client.ask("GET", "/hello").body, b"Hello")
            except Closed as end:
                self.assertEqual(end.rest, b"")
                lost += 1
        self.assertEqual(lost, self.actors, "one operation of each ring")
        self.check_given_up(server)


class Choice(SystemTest):
    def refusals(self, server):
        return [event for event in server.log_events() if event.get("event") == "io_uring_refused"]

    @unittest.skipUnless(kernel_has_io_uring(), "the kernel has no io_uring, or forbids it")
    def test_each_connection_actor_has_a_ring_unless_epoll_is_chosen_or_tls_is_spoken(self):
        for backend, expected in (("epoll", 0), ("io_uring", 3), ("auto", 3)):
            server = self.serve(f"connections.backend={backend}", "connections.actors=3", data_dir=self.directory / backend)
            self.assertEqual(server.ask("GET", "/hello").body, b"Hello")
            self.assertEqual(rings(server), expected, backend)
            self.assertFalse(self.refusals(server))
            server.end()

    def test_a_kernel_that_refuses_is_said_once_and_everything_works(self):
        for backend, level in (("io_uring", "warn"), ("auto", "info")):
            for number in (errno.EPERM, errno.ENOSYS):
                name = f"{backend}-{errno.errorcode[number]}"
                with self.subTest(name):
                    server = self.serve(f"connections.backend={backend}", "connections.actors=3", data_dir=self.directory / name,
                                        before_exec=lambda n=number: forbid_io_uring(n))
                    self.assertEqual(rings(server), 0)
                    for _ in range(3):
                        self.assertEqual(server.ask("POST", "/echo", b"as ever").body, b"as ever")
                    server.end()
                    said = self.refusals(server)
                    self.assertEqual(len(said), 1, server.log())
                    self.assertEqual(said[0]["level"], level)
                    self.assertEqual(said[0]["instead"], "epoll")
                    self.assertIn(os.strerror(number), said[0]["reason"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
