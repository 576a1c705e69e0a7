"""Well-behaved clients: a request each at its own times, however long the answer before took, over connections that stay open."""

import contextlib
import heapq
import select
import socket
import ssl
import time

import connection
from failure import Failure

LATE_SECONDS = 10
PATIENCE = 5


def connect(address, tls):
    """A connection; by TLS with that context, if there is one."""
    host, port = connection.host_and_port(address)
    link = socket.create_connection((host, port), PATIENCE)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tls.wrap_socket(link, server_hostname=host) if tls else link


class Client:
    """One keep-alive connection and the request it is waiting for."""

    def __init__(self, address, tls, request, answer_bytes):
        self._request, self._answer_bytes = request, answer_bytes
        self.due, self._missing = None, 0
        self.link = connect(address, tls)
        if tls:
            self.link.setblocking(False)  # what has come may be a ticket, and no byte of an answer

    def ask(self, due):
        """Sends the request that was due then."""
        self.due, self._missing = due, self._answer_bytes
        self.link.sendall(self._request)

    def take(self):
        """Reads what is there; seconds since the request was due once its answer is complete, else None."""
        try:
            piece = self.link.recv(65536)
        except ssl.SSLWantReadError:
            return None
        if not piece:
            raise ConnectionResetError("the server has closed")
        self._missing -= len(piece)
        if self._missing < 0:
            raise ConnectionResetError("more than one answer")
        return time.monotonic() - self.due if self._missing == 0 else None


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def run(server, path, clients, every, seconds, tls=None):
    """Asks for `seconds`; times from when each request was due, so that a stall counts for all that it delays. `tls`: a context, or plain.

    Returns requests, p50_us, p99_us, max_us and errors.
    """
    request = connection.get_request(server.listen, path)
    with connect(server.listen, tls) as link:
        link.sendall(request)
        answer, status = connection.read_answer(link, f"GET {path}")
    if status != 200:
        raise Failure(f"GET {path} answered {status} instead of 200: {answer[:300]!r}")
    answer_bytes = len(answer)
    times, errors = [], 0
    poll = select.epoll()
    everyone = {}
    try:
        for _ in range(clients):
            client = Client(server.listen, tls, request, answer_bytes)
            everyone[client.link.fileno()] = client
            poll.register(client.link, select.EPOLLIN)
        begin = time.monotonic()
        schedule = [(begin + every * (number + 1) / clients, fd) for number, fd in enumerate(everyone)]
        heapq.heapify(schedule)
        waiting = set()
        while (now := time.monotonic()) < begin + seconds or waiting:
            if now > begin + seconds + LATE_SECONDS:
                errors += len(waiting)
                break
            while schedule and schedule[0][0] <= now and now < begin + seconds:
                due, fd = heapq.heappop(schedule)
                waiting.add(fd)
                with contextlib.suppress(OSError):  # the poll will tell
                    everyone[fd].ask(due)
            pause = max(0.0, schedule[0][0] - now) if schedule and now < begin + seconds else 0.05
            for fd, _ in poll.poll(min(pause, 0.05)):
                client = everyone[fd]
                try:
                    took = client.take()
                except OSError:
                    errors += 1
                    waiting.discard(fd)
                    poll.unregister(fd)
                    client.link.close()
                    continue  # a client that was turned away is not counted twice
                if took is not None:
                    times.append(took)
                    waiting.discard(fd)
                    heapq.heappush(schedule, (client.due + every, fd))
    finally:
        poll.close()
        for client in everyone.values():
            client.link.close()
    if not times:
        raise Failure(f"none of {clients} well-behaved clients was answered")
    times.sort()
    micro = {"p50_us": percentile(times, 0.5), "p99_us": percentile(times, 0.99), "max_us": times[-1]}
    return {"requests": len(times), "errors": errors, **{name: value * 1e6 for name, value in micro.items()}}
