"""The queries that read images, the people they show, their records and refusals, table by table, as whole numbers.

A driver's cost is by value and not by byte, so small columns travel together in one number (`packed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from provenance.ledger import schema
from provenance.ledger.registry import day_number
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import GIVEN, STATUSES
from provenance.ledger.statements import SourceKind
from provenance.ledger.within import within
from provenance.model import from_micros

_DAY: Final = 86_400_000_000

YEAR: Final = 365 * _DAY
"""A year of retention. Counted short, so that a leap day never adds one."""

MOST_YEARS: Final = 10
"""Years since an event beyond which no pack tells any apart."""

NONE: Final = -NEVER - 1
"""Stands for an instant that is not recorded: earlier than every instant."""

IN_EFFECT: Final = tuple(sorted(STATUSES.index(status) for status in GIVEN))
"""The stored numbers of the states in which a consent counts."""

Widths = Mapping[str, int]
"""How many bits each column takes in a packed number, from the highest. A day takes 27, the number of a profile 32."""

ITEM: Final[Widths] = {"profile": 32, "acquired_on": 27, "dated": 1}
DEPICTION: Final[Widths] = {"profile": 32, "age": 16, "conflict": 1}
LIFE: Final[Widths] = {"born_on": 27, "died_on": 27}
STATE: Final[Widths] = {"profile": 32, "status": 6, "evidence": 6, "has_term": 1, "is_consent": 1, "scoped": 1}

DATES: Final = (
    "acquired_at", "licence_ends_at", "training_from_at", "training_until_at", "retain_until_at", "looked_at",
)  # fmt: skip
"""The dates of an image that a clock tells apart."""


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


@dataclass(frozen=True, slots=True)
class Deriving:
    """Which images are derived together, when, and by which sources' records: those of a collection that are pending
    and whose numbers lie within the bounds."""

    collection: int
    bounds: tuple[int, int]
    clock: Clock
    sources: Sequence[int]

    @property
    def among(self) -> sa.ColumnElement[bool]:
        """Selects the images in the table of pending ones."""
        pending = schema.pending.c
        return sa.and_(pending.item_id.between(*self.bounds), pending.collection_id == self.collection)

    @property
    def images(self) -> sa.Select[Any]:
        """The numbers of the images. They may lie far apart."""
        return sa.select(schema.pending.c.item_id).where(self.among)

    @property
    def people(self) -> sa.Select[Any]:
        """The persons that the images show."""
        shown, pending = schema.depiction.c, schema.pending.c
        return (
            sa.select(shown.person_id)
            .join(schema.pending, pending.item_id == shown.item_id)
            .where(self.among, shown.person_id.is_not(None))
        )


def items_query(how: Deriving) -> sa.Select[Any]:
    """Each image: number, acquisition, and what `ITEM` packs; `dated` says that a date beside those is recorded."""
    pending, item = schema.pending.c, schema.item.c
    dates = (item[name] for name in DATES if name != "acquired_at")
    columns = {
        "profile": item.profile_id,
        "acquired_on": sa.func.coalesce(item.acquired_on, 0),
        "dated": _flag(sa.func.coalesce(*dates).is_not(None)),
    }
    return (
        sa.select(pending.item_id, sa.func.coalesce(item.acquired_at, NONE), packed(ITEM, columns))
        .join(schema.item, item.id == pending.item_id)
        .where(how.among)
        .order_by(pending.item_id)
    )


def dates_query(how: Deriving) -> sa.Select[Any]:
    """The `DATES` of each image that has any beside its acquisition."""
    pending, item = schema.pending.c, schema.item.c
    dates = (item[name] for name in DATES if name != "acquired_at")
    return (
        sa.select(pending.item_id, *(sa.func.coalesce(item[name], NONE) for name in DATES))
        .join(schema.item, item.id == pending.item_id)
        .where(how.among, sa.func.coalesce(*dates).is_not(None))
        .order_by(pending.item_id)
    )


def depictions_query(how: Deriving) -> sa.Select[Any]:
    """Each person shown: image, person (0 for one without a name), and what `DEPICTION` (the age plus one) and `LIFE`
    pack.
    """
    pending, shown, conflict = schema.pending.c, schema.depiction.c, schema.age_conflict.c
    same = sa.and_(conflict.collection_id == how.collection, conflict.person_id == shown.person_id)
    columns = {
        "profile": shown.profile_id,
        "age": sa.func.coalesce(shown.age, -1) + 1,
        "conflict": _flag(conflict.person_id.is_not(None)),
    }
    life = {"born_on": sa.func.coalesce(shown.born_on, 0), "died_on": sa.func.coalesce(shown.died_on, 0)}
    return (
        sa.select(pending.item_id, sa.func.coalesce(shown.person_id, 0), packed(DEPICTION, columns), packed(LIFE, life))
        .join(schema.depiction, shown.item_id == pending.item_id)
        .outerjoin(schema.age_conflict, same)
        .where(how.among)
        .order_by(pending.item_id, shown.ordinal)
    )


def states_query(how: Deriving) -> sa.Select[Any]:
    """The states of the records of everybody shown that stand at the clock, and every consent of theirs in its time.

    Each with person, record, span, since when, the day of the last consent (0 for none), and what `STATE` packs.
    """
    state, at = schema.consent_state.c, how.clock.at
    stands = sa.and_(state.from_at <= at, state.until_at > at)
    consented = sa.and_(state.is_consent, state.status.in_(IN_EFFECT))
    columns = {
        "profile": state.profile_id,
        "status": state.status,
        "evidence": state.evidence,
        "has_term": _flag(state.has_term),
        "is_consent": _flag(state.is_consent),
        "scoped": _flag(state.scoped),
    }
    return sa.select(
        state.person_id, state.record, state.from_at, state.until_at, state.since_at,
        sa.func.coalesce(state.given_on, 0), packed(STATE, columns),
    ).where(state.person_id.in_(how.people), state.source_id.in_(how.sources), sa.or_(stands, consented))  # fmt: skip


def given_query(how: Deriving, people: Sequence[int]) -> sa.Select[Any]:
    """When the last consent of each record of some people was given that stands at the clock."""
    state, at = schema.consent_state.c, how.clock.at
    return sa.select(state.person_id, state.record, sa.func.coalesce(state.given_at, NONE)).where(
        state.person_id.in_(people), state.source_id.in_(how.sources), state.from_at <= at, state.until_at > at
    )


def links_query(how: Deriving) -> sa.Select[Any]:
    """Each image with a record whose scope names it."""
    pending, link = schema.pending.c, schema.record_scope_image.c
    return (
        sa.select(link.item_id, link.record)
        .join(schema.pending, pending.item_id == link.item_id)
        .where(how.among, link.item_id.between(*how.bounds))
    )


class RefusalRow(NamedTuple):
    """A refusal that reaches a person shown, at the clock or after it, in every image or in one."""

    person_id: int
    record: int
    at: int
    status: int
    profile_id: int
    requested: bool
    """The person asked for it (`ledger.requests`): it is no record that could itself be a basis."""


def refusals_query(how: Deriving) -> sa.Select[Any]:
    """A `RefusalRow` for each refusal without a scope of anybody shown: it reaches every image of theirs."""
    refusal = schema.refusal.c
    return sa.select(refusal.person_id, *_told()).where(
        ~refusal.scoped, refusal.source_id.in_(how.sources), refusal.person_id.in_(how.people)
    )


def reached_query(how: Deriving) -> sa.Select[Any]:
    """An image and a `RefusalRow` for each refusal that was placed there, with the person whom it holds."""
    pending, reach, refusal = schema.pending.c, schema.refusal_reach.c, schema.refusal.c
    return (
        sa.select(reach.item_id, reach.person_id, *_told())
        .select_from(schema.refusal_reach)
        .join(schema.pending, pending.item_id == reach.item_id)
        .join(schema.refusal, refusal.record == reach.record)
        .where(within(refusal.source_id, how.sources), how.among, reach.item_id.between(*how.bounds))
    )


def placed_query(how: Deriving) -> sa.Select[Any]:
    """Whose refusals were placed in the images: of them `reached_query` tells."""
    pending, reach, record = schema.pending.c, schema.refusal_reach.c, schema.record.c
    return (
        sa.select(record.person_id)
        .select_from(schema.refusal_reach)
        .join(schema.pending, pending.item_id == reach.item_id)
        .join(schema.record, record.id == reach.record)
        .where(how.among, reach.item_id.between(*how.bounds))
    )


def _told() -> tuple[sa.ColumnElement[Any], ...]:
    refusal, source = schema.refusal.c, schema.statement_source.c
    requests = sa.select(source.id).where(source.kind == SourceKind.REQUEST.value)
    return refusal.record, refusal.at, refusal.status, refusal.profile_id, refusal.source_id.in_(requests)


def looks_query(how: Deriving) -> sa.Select[Any]:
    """Every look that counts at the images, with the image's `item_id`."""
    pending, item, look, ended = schema.pending.c, schema.item.c, schema.look.c, schema.look_end.c
    return (
        sa.select(pending.item_id, schema.look, schema.content.c.sha256)
        .select_from(schema.pending)
        .join(schema.item, item.id == pending.item_id)
        .join(schema.content, schema.content.c.id == item.content_id)
        .join(schema.look, look.content_id == item.content_id)
        .where(how.among, ~sa.exists().where(ended.look_id == look.id))
        .order_by(pending.item_id, look.at, look.id)
    )


def packed(widths: Widths, columns: Mapping[str, Any]) -> sa.ColumnElement[int]:
    """Columns that are never negative in one number, each in as many bits as it is wide."""
    mixed: Any = None
    for name, bits in widths.items():
        value = sa.type_coerce(columns[name], sa.BigInteger)  # so that PostgreSQL multiplies 64 bits
        mixed = value if mixed is None else mixed * sa.literal(1 << bits, sa.BigInteger) + value
    return sa.type_coerce(mixed, sa.BigInteger)


def _flag(condition: Any) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)
