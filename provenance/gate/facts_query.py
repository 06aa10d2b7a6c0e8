"""The query that brings each image together with the people it shows and their records at the gate's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from provenance.ledger import schema
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
LICENCE_ENDED, PERSON, AGE_NOW, AGE_TAKEN, RECORD, STATUS, EVIDENCE, AFTER, AGE_GIVEN = range(7, 16)


def facts_query(collection: int, clock: Clock, bounds: tuple[int, int]) -> sa.Select[Any]:
    """One row for each image, person shown and record in scope, in the order of images and persons."""
    pending, item, shown, record = schema.pending.c, schema.item.c, schema.depiction.c, schema.consent_state.c
    in_scope = sa.or_(
        ~record.scoped,
        sa.exists().where(
            schema.record_scope_image.c.item_id == item.id, schema.record_scope_image.c.record == record.record
        ),
    )
    stands = sa.and_(
        record.person_id == shown.person_id, record.from_at <= clock.at, record.until_at > clock.at, in_scope
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
            shown.profile_id,
            _age_now(clock),
            _age_when_taken(),
            record.profile_id,
            record.status,
            record.evidence,
            sa.case((record.given_at > item.acquired_at, 1), else_=0),
            _age_when_given(),
        )
        .select_from(schema.pending)
        .join(schema.item, item.id == pending.item_id)
        .outerjoin(schema.depiction, shown.item_id == item.id)
        .outerjoin(schema.consent_state, stands)
        .where(pending.item_id.between(*bounds), pending.collection_id == collection)
        .order_by(pending.item_id, shown.ordinal)
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
    begins, knows_age = schema.consent_state.c.from_at, _age_now(clock).is_not(None)
    return sa.case(
        (sa.and_(knows_age, sa.func.coalesce(begins, -NEVER) < clock.day_starts), clock.day_starts),
        else_=sa.func.coalesce(begins, -NEVER),
    )


def _holds_until(clock: Clock) -> Any:
    """Until when they stay so: a minor may have a birthday tomorrow."""
    ends, minor = schema.consent_state.c.until_at, _age_now(clock) < ADULT_AGE
    return sa.case(
        (sa.and_(minor, sa.func.coalesce(ends, NEVER) > clock.day_ends), clock.day_ends),
        else_=sa.func.coalesce(ends, NEVER),
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
