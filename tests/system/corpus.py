"""Reads tests/http_corpus, whose README.md describes the format."""
import dataclasses
import pathlib
import re

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "http_corpus"
REFUSALS = {400, 413, 414, 417, 431, 501, 505}
NO_BODY = "(head)"


@dataclasses.dataclass
class Case:
    """One case: what is sent, and what comes of it."""
    numbers: str
    title: str
    where: str
    bytes: bytes
    answers: list  # (status, whether its body is left out)
    ending: str  # open, close, wait
    checks: list  # (what, expected bytes)

    def __str__(self):
        return f"{self.numbers} ({self.where}), {self.title}"


class _Unescaper:
    def __init__(self, text, inside=b"", line=0):
        self.text, self.at, self.inside, self.line = text, 0, inside, line

    def read(self, repeated=False):
        out = b""
        while self.at < len(self.text):
            if repeated and (end := re.compile(r"\*(\d+)\}").match(self.text, self.at)):
                self.at = end.end()
                return out * int(end[1])
            out += self._escape() if self.text[self.at] == "\\" else self.text[self.at].encode("latin-1")
            self.at += 1
        if repeated:
            raise ValueError("a repetition does not end")
        return out

    def _escape(self):
        self.at += 1
        letter = self.text[self.at]
        if letter in (simple := {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\", "@": self.inside}):
            return simple[letter]
        if letter == "x":
            self.at += 2
            return bytes.fromhex(self.text[self.at - 1:self.at + 1])
        if letter != "{":
            raise ValueError(f"an escape that is not known: \\{letter}")
        for name, value in (("length}", b"\\{length}"), ("line}", str(self.line).encode())):
            if self.text.startswith(name, self.at + 1):
                self.at += len(name)
                return value
        self.at += 1
        repeated = self.read(repeated=True)
        self.at -= 1
        return repeated


def _framed(frame, text, line):
    whole = _Unescaper(frame, _Unescaper(text, line=line).read(), line).read()
    return whole.replace(b"\\{length}", str(len(whole.partition(b"\r\n\r\n")[2])).encode())


def _outcome(text):
    words = text.split()
    ending = words.pop() if words and words[-1] in ("open", "close", "wait") else None
    answers = [(int(word.removesuffix(NO_BODY)), word.endswith(NO_BODY)) for word in words]
    return answers, ending or ("close" if answers[-1][0] in REFUSALS else "open")


def load(file):
    """The cases of one file. Fails with file and line for what does not follow the format."""
    cases, title, frame, raw = [], "", "\\@", None

    def finish():
        if raw is not None:
            cases[-1].bytes = _framed(frame, raw, int(cases[-1].where.rpartition(":")[2]))

    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            text = line.strip(" ")
            if not text or line.startswith("#"):
                continue
            if line.startswith("== "):
                finish()
                title, frame, raw = text[3:], "\\@", None
            elif line.startswith("frame "):
                frame = text[6:].strip(" ")
            elif text == "only server":
                continue
            elif line.startswith(" ") and text[0] == "+":
                raw += text[1:].strip(" ")
            elif line.startswith(" ") and text[0] == "=":
                what, _, expected = text[1:].strip(" ").partition(" ")
                cases[-1].checks.append((what, _Unescaper(expected.strip(" ")).read()))
            else:
                finish()
                numbers, outcome, name, rest = (line + " ").split("|", 3)
                raw = rest.strip(" ")
                cases.append(Case(numbers.strip(), f"{title}: {name.strip()}", f"{file.name}:{number}", b"",
                                  *_outcome(outcome), []))
        except (ValueError, IndexError) as error:
            raise AssertionError(f"{file.name}:{number}: {error}") from error
    finish()
    return cases


def load_all():
    return [case for file in sorted(CORPUS.glob("*.corpus")) for case in load(file)]
