#!/usr/bin/env python3
"""Turns a corpus file into a directory that libFuzzer reads, and back.

usage: corpus.py unpack FILE DIRECTORY          one file a seed
       corpus.py pack DIRECTORY FILE [BYTES]    the seeds of FILE stay; those of DIRECTORY that it lacks are added, the
                                                shortest first, until FILE has BYTES (default 32768)
       corpus.py add INPUT FILE COMMENT         appends one input, such as a crash, with a line that says what it is

A corpus is a text file so that it can be read and reviewed: one seed a line, with \\r \\n \\t \\\\ and \\xNN for bytes that
are not printable ASCII; lines that begin with '#' are comments.
"""

import hashlib
import os
import sys

NAMED = {0x0D: "\\r", 0x0A: "\\n", 0x09: "\\t", 0x5C: "\\\\"}
PLAIN = {"r": 0x0D, "n": 0x0A, "t": 0x09, "\\": 0x5C}


def escaped(seed):
    line = "".join(NAMED.get(b) or (chr(b) if 0x20 <= b <= 0x7E else f"\\x{b:02x}") for b in seed)
    line = line.replace("://", "\\x3a//")  # a seed is no address that somebody might follow
    return "\\x23" + line[1:] if line.startswith("#") else line


def unescaped(line):
    out = bytearray()
    at = 0
    while at < len(line):
        if line[at] != "\\":
            out.append(ord(line[at]))
            at += 1
        elif line[at + 1] == "x":
            out.append(int(line[at + 2:at + 4], 16))
            at += 4
        else:
            out.append(PLAIN[line[at + 1]])
            at += 2
    return bytes(out)


def lines_of(path):
    with open(path, encoding="ascii") as file:
        return file.read().split("\n")[:-1]


def unpack(path, directory):
    os.makedirs(directory, exist_ok=True)
    for line in lines_of(path):
        if line.startswith("#"):
            continue
        seed = unescaped(line)
        with open(os.path.join(directory, hashlib.sha1(seed).hexdigest()), "wb") as out:
            out.write(seed)


def pack(directory, path, most=32768):
    known = set(lines_of(path))
    found = []
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), "rb") as file:
            found.append(escaped(file.read()))
    size = os.path.getsize(path)
    with open(path, "a", encoding="ascii") as out:
        for line in sorted(set(found) - known, key=lambda text: (len(text), text)):
            if size + len(line) + 1 > most:
                break
            size += len(line) + 1
            out.write(line + "\n")


def add(input_path, path, comment):
    with open(input_path, "rb") as file:
        line = escaped(file.read())
    if line in lines_of(path):
        return
    with open(path, "a", encoding="ascii") as out:
        out.write(f"# {comment}\n{line}\n")


def main(arguments):
    match arguments:
        case ["unpack", path, directory]:
            unpack(path, directory)
        case ["pack", directory, path]:
            pack(directory, path)
        case ["pack", directory, path, most]:
            pack(directory, path, int(most))
        case ["add", input_path, path, comment]:
            add(input_path, path, comment)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
