"""The query that brings each image together with the people it shows and their records at the gate's clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from provenance.ledger import schema, spans
from provenance.ledger.registry import day_number
from provenance.ledger.schema import NEVER
from provenance.model import from_micros
from provenance.vocabulary import ADULT_AGE, ConsentStatus

_DAY: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """The gate's clock as an instant, as a day number, and the instants between which it is that day (UTC)."""

    at: int
    day: int
    day_starts: int
    day_ends: int

    @classmethod
    def of(cls, at: int) -> Clock:
        """The clock at an instant."""
        starts = at - at % _DAY
        number = day_number(from_micros(at).date())
        assert number is not None
        return cls(at, number, starts, starts + _DAY)


# The place of each value in a row of the query below. What tells combinations apart stands from PROFILE on.
ITEM, FROM, UNTIL, LICENCE, REFUSED_AT, GIVEN_AT, ORDINAL, PROFILE = range(8)
LICENCE_ENDED, AHEAD, PERSON, AGE_NOW, AGE_TAKEN, CONSENTED, RECORD, STATUS, EVIDENCE = range(8, 17)
YEARS, TERM, AGE_GIVEN, REFUSED = range(17, 21)

_MOST_YEARS: Final = 10
_YEAR: Final = 31_556_952_000_000
"""Microseconds of a mean year of the calendar."""


def facts_query(collection: int, clock: Clock, bounds: tuple[int, int]) -> sa.Select[Any]:
    """One row for each image, person shown and record in scope, in the order of images and persons."""
    pending, item, shown, record = schema.pending.c, schema.item.c, schema.depiction.c, schema.consent_state.c
    stands = sa.and_(
        record.person_id == shown.person_id,
        record.from_at <= clock.at,
        record.until_at > clock.at,
        _in_scope(schema.consent_state),
    )
    refused_at, given_at = _last_event(clock, spans.DENIED), _last_event(clock, spans.GIVEN)
    return (
        sa.select(
            pending.item_id,
            _holds_from(clock),
            _holds_until(clock),
            item.licence_ends_at,
            refused_at,
            given_at,
            shown.ordinal,
            item.profile_id,
            sa.case((item.licence_ends_at < clock.at, 1), else_=0),
            sa.case((item.acquired_at > clock.at, 1), else_=0),
            shown.profile_id,
            _age_now(clock),
            _age_when_taken(),
            sa.case((_consented_at_acquisition(), 1), else_=0),
            record.profile_id,
            record.status,
            record.evidence,
            _years_since(clock, given_at),
            sa.case((_names_its_end(), 1), else_=0),
            _age_when_given(),
            sa.case((given_at > refused_at, 1), (refused_at.is_not(None), 2), else_=0),
        )
        .select_from(schema.pending)
        .join(schema.item, item.id == pending.item_id)
        .outerjoin(schema.depiction, shown.item_id == item.id)
        .outerjoin(schema.consent_state, stands)
        .where(pending.item_id.between(*bounds), pending.collection_id == collection)
        .order_by(pending.item_id, shown.ordinal)
    )


def _in_scope(states: sa.FromClause) -> Any:
    """Whether a record reaches the image."""
    reached = schema.record_scope_image.c
    named = sa.exists().where(reached.item_id == schema.item.c.id, reached.record == states.c.record)
    return sa.or_(~states.c.scoped, named)


def _consented_at_acquisition() -> Any:
    """Whether some consent of the person, in scope, was in effect when the image was acquired."""
    states, profile = schema.consent_state.alias("then"), schema.profile.alias("terms")
    acquired = schema.item.c.acquired_at
    return sa.exists().where(
        states.c.person_id == schema.depiction.c.person_id,
        states.c.from_at <= acquired,
        states.c.until_at > acquired,
        states.c.status.in_(spans.STATUSES.index(status) for status in spans.GIVEN),
        profile.c.id == states.c.profile_id,
        profile.c.facts.like('%"basis":"%CONSENT"%'),
        _in_scope(states),
    )


