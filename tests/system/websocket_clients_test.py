"""WebSocket clients of others against the real server: what we and our own client might both have misread shows here."""
import pathlib
import subprocess
import unittest

from troupe_process import SystemTest

PACKAGED_PYTHON = "/usr/bin/python3"  # the one that the distribution's packages are for


class Packaged(SystemTest):
    def converse(self, is_configured, is_offered):
        server = self.serve(f"websocket.compression={str(is_configured).lower()}", "websocket.most_inflation=1100")
        client = pathlib.Path(__file__).with_name("websockets_client.py")
        done = subprocess.run([PACKAGED_PYTHON, "-B", str(client), *map(str, server.address), str(is_configured and is_offered).lower()],
                              capture_output=True, text=True, timeout=150, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        travelled = server.metric("troupe_websocket_deflate_bytes_total")
        self.assertEqual(travelled > 0, is_configured and is_offered)

    def test_python_websockets_with_compression(self):
        self.converse(True, True)

    def test_python_websockets_without_compression(self):
        self.converse(False, False)


if __name__ == "__main__":
    unittest.main(verbosity=2)
