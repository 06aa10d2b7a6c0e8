"""What all signals of one image come to, by the most restrictive rule (AIPREF vocabulary section 7.1).

Any refusal refuses, signed or not, well spelled or not. A permission counts only where it is exact and its signature,
if it has one, holds. What could not be read is neither. Signs of a minor are never outweighed here: only a person's
review, recorded elsewhere, clears them. The order of the signals never matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from provenance.licences import licence_in
from provenance.model import Signal, SignalFacts, SignalSubject, SignalVerdict, Trust, to_micros
from provenance.signals.text.read import is_from_path

_EARNED: Final = frozenset({Trust.SIGNED, Trust.DECLARED})
_RESERVATIONS: Final = frozenset({"tdm-reservation", "tdm:reservation"})
_PLACES: Final = (("tdmrep.json", 0), ("http:", 1), ("html:", 2))
_EMBEDDED: Final = 3
_DECIDING: Final = (SignalVerdict.DENY, SignalVerdict.ALLOW)
_END_DATES: Final = frozenset({"plus:LicenseEndDate", "pur:expirationDate"})
_LANGUAGE: Final = frozenset({"language", "script"})
_EARLIEST_ZONE: Final = timedelta(hours=14)
_CODE_LETTERS: Final = 2
"""Of a language code; a longer value is the id of a rights statement."""
_MAX_QUOTED: Final = 120
_COUNT: Final = re.compile(r"[0-9]{1,6}")
MAX_PERSONS: Final = 50
"""Beyond it a count says no more than "many"."""


def sum_up(signals: Iterable[Signal]) -> SignalFacts:
    """The summary of one image's signals, from its file, its page, its text and its columns together.

    >>> from provenance.model import Signal
    >>> deny = Signal(SignalSubject.TRAINING_OTHER, SignalVerdict.DENY, "X-Robots-Tag", "http:X-Robots-Tag", "noai")
    >>> sum_up([deny]).other_training.value, sum_up([deny]).deciding_signal
    ('DENY', 'X-Robots-Tag in http:X-Robots-Tag')
    """
    found = frozenset(signals)
    if not found:
        return SignalFacts()
    by_subject = {subject: frozenset(s for s in found if s.subject is subject) for subject in SignalSubject}
    generative, first = _opinion(by_subject[SignalSubject.TRAINING_GENERATIVE])
    other, second = _opinion(by_subject[SignalSubject.TRAINING_OTHER])
    opinions = ((generative, first), (other, second))
    deciding = next((s for verdict in _DECIDING for each, s in opinions if each is verdict and s), None)
    minors = by_subject[SignalSubject.MINOR]
    suspected = [s for s in minors if s.trust is Trust.SUSPECTED]
    licences = by_subject[SignalSubject.LICENCE]
    _, dates_unread = _licence_end(by_subject[SignalSubject.RIGHTS])
    return SignalFacts(
        generative_training=generative,
        other_training=other,
        deciding_signal=f"{deciding.name} in {deciding.location}" if deciding else "",
        stock_marker=_any_deny(by_subject[SignalSubject.RIGHTS]),
        unreadable=bool(by_subject[SignalSubject.UNREADABLE]) or dates_unread,
        minor_declared=_any_deny(s for s in minors if s.trust is not Trust.SUSPECTED),
        adult_declared=any(_allows(s) for s in minors),
        minor_suspected=_any_deny(suspected),
        minor_suspected_by_path=_any_deny(suspected) and all(is_from_path(s) for s in suspected),
        person_shown=_any_deny(by_subject[SignalSubject.PERSON]) or _any_deny(s for s in minors if not is_from_path(s)),
        release_none=_any_deny(by_subject[SignalSubject.RELEASE]),
        licence_conditional=bool(file_conditions(licences)),
        synthetic=_any_deny(by_subject[SignalSubject.SYNTHETIC]),
        sensitive=_any_deny(by_subject[SignalSubject.SENSITIVE]),
        reservation_in_words=_quoted(by_subject[SignalSubject.RESERVATION]),
        nothing_granted=_quoted(by_subject[SignalSubject.NOTHING_GRANTED]),
        persons_counted=_counted(by_subject[SignalSubject.PERSON]),
        hidden_picture=any(s.verdict is not SignalVerdict.ALLOW for s in by_subject[SignalSubject.HIDDEN_PICTURE]),
    )


def file_conditions(signals: Iterable[Signal]) -> frozenset[str]:
    """What the licences that the file names condition, such as {"NC"}.

    >>> file_conditions([])
    frozenset()
    """
    named = (licence_in(s.value) for s in signals if s.subject is SignalSubject.LICENCE)
    return frozenset(condition for licence in named if licence is not None for condition in licence.conditions)


def hinted_jurisdictions(signals: Iterable[Signal]) -> tuple[str, ...]:
    """The jurisdictions that position, place names and source point to, each once and in order: facts on the capture.

    >>> hinted_jurisdictions([])
    ()
    """
    return _pointed_to(signal for signal in signals if signal.name not in _LANGUAGE)


def language_jurisdictions(signals: Iterable[Signal]) -> tuple[str, ...]:
    """Where a text's language or script is at home. It adds a law and says nothing of where the picture is from."""
    return _pointed_to(signal for signal in signals if signal.name in _LANGUAGE)


