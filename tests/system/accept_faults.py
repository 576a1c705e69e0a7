"""The test's end of tests/support/accept_faults.cpp: says which accepts of a server fail."""
import mmap
import os
import struct

LIBRARY = os.environ.get("TROUPE_ACCEPT_FAULTS", "")
FIELDS = ("error", "left", "failed", "held", "holding", "port")


class AcceptFaults:
    """A plan for one server, which is started with `environment`. Both see a change at once."""

    def __init__(self, file):
        file.write_bytes(bytes(mmap.PAGESIZE))
        with open(file, "r+b") as opened:
            self.memory = mmap.mmap(opened.fileno(), 0)
        sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"  # the library is loaded before the sanitizer's
        self.environment = {"LD_PRELOAD": LIBRARY, "ACCEPT_FAULTS": str(file), "ASAN_OPTIONS": sanitizers}

    def get(self, name):
        return struct.unpack_from("i", self.memory, 4 * FIELDS.index(name))[0]

    def set(self, name, value):
        struct.pack_into("i", self.memory, 4 * FIELDS.index(name), value)

    def fail(self, error, times):
        """The next accepts of the listener on `port`, which was set before."""
        self.set("failed", 0)
        self.set("error", error)
        self.set("left", times)  # last: it begins the failures
