"""The queries that bring each image together with the people it shows, their records and refusals at a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from provenance.ledger import schema
from provenance.ledger.registry import day_number
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import GIVEN, STATUSES
from provenance.ledger.statements import SourceKind
from provenance.model import from_micros
from provenance.vocabulary import ADULT_AGE

_DAY: Final = 86_400_000_000

YEAR: Final = 365 * _DAY
"""A year of retention. Counted short, so that a leap day never adds one."""

MOST_YEARS: Final = 10
"""Years since an event beyond which no pack tells any apart."""

_GIVEN: Final = tuple(sorted(STATUSES.index(status) for status in GIVEN))


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


class FactRow(NamedTuple):
    """One image with one person shown in it and one record of theirs, each None where there is none.

    `holds_from` and `holds_until` are the instants between which nothing of this row changes by itself. `dates` is
    None where the image names no date beside its acquisition that a clock would tell apart.
    """

    item_id: int
    holds_from: int
    holds_until: int
    dates: int | None
    acquired_at: int | None
    licence_ends_at: int | None
    training_from_at: int | None
    training_until_at: int | None
    retain_until_at: int | None
    looked_at: int | None
    person_id: int | None
    record: int | None
    given_at: int | None
    ordinal: int | None
    item_profile: int
    person_profile: int | None
    age_now: int | None
    age_taken: int | None
    died: int | None
    ages_conflict: int | None
    consented: int | None
    record_profile: int | None
    status: int | None
    evidence: int | None
    age_given: int | None
    years: int | None
    has_term: int | None


EQUAL: Final = (
    "item_profile", "person_profile", "age_now", "age_taken", "died", "ages_conflict", "consented", "record_profile",
    "status", "evidence", "age_given", "years", "has_term",
)  # fmt: skip
"""The columns in which one fact set differs from another. Dates, refusals and places are told apart beside them."""


def column(name: str) -> int:
    """The place of a column in a row, for the driver's plain tuples."""
    return FactRow._fields.index(name)


equal_part: Final = itemgetter(*map(column, EQUAL))
"""What of a row makes its facts those of another."""


def facts_query(collection: int, sources: Sequence[int], clock: Clock, bounds: tuple[int, int]) -> sa.Select[Any]:
    """A `FactRow` for each image, person shown and record in scope, in the order of images and persons."""
    pending, item, shown, record = schema.pending.c, schema.item.c, schema.depiction.c, schema.consent_state.c
    conflict = schema.age_conflict.c
    same = sa.and_(conflict.collection_id == collection, conflict.person_id == shown.person_id)
    stands = sa.and_(
        record.person_id == shown.person_id,
        record.from_at <= clock.at,
        record.until_at > clock.at,
        record.source_id.in_(sources),
        _in_scope(schema.consent_state),
    )
    columns = {
        "item_id": pending.item_id,
        "holds_from": _holds_from(clock),
        "holds_until": _holds_until(clock),
        "dates": _dates(clock),
        "acquired_at": item.acquired_at,
        "licence_ends_at": item.licence_ends_at,
        "training_from_at": item.training_from_at,
        "training_until_at": item.training_until_at,
        "retain_until_at": item.retain_until_at,
        "looked_at": item.looked_at,
        "person_id": shown.person_id,
        "record": record.record,
        "given_at": record.given_at,
        "ordinal": shown.ordinal,
        "item_profile": item.profile_id,
        "person_profile": shown.profile_id,
        "age_now": _age_now(clock),
        "age_taken": _age_when_taken(),
        "died": sa.case((shown.died_on <= clock.day, 1), else_=0),
        "ages_conflict": sa.case((conflict.person_id.is_not(None), 1), else_=0),
        "consented": _consented(sources),
        "record_profile": record.profile_id,
        "status": record.status,
        "evidence": record.evidence,
        "age_given": _age_when_given(),
        "years": _years_since(clock),
        "has_term": sa.cast(record.has_term, sa.Integer),
    }
    return (
        sa.select(*(columns[name].label(name) for name in FactRow._fields))
        .select_from(schema.pending)
        .join(schema.item, item.id == pending.item_id)
        .outerjoin(schema.depiction, shown.item_id == item.id)
        .outerjoin(schema.age_conflict, same)
        .outerjoin(schema.consent_state, stands)
        .where(pending.item_id.between(*bounds), pending.collection_id == collection)
        .order_by(pending.item_id, shown.ordinal, record.record)
    )


class RefusalRow(NamedTuple):
    """A refusal that reaches a person shown in an image, at the clock or after it."""

    item_id: int
    person_id: int
    record: int
    at: int
    status: int
    profile_id: int
    requested: bool
    """The person asked for it (`ledger.requests`): it is no record that could itself be a basis."""


def refusals_query(collection: int, sources: Sequence[int], bounds: tuple[int, int]) -> sa.CompoundSelect[Any]:
    """Every `RefusalRow` of the images in these bounds that have to be derived."""
    pending, shown, refusal, reach = schema.pending.c, schema.depiction.c, schema.refusal.c, schema.refusal_reach.c
    source = schema.statement_source.c
    requests = sa.select(source.id).where(source.kind == SourceKind.REQUEST.value)
    told = (refusal.record, refusal.at, refusal.status, refusal.profile_id, refusal.source_id.in_(requests))
    among = sa.and_(pending.item_id.between(*bounds), pending.collection_id == collection)
    whole = (
        sa.select(pending.item_id, refusal.person_id, *told)
        .select_from(schema.refusal)
        .join(schema.depiction, shown.person_id == refusal.person_id)
        .join(schema.pending, pending.item_id == shown.item_id)
        .where(~refusal.scoped, refusal.source_id.in_(sources), among)
    )
    reached = (
        sa.select(pending.item_id, reach.person_id, *told)
        .select_from(schema.refusal_reach)
        .join(schema.pending, pending.item_id == reach.item_id)
        .join(schema.refusal, refusal.record == reach.record)
        .where(refusal.source_id.in_(sources), among)
    )
    return sa.union(whole, reached)


