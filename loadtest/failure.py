"""How a measurement ends: a figure that cannot be trusted is a failure with a sentence, never a number."""

import signal
import sys


class Failure(Exception):
    """The measurement cannot go on; the text says what happened and what to do."""


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM. Not an Exception, so that only clean-up code sees it on its way."""


def told(error):
    """What a report says of an exception that ended a part of it: a Failure's own sentence, of any other the kind as well."""
    return str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"


def _interrupt(number, _frame):
    # Once: a second Ctrl-C must not interrupt the stopping of the servers, which is bounded in time anyway.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise Interrupted(number)


def run_main(main):
    """Runs a program's main, stops the servers, and exits: 0 done, 1 failed, 128 + signal interrupted."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)  # a terminal that goes away must not leave servers behind
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"loadtest: {failure}", file=sys.stderr)
        sys.exit(1)
    except Interrupted as interrupted:
        print("loadtest: interrupted; the servers were stopped", file=sys.stderr)
        sys.exit(128 + interrupted.args[0])