def _last_event(clock: Clock, states: Collection[ConsentStatus]) -> Any:
    """When the record last had an event of these states, at or before the clock."""
    record, event = schema.record.c, schema.event.c
    found = sa.select(sa.func.max(event.at)).where(
        record.id == schema.consent_state.c.record,
        event.record_id == record.record_id,
        event.state.in_([state.value for state in states]),
        event.at <= clock.at,
    )
    return found.scalar_subquery()


def _years_since(clock: Clock, given_at: Any) -> Any:
    """Whole years since the last consent, which is the last event of a record that is in effect; at most 10."""
    years = (clock.at - given_at) // _long(_YEAR)
    return sa.case((years > _MOST_YEARS, _long(_MOST_YEARS)), else_=years)


def _long(number: int) -> Any:
    return sa.literal(number, sa.BigInteger)


def _names_its_end() -> Any:
    """Whether the event that brought the present consent about has an end of its own."""
    record, event, state = schema.record.c, schema.event.c, schema.consent_state.c
    return sa.exists().where(
        record.id == state.record,
        event.record_id == record.record_id,
        event.at == state.since_at,
        event.state.in_([status.value for status in spans.GIVEN]),
        event.expires_at < NEVER,
    )


def _years(later: Any, earlier: Any) -> Any:
    """Whole years between two day numbers, as SQL. Both engines divide integers towards zero."""
    return (later - earlier) // 10_000


def _capped(age: Any) -> Any:
    """An age as the rules tell it apart: 18 and all above it are one."""
    return sa.case((age > ADULT_AGE, ADULT_AGE), else_=age)


def _age_now(clock: Clock) -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    return sa.case(
        (shown.born_on.is_not(None), _capped(_years(sa.literal(clock.day), shown.born_on))),
        (shown.age >= ADULT_AGE, ADULT_AGE),
        (acquired < clock.day, _capped(shown.age + _years(clock.day, acquired))),
        else_=shown.age,
    )


def _holds_from(clock: Clock) -> Any:
    """Since when the state of a record and, within a day, somebody's age have been as they are."""
    acquired, given_at = schema.item.c.acquired_at, _last_event(clock, spans.GIVEN)
    return _greatest(
        sa.func.coalesce(schema.consent_state.c.from_at, -NEVER),
        sa.case((_age_now(clock).is_not(None), clock.day_starts), else_=-NEVER),
        sa.case((acquired <= clock.at, acquired), else_=-NEVER),
        sa.func.coalesce(given_at + _years_since(clock, given_at) * _long(_YEAR), -NEVER),
    )


def _holds_until(clock: Clock) -> Any:
    """Until when they stay so: a minor may have a birthday tomorrow."""
    acquired, given_at = schema.item.c.acquired_at, _last_event(clock, spans.GIVEN)
    years = _years_since(clock, given_at)
    return -_greatest(
        -sa.func.coalesce(schema.consent_state.c.until_at, NEVER),
        sa.case((_age_now(clock) < ADULT_AGE, -clock.day_ends), else_=-NEVER),
        sa.case((acquired > clock.at, -acquired), else_=-NEVER),
        sa.case((years < _MOST_YEARS, -(given_at + (years + 1) * _long(_YEAR))), else_=-NEVER),
    )


def _greatest(*values: Any) -> Any:
    """The greatest of several, as SQL that both engines know."""
    first, *rest = values
    for value in rest:
        first = sa.case((value > first, value), else_=first)
    return first


def _age_when_taken() -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    return sa.case((shown.born_on.is_not(None), _capped(_years(acquired, shown.born_on))), else_=_capped(shown.age))


def _age_when_given() -> Any:
    shown, acquired, given = schema.depiction.c, schema.item.c.acquired_on, schema.consent_state.c.given_on
    return sa.case(
        (shown.born_on.is_not(None), _capped(_years(given, shown.born_on))),
        (given >= acquired, _capped(shown.age + _years(given, acquired))),
        # Given before the image was taken: only whole years count, as nobody's birthday is known.
        else_=_capped(shown.age - _years(acquired, given)),
    )
