"""What a peer must answer: Troupe's own bytes as its data, and in what an answer differs from Troupe's."""

import re
from collections import Counter

from failure import Failure

MASKED_DATE = b"(date)"
# RFC 9110, section 5.6.7: an IMF-fixdate.
DATE = re.compile(rb"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


def parse(answer):
    """The status line, the fields in order as (name, value), and the body of one answer."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        raise Failure(f"not a whole answer: {answer[:200]!r}")
    status, *lines = head.split(b"\r\n")
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise Failure(f"an answer has a line that is no field: {line!r}")
        value = value.strip(b" \t")
        if name.lower() == b"date" and DATE.fullmatch(value):
            value = MASKED_DATE
        fields.append((name, value))
    return status, fields, body


def write_products(path, answers):
    """Writes the peers' product file: id TAB entity-tag TAB JSON on each line.

    `answers`: Troupe's raw answer by product id. Failure: one that is not such an answer.
    """
    lines = []
    for product, answer in answers.items():
        status, fields, body = parse(answer)
        tag = dict(fields).get(b"ETag")
        if not status.startswith(b"HTTP/1.1 200 ") or tag is None or b"\n" in body or b"\t" in body:
            raise Failure(f"the answer for product {product} is not a page of one line with an ETag: {answer[:300]!r}")
        lines.append(b"\t".join([product.encode(), tag, body]))
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def _text(field):
    return b": ".join(field).decode("latin-1")


def same_answer(expected, got):
    """In what `got` differs from `expected`, a sentence each; none for the same bytes. The value of Date is not compared.

    A sentence that begins with "order" or "case" is about fields that are there with their values, but elsewhere, or
    spelt with other letters.
    """
    status, fields, body = parse(expected)
    got_status, got_fields, got_body = parse(got)
    found = []
    if status != got_status:
        found.append(f"status line {got_status.decode('latin-1')!r} instead of {status.decode('latin-1')!r}")
    wanted = [(name.lower(), value) for name, value in fields]
    present = [(name.lower(), value) for name, value in got_fields]
    missing, more = Counter(wanted) - Counter(present), Counter(present) - Counter(wanted)
    found += [f"field missing: {_text(key)}" for key in missing.elements()]
    found += [f"field more: {_text(key)}" for key in more.elements()]
    spelt = {key: field[0] for key, field in zip(wanted, fields)}
    for key, field in zip(present, got_fields):
        if key in spelt and spelt[key] != field[0]:
            found.append(f"case: {field[0].decode('latin-1')} instead of {spelt[key].decode('latin-1')}")
    common = list(dict.fromkeys(key for key in wanted if key in present))
    got_common = list(dict.fromkeys(key for key in present if key in wanted))
    if common != got_common:
        order = ", ".join(name.decode("latin-1") for name, _ in got_common)
        found.append(f"order: {order}")
    if body != got_body:
        at = next((i for i, pair in enumerate(zip(body, got_body)) if pair[0] != pair[1]), min(len(body), len(got_body)))
        found.append(f"body of {len(got_body)} bytes instead of {len(body)}, different from byte {at} on")
    if not found and DATE.sub(MASKED_DATE, expected) != DATE.sub(MASKED_DATE, got):
        found.append("white space in the head")
    return found
