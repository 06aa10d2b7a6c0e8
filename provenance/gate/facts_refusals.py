"""What refusals make of the records of the people shown in some images. Few images show anybody who refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.gate.columns import Places, expanded, largest, listed, matching, read, rows, smallest
from provenance.gate.facts_columns import Facts
from provenance.gate.facts_query import (
    IN_EFFECT,
    Deriving,
    RefusalRow,
    given_query,
    reached_query,
    refusals_query,
)


@dataclass(frozen=True, slots=True)
class Unstated:
    """A refusal that nothing in scope of a person shown states any more, and the profiles of all that they refused."""

    shown: int
    terms: int
    status: int
    refused: frozenset[int]


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused: by the place of a record what it does not outlive, as the profiles of those refusals."""

    standing: Mapping[int, frozenset[int]] = field(default_factory=dict)
    unstated: Sequence[Unstated] = ()


def read_refused(connection: Connection, how: Deriving, facts: Facts, is_express: Callable[[int], bool]) -> Refused:
    """What was refused in some images at the clock; narrows for how long their facts hold.

    `is_express` tells of a record's profile whether a consent under it is express: it outlives what came before it.
    """
    reaching = _Reaching.read(connection, how)
    shown, images = facts.shown, facts.images
    touched = np.flatnonzero(np.isin(shown.person, list(reaching.people)))
    if not len(touched):
        return Refused()
    given_at = _given(connection, how, reaching.people)
    records = _records_of(facts, touched)
    standing: dict[int, frozenset[int]] = {}
    unstated: list[Unstated] = []
    begun: list[tuple[int, int]] = []
    coming: list[tuple[int, int]] = []
    at, numbers = how.clock.at, images.number.tolist()
    touching = listed((shown.person, shown.image), touched)
    for place, (person, image) in zip(touched.tolist(), touching, strict=True):
        every = reaching.refusals(numbers[image], person)
        refused = [one for one in every if one.at <= at]
        begun += [(image, one.at) for one in refused]
        if len(refused) < len(every):
            coming += [(image, one.at) for one in every if one.at > at]
        mine = records.get(place, ())
        for row, record, terms, status in mine:
            outlived = given_at[person, record] if status in IN_EFFECT and is_express(terms) else None
            if stands := frozenset(one.profile_id for one in refused if outlived is None or one.at >= outlived):
                standing[row] = stands
        unstated += _unstated(place, refused, {record for _, record, _, _ in mine})
    for turns, narrow, into in ((begun, largest, images.starts), (coming, smallest, images.ends)):
        if turns:
            narrow(into, *np.array(turns).T)
    return Refused(standing, unstated)


_Row: TypeAlias = tuple[int, ...]
"""A record of a person shown: its place, number, profile and status."""


@dataclass(frozen=True, slots=True)
class _Reaching:
    """Refusals by the person whom they hold in every image, and by the image and the person where they were placed."""

    everywhere: Mapping[int, Sequence[RefusalRow]]
    placed: Mapping[tuple[int, int], Sequence[RefusalRow]]

    @classmethod
    def read(cls, connection: Connection, how: Deriving) -> _Reaching:
        """Those of everybody shown in some images."""
        everywhere: dict[int, list[RefusalRow]] = {}
        for row in map(RefusalRow._make, rows(connection, refusals_query(how))):
            everywhere.setdefault(row.person_id, []).append(row)
        placed: dict[tuple[int, int], list[RefusalRow]] = {}
        for item, *told in rows(connection, reached_query(how)):
            one = RefusalRow._make(told)
            placed.setdefault((item, one.person_id), []).append(one)
        return cls(everywhere, placed)

    @property
    def people(self) -> set[int]:
        """Whom they hold."""
        return {*self.everywhere, *(person for _, person in self.placed)}

    def refusals(self, image: int, person: int) -> Sequence[RefusalRow]:
        """What holds a person in an image."""
        everywhere = self.everywhere.get(person, ())
        return [*everywhere, *self.placed.get((image, person), ())] if self.placed else everywhere


def _unstated(place: int, refused: Sequence[RefusalRow], stated: set[int]) -> Iterable[Unstated]:
    everything = frozenset(one.profile_id for one in refused)
    for one in refused:
        # One that was asked for needs no record of its own beside others, which it refuses as well.
        if one.record not in stated and not (one.requested and stated):
            yield Unstated(place, one.profile_id, one.status, everything)


def _records_of(facts: Facts, touched: Places) -> Mapping[int, Sequence[_Row]]:
    """The records of some people shown, by the places of those."""
    records = facts.records
    owners, rows = expanded(*matching(records.shown, touched))
    found: dict[int, list[_Row]] = {}
    columns = (np.arange(len(records.shown)), records.record, records.terms, records.status)
    for owner, row in zip(touched[owners].tolist(), listed(columns, rows), strict=True):
        found.setdefault(owner, []).append(row)
    return found


def _given(connection: Connection, how: Deriving, people: Iterable[int]) -> Mapping[tuple[int, int], int]:
    """When the last consent of each record of some people was given."""
    found: dict[tuple[int, int], int] = {}
    for some in batched(sorted(people), IN_LIST):
        for person, record, at in zip(*read(connection, given_query(how, some)), strict=True):
            found[int(person), int(record)] = int(at)
    return found
