"""Starts packaged nginx and HAProxy in front of a server, as ordinary children in a scratch directory; they listen on a Unix socket there.

Both keep connections to the server open and use them for all clients, so that a disagreement about where a request ends would
show in the answers to others. A client says its number by a PROXY header, and the log has it in each of its rows.
"""
import os
import shutil
import socket
import subprocess
import typing

from troupe_process import PATIENCE, Connection, wait_until

NGINX = """
daemon off;
{user}
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  log_format sent '$proxy_protocol_port $status $upstream_addr $upstream_header_time';
  access_log {directory}/access.log sent;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_header_timeout 2s;
  client_body_timeout 2s;
  keepalive_timeout 2s;
  lingering_close off;
  ignore_invalid_headers off;
  upstream localhost {{ server {address}; keepalive 64; }}
  server {{
    listen unix:{directory}/front.sock proxy_protocol;
    location / {{
      proxy_pass http://localhost;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering {buffering};
      proxy_next_upstream off;
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  log stdout format raw local0 info
  maxconn 1024
defaults
  mode http
  log global
  log-format "%cp %ST %s %Tr"
  timeout connect 10s
  timeout client 2s
  timeout http-request 2s
  timeout server 30s
  retries 0
  http-reuse always
  option dontlognull
{defaults}
frontend front
  bind {bind}
  default_backend back
backend back
  server troupe {address} {server}
"""


class UnixConnection(Connection):
    """A client's connection to a front end."""

    def __init__(self, path, client, patience=PATIENCE):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(patience)
        self.buffer = b""
        try:
            self.socket.connect(str(path))
            self.socket.sendall(b"PROXY TCP4 127.0.0.1 127.0.0.1 %d 1\r\n" % client)
        except OSError:
            self.socket.close()
            raise


class Passed(typing.NamedTuple):
    """A request that a front end believes in, as it has logged it."""
    client: int  # its number
    status: int  # what the client was answered
    sent: bool  # to the server, as far as it had come
    answered: bool  # by the server, with a whole head


class FrontEnd:
    """A running front end. `requests()` is what it has logged."""

    def __init__(self, test, directory):
        self.directory = directory
        directory.mkdir()
        self.path = directory / "front.sock"
        self.process = None
        test.addCleanup(self.end)

    def wait_ready(self):
        def accepts():
            assert self.process.poll() is None, self.complaints()
            try:
                UnixConnection(self.path, 1).close()
                return True
            except (FileNotFoundError, ConnectionRefusedError):
                return False
        wait_until(accepts, "the front end listens")
        return self

    def connect(self, client=1):
        """`client`: a number from 1 to 65535."""
        return UnixConnection(self.path, client)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Nginx(FrontEnd):
    name = "nginx"

    def __init__(self, test, directory, server, buffering="off"):
        super().__init__(test, directory)
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        assert program, "nginx is missing: deploy/install test"
        host, port = server.address
        user = "user root;" if os.geteuid() == 0 else ""
        (directory / "nginx.conf").write_text(
            NGINX.format(directory=directory, address=f"{host}:{port}", buffering=buffering, user=user), encoding="ascii")
        with open(directory / "start.log", "wb") as log:
            self.process = subprocess.Popen([program, "-p", directory, "-e", directory / "error.log", "-c", directory / "nginx.conf"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait_ready()

    def complaints(self):
        return "".join((self.directory / name).read_text(errors="replace") for name in ("start.log", "error.log")
                       if (self.directory / name).exists())

    def requests(self):
        rows = (self.directory / "access.log").read_text(encoding="ascii").split("\n")[:-1]
        return [Passed(int(client), int(status), server != "-", header_time != "-")
                for client, status, server, header_time in (row.split(" ") for row in rows)]


class Haproxy(FrontEnd):
    name = "haproxy"

    def __init__(self, test, directory, server, options="", defaults="", listening=None):
        super().__init__(test, directory)
        program = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
        assert program, "haproxy is missing: deploy/install test"
        host, port = server.address
        bind = f"fd@{listening.fileno()}" if listening else f"unix@{self.path} accept-proxy"
        (directory / "haproxy.cfg").write_text(
            HAPROXY.format(bind=bind, address=f"{host}:{port}", server=options, defaults=defaults), encoding="ascii")
        # A file takes each row at once. HAProxy drops those that would make it wait, as for a pipe that is full or for another of its threads.
        with open(directory / "start.log", "wb") as errors, open(directory / "access.log", "wb") as rows:
            self.process = subprocess.Popen([program, "-db", "-f", directory / "haproxy.cfg"], stdin=subprocess.DEVNULL, stdout=rows,
                                            stderr=errors, pass_fds=[listening.fileno()] if listening else [])
        if not listening:
            self.wait_ready()

    def complaints(self):
        return (self.directory / "start.log").read_text(errors="replace")

    def requests(self):
        found = []
        for row in (self.directory / "access.log").read_text(encoding="ascii", errors="replace").split("\n")[:-1]:
            words = row.split(" ")
            if len(words) == 4 and words[0].isdigit():
                client, status, server, header_time = words
                found.append(Passed(int(client), int(status), server == "troupe", int(header_time) >= 0))
        return found
