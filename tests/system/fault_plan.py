"""A page of numbers that a test and a library in its server share, by which the test says what shall fail there."""
import mmap
import os
import struct


class FaultPlan:
    """A plan for one server, which is started with `environment`. Both see a change at once. Subclasses name the library, the variable
    that tells it the file, and the numbers in their order."""

    def __init__(self, file):
        file.write_bytes(bytes(mmap.PAGESIZE))
        with open(file, "r+b") as opened:
            self.memory = mmap.mmap(opened.fileno(), 0)
        sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"  # the library is loaded before the sanitizer's
        self.environment = {"LD_PRELOAD": self.library, self.variable: str(file), "ASAN_OPTIONS": sanitizers}

    def get(self, name):
        return struct.unpack_from("i", self.memory, 4 * self.fields.index(name))[0]

    def set(self, name, value):
        struct.pack_into("i", self.memory, 4 * self.fields.index(name), value)
