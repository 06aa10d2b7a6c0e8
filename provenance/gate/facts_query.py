"""The query that brings each image together with the people it shows and their records at the gate's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from provenance.ledger import schema, spans
from provenance.ledger.registry import day_number
from provenance.ledger.schema import NEVER
from provenance.model import from_micros
from provenance.vocabulary import ADULT_AGE

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
ITEM, FROM, UNTIL, LICENCE, SINCE, ORDINAL, PROFILE = range(7)
LICENCE_ENDED, AHEAD, PERSON, AGE_NOW, AGE_TAKEN, CONSENTED, RECORD, STATUS, EVIDENCE = range(7, 16)
YEARS, TERM, AGE_GIVEN = range(16, 19)

_MOST_YEARS: Final = 10


def facts_query(collection: int, clock: Clock, bounds: tuple[int, int]) -> sa.Select[Any]:
    """One row for each image, person shown and record in scope, in the order of images and persons."""
    pending, item, shown, record = schema.pending.c, schema.item.c, schema.depiction.c, schema.consent_state.c
    stands = sa.and_(
        record.person_id == shown.person_id,
        record.from_at <= clock.at,
        record.until_at > clock.at,
        _in_scope(schema.consent_state),
    )
    return (
        sa.select(
            pending.item_id,
            _holds_from(clock),
            _holds_until(clock),
            item.licence_ends_at,
            record.since_at,
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
            _years_since_last_event(clock),
            sa.case((_names_its_end(), 1), else_=0),
            _age_when_given(),
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


def _years_since_last_event(clock: Clock) -> Any:
    """Whole years since the last consent, which is the last event of a record that is in effect; at most 10."""
    years = _years(sa.literal(clock.day), schema.consent_state.c.given_on)
    return sa.case((years > _MOST_YEARS, _MOST_YEARS), else_=years)


def _names_its_end() -> Any:
    """Whether the event that brought the present consent about has an end of its own."""
    record, event, state = schema.record.c, schema.event.c, schema.consent_state.c
    return sa.exists().where(
        record.id == state.record,
        event.record_id == record.record_id,
        event.at == state.since_at,
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
    begins, acquired = sa.func.coalesce(schema.consent_state.c.from_at, -NEVER), schema.item.c.acquired_at
    daily = sa.or_(_age_now(clock).is_not(None), schema.consent_state.c.given_on.is_not(None))
    return sa.case(
        (sa.and_(acquired <= clock.at, acquired > begins, acquired > clock.day_starts), acquired),
        (sa.and_(daily, begins < clock.day_starts), clock.day_starts),
        (sa.and_(acquired <= clock.at, acquired > begins), acquired),
        else_=begins,
    )


def _holds_until(clock: Clock) -> Any:
    """Until when they stay so: a minor may have a birthday tomorrow."""
    ends, acquired = sa.func.coalesce(schema.consent_state.c.until_at, NEVER), schema.item.c.acquired_at
    minor, given = _age_now(clock) < ADULT_AGE, schema.consent_state.c.given_on
    ages = sa.or_(minor, _years(sa.literal(clock.day), given) < _MOST_YEARS)
    return sa.case(
        (sa.and_(acquired > clock.at, acquired < ends, acquired < clock.day_ends), acquired),
        (sa.and_(ages, ends > clock.day_ends), clock.day_ends),
        (sa.and_(acquired > clock.at, acquired < ends), acquired),
        else_=ends,
    )


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
