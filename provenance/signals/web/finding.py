"""How the web readers put what they found into `Signal`s: both training purposes at once, or unreadable."""

from __future__ import annotations

from typing import Final

from provenance.model import Signal, SignalSubject, SignalVerdict

RAW_LENGTH: Final = 1_000
TRAINING: Final = (SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER)


def clean(text: str, length: int = RAW_LENGTH) -> str:
    """The text cut to `length` characters, without what a database or a UTF-8 file cannot hold.

    >>> clean("no\\x00ai")
    'no\\ufffdai'
    """
    return text[:length].replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def finding(
    subject: SignalSubject,
    verdict: SignalVerdict,
    name: str,
    location: str,
    raw: str,
    value: str = "",
    *,
    nonstandard: bool = False,
) -> Signal:
    """One declared signal with its raw value cut and cleaned."""
    return Signal(subject, verdict, name, location, clean(raw), clean(value), nonstandard=nonstandard)


def training(
    verdict: SignalVerdict, name: str, location: str, raw: str, value: str = "", *, nonstandard: bool = False
) -> tuple[Signal, ...]:
    """The same verdict for generative and for other training."""
    return tuple(finding(each, verdict, name, location, raw, value, nonstandard=nonstandard) for each in TRAINING)


def unreadable(name: str, location: str, raw: str, why: str) -> Signal:
    """Something is there and could not be read whole, so nobody knows what it would have said.

    >>> unreadable("tdmrep.json", "tdmrep.json", "<html>", "not JSON").subject.value
    'UNREADABLE'
    """
    return finding(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, name, location, raw, why)
