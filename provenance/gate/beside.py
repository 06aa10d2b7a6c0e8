"""What stands beside the rows of images when their facts are derived, and an image with all of it.

Refusals, what people saw, terms of retention and sources that are gone: few images have any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.facts_query import Clock, FactRow, RefusalRow, equal_part, looks_query, refusals_query
from provenance.ledger import looks, retention, schema, source_checks
from provenance.model import Look, to_micros
from provenance.policy.looks import LookFacts, looks_of

_Refusals: TypeAlias = Mapping[int, Sequence[RefusalRow]]


def _refusals(connection: Connection, collection: int, sources: Sequence[int], bounds: tuple[int, int]) -> _Refusals:
    """The refusals that reach people shown in these images, by image."""
    found: dict[int, list[RefusalRow]] = {}
    for row in connection.execute(refusals_query(collection, sources, bounds)):
        found.setdefault(row.item_id, []).append(RefusalRow(*row))
    return {item: sorted(rows, key=lambda row: (row.person_id, row.at, row.record)) for item, rows in found.items()}


def _looks(connection: Connection, collection: int, bounds: tuple[int, int]) -> Mapping[int, Sequence[Look]]:
    """What people saw in these images, by image."""
    found: dict[int, list[Look]] = {}
    if looks.any_at_all(connection):
        for row in connection.execute(looks_query(collection, bounds)):
            found.setdefault(row.item_id, []).append(looks.look_of(row))
    return found


def _terms(connection: Connection, collection: int, bounds: tuple[int, int]) -> Mapping[int, int]:
    """Until when these images may be kept, where that is said beside their rows."""
    if not retention.any_at_all(connection):
        return {}
    pending = schema.pending.c
    among = sa.select(pending.item_id).where(pending.item_id.between(*bounds), pending.collection_id == collection)
    return dict(connection.execute(retention.terms_query(among)).all())


def _lost(connection: Connection, collection: int, bounds: tuple[int, int]) -> Mapping[int, int]:
    """Those of these images that are no longer where they were taken from."""
    if not source_checks.any_at_all(connection):
        return {}
    pending, item = schema.pending.c, schema.item.c
    addresses = (
        sa.select(item.id, item.source_url)
        .join(schema.pending, pending.item_id == item.id)
        .where(pending.item_id.between(*bounds), pending.collection_id == collection, item.source_url.is_not(None))
    )
    return source_checks.lost(connection, connection.execute(addresses).all())


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the rows of images: refusals, looks, terms, sources that are gone. Few images have any."""

    refusals: _Refusals
    looks: Mapping[int, Sequence[Look]]
    terms: Mapping[int, int]
    lost: Mapping[int, int]

    @classmethod
    def of(cls, connection: Connection, collection: int, sources: Sequence[int], bounds: tuple[int, int]) -> Self:
        """What stands beside the images in these bounds that have to be derived."""
        return cls(
            _refusals(connection, collection, sources, bounds),
            _looks(connection, collection, bounds),
            _terms(connection, collection, bounds),
            _lost(connection, collection, bounds),
        )

    def has(self, item: int) -> bool:
        """Whether an image has any."""
        return any(item in one for one in (self.refusals, self.looks, self.terms, self.lost))

    def image(self, item: int, rows: Sequence[FactRow], clock: Clock) -> Image:
        """The rows of an image together with what stands beside them."""
        return Image(item, rows, self, clock)


class Image:
    """The rows of one image: what of them makes its fact set, and for how long that holds."""

    def __init__(self, item: int, rows: Sequence[FactRow], beside: Beside, clock: Clock) -> None:
        refusals, seen = beside.refusals.get(item, ()), beside.looks.get(item, ())
        own, term = rows[0].retain_until_at, beside.terms.get(item)
        self.rows = rows
        self.clock = clock
        self._retain_until_at = min((at for at in (own, term) if at is not None), default=None)
        self._is_lost = item in beside.lost
        self.refusals = [row for row in refusals if row.at <= clock.at]
        self._coming = [row.at for row in refusals if row.at > clock.at]
        self._looked_at = [to_micros(look.at) for look in seen]
        self.seen = looks_of(seen, acquired_at=rows[0].acquired_at, clock=clock.at) if seen else LookFacts()

    @property
    def equal_part(self) -> tuple[Any, ...]:
        """What distinguishes this image's fact set from another's."""
        people = {row.person_id: row.ordinal for row in self.rows}
        refused = tuple((people.get(r.person_id), r.record, r.at, r.status, r.profile_id) for r in self.refusals)
        given = tuple((row.ordinal, row.record, row.given_at) for row in self.rows) if refused else ()
        places = tuple(row.ordinal for row in self.rows)
        return (tuple(map(equal_part, self.rows)), places, self.dated, refused, given, self.seen)

    @property
    def dated(self) -> tuple[tuple[str, bool], ...]:
        """What the clock makes of the image's own dates; only what is true."""
        first, at = self.rows[0], self.clock.at
        facts = {
            "acquired_in_future": first.acquired_at is not None and first.acquired_at > at,
            "licence_ended": first.licence_ends_at is not None and first.licence_ends_at < at,
            "training_licence_in_force": first.training_from_at is not None
            and first.training_from_at <= at
            and (first.training_until_at is None or at <= first.training_until_at),
            "looked_at_later": first.looked_at is not None and first.looked_at > at,
            "retention_ended": self._retain_until_at is not None and self._retain_until_at < at,
            "source_gone": self._is_lost,
        }
        return tuple((name, True) for name, fact in facts.items() if fact)

    @property
    def holds(self) -> tuple[int, int]:
        """The instants between which nothing about the image changes by itself."""
        first, at = self.rows[0], self.clock.at
        starts = [row.holds_from for row in self.rows] + [row.at for row in self.refusals]
        ends = [row.holds_until for row in self.rows] + self._coming
        turns = (
            first.acquired_at,
            first.training_from_at,
            first.looked_at,
            *self._looked_at,
            *(
                end + 1
                for end in (first.licence_ends_at, first.training_until_at, self._retain_until_at)
                if end is not None
            ),
        )
        starts += [turn for turn in turns if turn is not None and turn <= at]
        ends += [turn for turn in turns if turn is not None and turn > at]
        return max(starts), min(ends)
