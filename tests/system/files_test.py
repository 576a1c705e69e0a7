"""Files from a directory: what strangers may see of it, ranges, large files, and clients that leave."""
import contextlib
import gzip
import hashlib
import os
import pathlib
import shutil
import tempfile
import unittest

from troupe_process import PATIENCE, Server, SystemTest, is_sanitized, request, wait_until

YEAR_2001 = 1_000_000_000


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (YEAR_2001, YEAR_2001))


class Files(SystemTest):
    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="troupe-files-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        tree = cls.top / "served"
        write(tree / "index.html", b"<h1>top</h1>")
        write(tree / "docs" / "index.html", b"<h1>docs</h1>")
        write(tree / "app.js", b"let plain;\n" * 500)
        write(tree / "app.js.gz", gzip.compress(b"let plain;\n" * 500))
        write(tree / "caf\u00e9 100%.txt", b"odd name")
        write(tree / ".env", b"SECRET=1")
        write(tree / "sub" / ".git" / "config", b"SECRET=1")
        write(cls.top / "secret.txt", b"SECRET=1")
        for name, target in {"in": "docs/index.html", "out": "../secret.txt", "up": "..", "abs": str(cls.top / "secret.txt"),
                             "etc": "/etc", "root": "/proc/self/root"}.items():
            (tree / name).symlink_to(target)
        os.mkfifo(tree / "fifo")
        cls.sparse = tree / "sparse.bin"
        with open(cls.sparse, "wb") as file:
            file.truncate(3 * 1024 ** 3)
            file.seek(3 * 1024 ** 3 - 4)
            file.write(b"tail")
        os.utime(cls.sparse, (YEAR_2001, YEAR_2001))
        cls.large = os.urandom(5_000_003)
        write(tree / "large.bin", cls.large)
        cls.server = Server(cls.top / "data", f"files.directory={tree}", "files.max_age=1m", "connections.write_timeout=5s")
        cls.addClassCleanup(cls._end, cls.server)
        cls.server.wait_ready()

    def test_files_have_type_validators_and_caching(self):
        with self.server.connect() as c:
            for path, body, kind in (("/static/", b"<h1>top</h1>", "text/html; charset=utf-8"),
                                     ("/static/docs/", b"<h1>docs</h1>", "text/html; charset=utf-8"),
                                     ("/static/in", b"<h1>docs</h1>", "application/octet-stream"),
                                     ("/static/caf%C3%A9%20100%25.txt", b"odd name", "text/plain; charset=utf-8"),
                                     ("/static/docs/../index.html", b"<h1>top</h1>", "text/html; charset=utf-8")):
                with self.subTest(path):
                    answer = c.ask("GET", path)
                    self.assertEqual((answer.status, answer.body, answer.field("Content-Type")), (200, body, kind))
                    self.assertEqual(answer.field("Last-Modified"), "Sun, 09 Sep 2001 01:46:40 GMT")
                    self.assertEqual(answer.field("Cache-Control"), "public, max-age=60")
                    head = c.ask("HEAD", path)
                    drop_date = lambda fields: [f for f in fields if f[0] != "date"]
                    self.assertEqual(drop_date(head.fields), drop_date(answer.fields))
                    again = c.ask("GET", path, fields={"If-None-Match": answer.field("ETag")})
                    self.assertEqual((again.status, again.field("ETag")), (304, answer.field("ETag")))
            answer = c.ask("GET", "/static/docs?x=1")
            self.assertEqual((answer.status, answer.field("Location")), (301, "/static/docs/?x=1"))
            self.assertEqual(c.ask("POST", "/static/index.html", b"x").status, 405)

    def test_nothing_but_the_tree_is_shown_whatever_is_asked(self):
        corpus = ["../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "%2e%2e%2fsecret.txt", "docs/../../secret.txt",
                  "docs/%2e%2e/%2e%2e/secret.txt", "....//secret.txt", "..%5csecret.txt", "..\\secret.txt", "%252e%252e/secret.txt",
                  "..%c0%afsecret.txt", "%c0%ae%c0%ae/secret.txt", "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "etc/passwd",
                  "root/etc/passwd", "out", "up/secret.txt", "abs", "up", ".env", "sub/.git/config", "docs/.%2e/.env", "./.env", "%2eenv",
                  "fifo", "sub/", "sub//x", "index.html/", "index.html%00.png", "index.html/..;/secret.txt", "a" * 5000,
                  "/".join(["a"] * 2000), "docs//index.html", "~root", "file:///etc/passwd", ".", "..", "...", "%2e", "%2e%2e"]
        with self.server.connect() as c:
            for tail in corpus:
                with self.subTest(tail[:60]):
                    answer = c.ask("GET", "/static/" + tail)
                    if tail in (".", "%2e"):  # the directory itself
                        self.assertEqual(answer.body, b"<h1>top</h1>")
                    elif answer.status == 200:
                        self.assertIn("Troupe", answer.body.decode())  # "..": the start page
                    else:
                        self.assertIn(answer.status, (400, 404, 414, 301))
                        self.assertFalse((answer.field("Location") or "/").startswith("//"))
                    for secret in (b"SECRET", b"root:x"):
                        self.assertNotIn(secret, answer.body)
                if answer.announces_close():
                    c.close()
                    c.__init__(self.server.address)

    def test_a_packed_neighbour_is_sent_to_those_who_accept_it(self):
        packed = self.server.ask("GET", "/static/app.js", fields={"Accept-Encoding": "br, gzip"})
        plain = self.server.ask("GET", "/static/app.js")
        self.assertEqual((packed.field("Content-Encoding"), packed.field("Vary")), ("gzip", "Accept-Encoding"))
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertEqual((plain.field("Content-Encoding"), plain.field("Vary")), (None, "Accept-Encoding"))
        self.assertNotEqual(packed.field("ETag"), plain.field("ETag"))

    def test_ranges_reach_the_end_of_a_file_of_three_gigabytes(self):
        size = 3 * 1024 ** 3
        with self.server.connect() as c:
            tag = c.ask("HEAD", "/static/sparse.bin").field("ETag")
            for asked, first, last in ((f"bytes={size - 4}-", size - 4, size - 1), ("bytes=-4", size - 4, size - 1),
                                       (f"bytes={size - 1}-99999999999999999999999", size - 1, size - 1), ("bytes=0-0", 0, 0),
                                       (f"bytes={2 ** 31 - 1}-{2 ** 31}", 2 ** 31 - 1, 2 ** 31)):
                with self.subTest(asked):
                    answer = c.ask("GET", "/static/sparse.bin", fields={"Range": asked, "If-Range": tag})
                    self.assertEqual((answer.status, answer.field("Content-Range")), (206, f"bytes {first}-{last}/{size}"))
                    self.assertEqual(answer.body, (b"\0\0" + b"tail")[first - size if first > 2 ** 31 else 0:][:last - first + 1])
            answer = c.ask("GET", "/static/sparse.bin", fields={"Range": f"bytes={size}-"})
            self.assertEqual((answer.status, answer.field("Content-Range")), (416, f"bytes */{size}"))

    def test_a_large_file_comes_whole_among_pipelined_others(self):
        with self.server.connect() as c:
            c.send(request("GET", "/static/large.bin") + request("GET", "/hello") + request("GET", "/static/large.bin") +
                   request("GET", "/static/index.html"))
            for expected in (self.large, None, self.large, b"<h1>top</h1>"):
                answer = c.read()
                self.assertEqual(answer.status, 200)
                if expected:
                    self.assertEqual(hashlib.sha256(answer.body).digest(), hashlib.sha256(expected).digest())

    def test_many_download_at_once_and_others_are_served(self):
        with self.server.connect() as small:
            readers = [self.server.connect() for _ in range(8)]
            try:
                for c in readers:
                    c.send(request("GET", "/static/large.bin"))
                for _ in range(20):
                    self.assertEqual(small.ask("GET", "/hello").status, 200)
                for c in readers:
                    self.assertEqual(hashlib.sha256(c.read().body).digest(), hashlib.sha256(self.large).digest())
            finally:
                for c in readers:
                    c.close()

    def test_c_72_an_aborted_download_gives_everything_back(self):
        """C-72."""
        self.server.ask("GET", "/static/sparse.bin", fields={"Range": "bytes=0-0"})
        descriptors, memory = self.server.open_descriptors(), self.server.resident_bytes()
        for _ in range(5):
            readers = [self.server.connect() for _ in range(10)]
            for c in readers:
                c.send(request("GET", "/static/sparse.bin") * 3)
                c._take(1_000_000)
            for c in readers:
                c.close()
        wait_until(lambda: self.server.open_descriptors() <= descriptors, "the descriptors come back")
        self.assertEqual(self.server.metric("troupe_http_pool_in_use", listener="public", pool="outputs"), 0)
        if not is_sanitized():
            self.assertLess(self.server.resident_bytes() - memory, 8 * 1024 * 1024)
        self.assertEqual(self.server.ask("GET", "/hello").status, 200)

    def test_c_63_a_session_holds_one_file_however_many_it_asks_for(self):
        """C-63."""
        def held():
            found = 0
            for entry in pathlib.Path(f"/proc/{self.server.pid}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    found += os.readlink(entry) == str(self.sparse)
            return found
        wait_until(lambda: held() == 0, "earlier downloads are over")
        with self.server.connect(receive_buffer=4096) as c:
            c.send(request("GET", "/static/sparse.bin") * 20)
            c._take(100_000)
            self.assertEqual(held(), 1)

    def test_c_63_a_download_that_stands_still_is_closed_and_one_that_moves_is_not(self):
        """C-63."""
        with self.server.connect(receive_buffer=4096) as still, self.server.connect(receive_buffer=65536) as moving:
            still.send(request("GET", "/static/sparse.bin"))
            moving.send(request("GET", "/static/sparse.bin"))
            before = self.server.metric("troupe_http_sessions_timed_out_total", listener="public")
            taken = 0

            def closed():
                nonlocal taken
                moving._take(100_000)
                taken += 100_000
                return self.server.metric("troupe_http_sessions_timed_out_total", listener="public") > before
            wait_until(closed, "the download that stands still is closed", pause=0.005)
            # Much longer than the deadline in all, and never as long without progress.
            moving._take(1_000_000)
            self.assertGreater(taken, 0)
            with self.assertRaises(AssertionError):
                still._take(3 * 1024 ** 3)

    def test_a_directory_that_is_not_there_stops_the_start(self):
        server = self.launch(f"files.directory={self.top}/missing")
        self.assertEqual(server.wait_end(PATIENCE), 1)
        self.assertIn("files.directory", server.log())
        self.assertIn("missing", server.log())

    def test_files_may_be_served_at_the_root_beside_the_services(self):
        server = self.serve(f"files.directory={self.top}/served", "files.path=/")
        self.assertEqual(server.ask("GET", "/index.html").body, b"<h1>top</h1>")
        self.assertEqual(server.ask("GET", "/hello").body, b"Hello")
        self.assertEqual(server.ask("GET", "//docs").status, 404)
        self.assertEqual(server.ask("GET", "/docs").field("Location"), "/docs/")


if __name__ == "__main__":
    unittest.main()
