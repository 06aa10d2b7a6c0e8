"""From the events of a basis record to the spans of time in which it has one state. Pure.

"The state at the gate's clock is the last event at or before it" (`formats.md` section 2): spans let SQL find that
state with one comparison instead of a search for each record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from provenance.ledger.schema import NEVER
from provenance.vocabulary import ConsentStatus

STATUSES: Final = (
    ConsentStatus.UNKNOWN,
    ConsentStatus.REQUESTED,
    ConsentStatus.REFUSED,
    ConsentStatus.GIVEN,
    ConsentStatus.RENEWED,
    ConsentStatus.WITHDRAWN,
    ConsentStatus.REVOKED_BY_CONTROLLER,
    ConsentStatus.EXPIRED,
    ConsentStatus.INVALIDATED,
)
"""The states in the order of their stored numbers. Append only."""

GIVEN: Final = frozenset({ConsentStatus.GIVEN, ConsentStatus.RENEWED})
REFUSED: Final = frozenset({ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN})
"""What the person said no with: it binds them whatever else is filed."""
DENYING: Final = REFUSED | {ConsentStatus.REVOKED_BY_CONTROLLER, ConsentStatus.INVALIDATED}
"""What stays though a later version of its source leaves it out."""

# Of several events at one moment the one that denies most counts last.
_PRECEDENCE: Final = (
    ConsentStatus.UNKNOWN,
    ConsentStatus.GIVEN,
    ConsentStatus.RENEWED,
    ConsentStatus.REQUESTED,
    ConsentStatus.EXPIRED,
    ConsentStatus.REVOKED_BY_CONTROLLER,
    ConsentStatus.INVALIDATED,
    ConsentStatus.REFUSED,
    ConsentStatus.WITHDRAWN,
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event with its times as instants; `expires_at` is NEVER where the consent has no end."""

    at: int
    state: ConsentStatus
    expires_at: int = NEVER


@dataclass(frozen=True, slots=True)
class Span:
    """One state of a record, from an instant up to but not including another.

    `since` is the event that brought the state about and `given` the last consent at or before it, if any; `has_term`
    says that this consent names its own end.
    """

    start: int
    end: int
    status: ConsentStatus
    since: int
    given: int | None
    has_term: bool = False


def spans(events: Iterable[Occurrence]) -> tuple[Span, ...]:
    """The gapless spans of a record, whatever the order of its events.

    A consent still counts at the very instant of its expiry, no longer one microsecond later.

    >>> [s.status.value for s in spans([Occurrence(5, ConsentStatus.GIVEN, 9)])]
    ['UNKNOWN', 'GIVEN', 'EXPIRED']
    """
    ordered = sorted(set(events), key=lambda e: (e.at, _PRECEDENCE.index(e.state), -e.expires_at))
    found = [Span(-NEVER, NEVER, ConsentStatus.UNKNOWN, -NEVER, None)]
    given: int | None = None
    for event in ordered:
        given = event.at if event.state in GIVEN else given
        ends = event.state in GIVEN and event.expires_at < NEVER
        _append(found, Span(event.at, NEVER, event.state, event.at, given, ends))
        if ends:
            ended = max(event.expires_at + 1, event.at)
            _append(found, Span(ended, NEVER, ConsentStatus.EXPIRED, ended, given, ends))
    return tuple(span for span in found if span.start < span.end)


def _append(found: list[Span], span: Span) -> None:
    # A later event cuts short whatever was still to come of the one before it.
    while found and found[-1].start >= span.start and len(found) > 1:
        found.pop()
    last = found[-1]
    found[-1] = replace(last, end=min(last.end, span.start))
    found.append(span)