def looks_query(collection: int, bounds: tuple[int, int]) -> sa.Select[Any]:
    """Every look that counts at the images in these bounds that have to be derived, with the image's `item_id`."""
    pending, item, look, ended = schema.pending.c, schema.item.c, schema.look.c, schema.look_end.c
    return (
        sa.select(pending.item_id, schema.look)
        .select_from(schema.pending)
        .join(schema.item, item.id == pending.item_id)
        .join(schema.look, look.content_id == item.content_id)
        .where(pending.item_id.between(*bounds), pending.collection_id == collection)
        .where(~sa.exists().where(ended.look_id == look.id))
        .order_by(pending.item_id, look.at, look.id)
    )


def _in_scope(records: Any) -> sa.ColumnElement[bool]:
    link = schema.record_scope_image.c
    named = sa.exists().where(link.item_id == schema.item.c.id, link.record == records.c.record)
    return sa.or_(~records.c.scoped, named)


def _consented(sources: Sequence[int]) -> sa.ColumnElement[int]:
    """Whether a consent of the person in scope was in effect when the image was acquired."""
    then = schema.consent_state.alias("then")
    acquired = schema.item.c.acquired_at
    found = sa.exists().where(
        then.c.person_id == schema.depiction.c.person_id,
        then.c.from_at <= acquired,
        then.c.until_at > acquired,
        then.c.is_consent,
        then.c.status.in_(_GIVEN),
        then.c.source_id.in_(sources),
        _in_scope(then),
    )
    return sa.case((schema.consent_state.c.record.is_(None), 0), (found, 1), else_=0)


def _dates(clock: Clock) -> sa.ColumnElement[int]:
    """Not None where an image has to be looked at date by date."""
    item = schema.item.c
    ahead = (sa.case((at > clock.at, at), else_=None) for at in (item.acquired_at, item.looked_at))
    return sa.func.coalesce(
        item.licence_ends_at, item.training_from_at, item.training_until_at, item.retain_until_at, *ahead
    )


def _years(later: Any, earlier: Any) -> Any:
    """Whole years between two day numbers, as SQL. Both engines divide integers towards zero."""
    return (later - earlier) // 10_000


def _capped(age: Any) -> Any:
    """An age as the rules tell it apart: 18 and all above it are one."""
    return sa.case((age > ADULT_AGE, ADULT_AGE), (age < 0, 0), else_=age)


def _age_now(clock: Clock) -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    return sa.case(
        (shown.born_on.is_not(None), _capped(_years(sa.literal(clock.day), shown.born_on))),
        (shown.age >= ADULT_AGE, ADULT_AGE),
        (acquired < clock.day, _capped(shown.age + _years(clock.day, acquired))),
        else_=shown.age,
    )


def _age_when_taken() -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    return sa.case((shown.born_on.is_not(None), _capped(_years(acquired, shown.born_on))), else_=_capped(shown.age))


def _age_when_given() -> Any:
    """The age at the last consent. Where nobody's birthday is known it is the least that it can have been."""
    shown, acquired, given = schema.depiction.c, schema.item.c.acquired_on, schema.consent_state.c.given_on
    begun = sa.case(((acquired - given) % 10_000 == 0, 0), else_=1)
    return sa.case(
        (shown.born_on.is_not(None), _capped(_years(given, shown.born_on))),
        (given >= acquired, _capped(shown.age + _years(given, acquired))),
        else_=_capped(shown.age - _years(acquired, given) - begun),
    )


def _counts_years() -> sa.ColumnElement[bool]:
    """Years since the last event matter only to a consent in effect that names no end."""
    state = schema.consent_state.c
    return sa.and_(state.status.in_(_GIVEN), ~state.has_term)


def _years_since(clock: Clock) -> Any:
    years = (clock.at - schema.consent_state.c.since_at) // YEAR
    return sa.case((_counts_years(), sa.case((years > MOST_YEARS, MOST_YEARS), else_=years)), else_=None)


def _holds_from(clock: Clock) -> Any:
    """Since when the state of a record, the years since, and within a day somebody's age have been as they are."""
    state, acquired = schema.consent_state.c, schema.item.c.acquired_at
    begins: Any = sa.func.coalesce(state.from_at, -NEVER)
    begins = sa.case((_counts_years(), state.since_at + ((clock.at - state.since_at) // YEAR) * YEAR), else_=begins)
    begins = sa.case((sa.and_(acquired <= clock.at, acquired > begins), acquired), else_=begins)
    knows_day = sa.or_(_age_now(clock).is_not(None), schema.depiction.c.died_on.is_not(None))
    return sa.case((sa.and_(knows_day, begins < clock.day_starts), clock.day_starts), else_=begins)


def _holds_until(clock: Clock) -> Any:
    """Until when they stay so: a minor may have a birthday tomorrow, and a death may be recorded ahead."""
    state = schema.consent_state.c
    ends: Any = sa.func.coalesce(state.until_at, NEVER)
    years = (clock.at - state.since_at) // YEAR
    year_ends = state.since_at + (years + 1) * YEAR
    counts = sa.and_(_counts_years(), years < MOST_YEARS, year_ends < ends)
    ends = sa.case((counts, year_ends), else_=ends)
    ages = sa.or_(_age_now(clock) < ADULT_AGE, schema.depiction.c.died_on > clock.day)
    return sa.case((sa.and_(ages, ends > clock.day_ends), clock.day_ends), else_=ends)
