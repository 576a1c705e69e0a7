"""The parts of a ranking, each by itself: what ends one is recorded for it, and the others run."""

import time
from dataclasses import dataclass
from typing import Callable

import report
from failure import told


@dataclass(frozen=True)
class Part:
    """`steps` of about `seconds` each, for the estimate. `measure` writes into the ranking's data as it goes."""

    name: str
    steps: int
    seconds: float
    measure: Callable[[], None]


def run_all(parts, data, timetable, keep):
    """Runs all parts; after each, `keep` writes what is there.

    data["failed_parts"] gets why a part ended early, data["took"] its seconds. A part that is run again replaces only what it
    has itself written before. Only an interrupt ends the whole; what was measured until then stays in `data`.
    """
    for part in parts:
        timetable.begin(part.name)
        data["failed_parts"].pop(part.name, None)
        data["reasons"].pop(part.name, None)
        began = time.monotonic()
        try:
            part.measure()
        except Exception as error:  # Of whatever kind: the others are still to be measured, and the report to be written.
            data["failed_parts"][part.name] = told(error)
            report.say(f"loadtest: {part.name} ended early: {told(error)}")
        except BaseException:
            data["failed_parts"][part.name] = "interrupted"
            raise
        finally:
            data["took"][part.name] = time.monotonic() - began
            keep()


def unfinished(names, data):
    """Of these parts, those that an earlier run has not ended, or not well."""
    return [name for name in names if name not in data["took"] or name in data["failed_parts"]]
