"""Packaged nginx as what TLS is compared with: its own configuration in a scratch directory, an ordinary child, never the system's service."""

import contextlib
import os
import shutil
import socket
import subprocess
import time

import servers
from failure import Failure

CONFIGURATION = """
daemon off;
worker_processes {workers};
pid {directory}/nginx.pid;
error_log {directory}/nginx.error.log warn;
{user}
events {{ worker_connections 8192; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl reuseport deferred backlog=4096;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519:prime256v1:secp384r1;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    ssl_prefer_server_ciphers on;
    location / {{ default_type text/plain; return 200 "{body}"; }}
  }}
}}
"""


def program():
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise Failure("nginx is missing: run without --no-build, or deploy/install loadtest")
    return found


def _free_port():
    # nginx takes no port 0. Somebody else may take this one first: then it says so and the measurement ends.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_listening(process, port, log):
    end = time.monotonic() + servers.READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.02)
    raise Failure(f"nginx was not ready within {servers.READY_SECONDS} s or ended; it said: {servers.tail(log)}")


@contextlib.contextmanager
def started(directory, certificate, key, body):
    """nginx with a worker for each usable core, answering every GET over TLS with 200 and this body."""
    place = directory / "nginx"
    place.mkdir()
    port = _free_port()
    configuration = place / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            workers=servers.cores(),
            directory=place,
            port=port,
            certificate=certificate,
            key=key,
            body=body,
            user="user root root;" if os.geteuid() == 0 else "",
        )
    )
    log = place / "nginx.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*servers.AS_BATCH, program(), "-e", str(log), "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
        )
    try:
        _wait_until_listening(process, port, log)
        server = servers.Server("nginx", process, log, {"listen": f"127.0.0.1:{port}"})
        server.adopt()
        yield server
    finally:
        process.terminate()
        try:
            process.wait(servers.STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
