"""The part of README that holds a ranking's summary, between two marks that name where it came from."""

import re

from failure import Failure

BEGIN, END = "<!-- ranking: {} -->", "<!-- end of the ranking -->"
PART = re.compile(r"<!-- ranking: (\S*) -->\n(.*?)<!-- end of the ranking -->\n", re.DOTALL)


def read(text):
    """(name of the results' directory, summary) that README holds. Failure: not exactly one such part."""
    found = PART.findall(text)
    if len(found) != 1:
        raise Failure(f"README has {len(found)} parts between '{BEGIN.format('NAME')}' and '{END}' instead of one")
    return found[0]


def replaced(text, name, summary):
    """README's text with this summary instead."""
    read(text)
    if "<!--" in summary:
        raise Failure("a summary must not hold a comment")
    part = f"{BEGIN.format(name)}\n{summary}{END}\n"
    return PART.sub(lambda _: part, text)
