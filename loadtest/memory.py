"""Memory of other processes, from /proc. Linux only."""

import contextlib
import os
import threading
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.1
SAMPLES_A_COUNT = 4


def field_bytes(file, field):
    """One 'Name:  123 kB' line of a file under /proc, in bytes."""
    for line in Path(file).read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return 0


def resident(pids):
    """What these processes hold together. Pages that they share count once for each, but only private ones grow with load."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return total


def descriptors(pids):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def still_descriptors(pids, patience=2.0):
    """The number once it stands still for a tenth of a second: a connection that has just ended is not closed yet."""
    end, seen, same = time.monotonic() + patience, descriptors(pids), 0
    while same < 5 and time.monotonic() < end:
        time.sleep(0.02)
        now = descriptors(pids)
        seen, same = now, same + 1 if now == seen else 0
    return seen


class Watch:
    """The greatest resident size of processes while the context lasts, and their greatest number of descriptors.

    To count descriptors is to list them all, so it is done more seldom.
    """

    def __init__(self, pids):
        self._pids = pids
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.greatest = 0
        self.descriptors = 0

    def _look(self):
        turn = 0
        while not self._over.wait(SAMPLE_SECONDS):
            self.greatest = max(self.greatest, resident(self._pids))
            turn += 1
            if turn % SAMPLES_A_COUNT == 0:
                with contextlib.suppress(OSError):  # A process of the server has just ended; its check says so.
                    self.descriptors = max(self.descriptors, descriptors(self._pids))

    def __enter__(self):
        self.greatest = resident(self._pids)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self.greatest = max(self.greatest, resident(self._pids))
