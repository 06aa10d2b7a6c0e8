"""The two streams of the command: one function through which every line to standard error goes, and a standard output
whose end is looked at.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from provenance.errors import UsageError
from provenance.printable import printable
from provenance.report.terminal import write_utf8

_ERROR: Final = 2


@dataclass(frozen=True, slots=True)
class Speaker:
    """Tells errors, without what may be a password among the words that the command was called with."""

    secrets: frozenset[str] = frozenset()

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Speaker:
        """A speaker that knows the secrets of a command line and of the environment's ledger."""
        told = [*arguments, os.environ.get("PROVENANCE_LEDGER", "")]
        if not any("@" in text or "=" in text for text in told):
            return cls()
        from provenance.ledger.address import is_url, secrets_of

        told = [text.removeprefix("--ledger=") for text in told]
        return cls(frozenset().union(*(secrets_of(text) for text in told if is_url(text))))

    def fail(self, problem: str, status: int = _ERROR) -> int:
        """Say what went wrong; gives the exit status."""
        say(f"error: {self._masked(problem)}")
        hush_output()
        return status

    def trace(self) -> int:
        """Show the traceback of the error at hand; gives the exit status."""
        say(self._masked(traceback.format_exc()))
        hush_output()
        return _ERROR

    def _masked(self, text: str) -> str:
        if not self.secrets:
            return text
        from provenance.ledger.address import without

        return without(text, self.secrets)


def say(text: str) -> None:
    """Write lines to standard error, printable ones; nothing where it is closed or full."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("".join(f"{printable(line)}\n" for line in text.rstrip("\n").split("\n")))
        sys.stderr.flush()


def tell_clock(as_of: object) -> None:
    """Say which clock was asked for, where what is printed has no place for it; nothing where it is now."""
    if as_of is not None:
        say(f"note: judged at {as_of}, as asked for; not now")


def keep_descriptors() -> None:
    """Fill the places of streams that were closed, so that no file that is opened later is taken for one of them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one


def ready_output() -> None:
    """Prepare both streams. Raises UsageError where standard output is closed: a verdict must not go nowhere."""
    if sys.stdout is None:
        raise UsageError("standard output is closed", remedy="send it to a file, or to /dev/null")
    if not os.environ.get("PROVENANCE_DEBUG"):
        warnings.simplefilter("ignore")  # for whoever writes code, not for whoever runs the command
    _Notes.install()
    write_utf8()


def finish_output() -> None:
    """Write out what is buffered. Raises UsageError where that fails, as on a full disk."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise output_lost(error) from error


def output_lost(error: OSError) -> UsageError:
    """The error that says why standard output could not be written."""
    problem = "whoever read it left" if error.errno == errno.EPIPE else error.strerror or str(error)
    return UsageError(
        f"standard output cannot be written: {problem}", remedy="what was printed is not whole; run again"
    )


def hush_output() -> None:
    """Let Python not try again, while it ends, to write what could not be written."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Notes(logging.Handler):
    """Shows what the library notes on its way, such as that it waits for another writer."""

    @classmethod
    def install(cls) -> None:
        logger = logging.getLogger("provenance")
        if not any(isinstance(handler, cls) for handler in logger.handlers):
            logger.addHandler(cls(logging.WARNING))
            logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        say(f"note: {record.getMessage()}")