def _pointed_to(signals: Iterable[Signal]) -> tuple[str, ...]:
    return tuple(sorted({s.value for s in signals if s.subject is SignalSubject.JURISDICTION and s.value}))


def _opinion(signals: frozenset[Signal]) -> tuple[SignalVerdict, Signal | None]:
    """Deny, else allow, else unknown; with the signal that decided, chosen the same in any order."""
    counted = _reserved(signals)
    for verdict, some in (
        (SignalVerdict.DENY, [s for s in counted if s.verdict is SignalVerdict.DENY]),
        (SignalVerdict.ALLOW, [s for s in counted if _allows(s)]),
    ):
        if some:
            return verdict, min(some, key=_order)
    return SignalVerdict.UNKNOWN, None


def _reserved(signals: frozenset[Signal]) -> frozenset[Signal]:
    """TDMRep's own order: of the places that say anything valid only the highest counts (final report, 2024-05-10)."""
    tdm = {s for s in signals if s.name in _RESERVATIONS and (s.verdict is SignalVerdict.DENY or _allows(s))}
    highest = max((_rank(s) for s in tdm), default=0)
    return signals - {s for s in tdm if _rank(s) < highest}


def _rank(signal: Signal) -> int:
    return next((rank for prefix, rank in _PLACES if signal.location.startswith(prefix)), _EMBEDDED)


def _allows(signal: Signal) -> bool:
    return signal.verdict is SignalVerdict.ALLOW and signal.trust in _EARNED and not signal.nonstandard


def _any_deny(signals: Iterable[Signal]) -> bool:
    return any(signal.verdict is SignalVerdict.DENY for signal in signals)


def _quoted(signals: frozenset[Signal]) -> str:
    """Field, place, language and words of the refusal that is named; "" where there is none."""
    refusals = [signal for signal in signals if signal.verdict is SignalVerdict.DENY]
    if not refusals:
        return ""
    first = min(refusals, key=_order)
    language = f" ({first.value})" if len(first.value) == _CODE_LETTERS else ""
    return f"{first.name} in {first.location}{language}: {first.raw[:_MAX_QUOTED]}"


def _counted(signals: Iterable[Signal]) -> int:
    """The most people that one place counts: different places count the same ones."""
    counts = (int(s.value) for s in signals if s.verdict is SignalVerdict.DENY and _COUNT.fullmatch(s.value))
    return min(max(counts, default=0), MAX_PERSONS)


def _order(signal: Signal) -> tuple[str, ...]:
    return (signal.name, signal.location, signal.value, signal.raw, signal.trust, str(signal.nonstandard))


def licence_end(signals: Iterable[Signal]) -> int | None:
    """When the first licence that the file names ends, in microseconds since 1970, past or ahead; None without one.

    It is no part of the facts, since whether it lies in the past depends on the gate's clock.
    """
    return _licence_end(frozenset(s for s in signals if s.subject is SignalSubject.RIGHTS))[0]


def _licence_end(rights: frozenset[Signal]) -> tuple[int | None, bool]:
    """The earliest end of any licence that the file names, and whether one of the dates could not be read.

    A day has ended once it has ended somewhere: a date without a zone must not keep a licence alive.
    """
    ends: list[int] = []
    unread = False
    for signal in rights:
        if signal.name not in _END_DATES:
            continue
        try:
            day = datetime.strptime(signal.value[:10], "%Y-%m-%d").replace(tzinfo=UTC)
            ends.append(to_micros(day + timedelta(days=1) - _EARLIEST_ZONE))
        except (ValueError, OverflowError):
            unread = True
    return min(ends, default=None), unread
