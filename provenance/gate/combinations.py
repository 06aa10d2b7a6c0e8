"""From the stored text of combinations back to the facts that rules judge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.evidence import STATES
from provenance.ledger.spans import STATUSES
from provenance.policy.facts import Combination, EvidenceState, ItemFacts, PersonFacts, RecordFacts, SignalFacts
from provenance.policy.summarise import decode_item, decode_person, decode_record
from provenance.vocabulary import ConsentStatus

_PAGE = 500


class Profiles:
    """Profiles decoded once each. A ledger holds thousands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._items: dict[int, ItemFacts] = {}
        self._persons: dict[int, PersonFacts] = {}
        self._records: dict[int, RecordFacts] = {}

    def item(self, number: int) -> ItemFacts:
        """The facts of an image."""
        if number not in self._items:
            self._items[number] = decode_item(self._text(number))
        return self._items[number]

    def person(self, number: int) -> PersonFacts:
        """The lasting facts of a person shown."""
        if number not in self._persons:
            self._persons[number] = decode_person(self._text(number))
        return self._persons[number]

    def record(self, number: int) -> RecordFacts:
        """The terms of a basis record."""
        if number not in self._records:
            self._records[number] = decode_record(self._text(number))
        return self._records[number]

    def _text(self, number: int) -> str:
        query = sa.select(schema.profile.c.facts).where(schema.profile.c.id == number)
        return str(self._connection.execute(query).scalar_one())


def decoded(text: str, profiles: Profiles) -> Combination:
    """The combination behind its stored text."""
    item_number, licence_ended, people = json.loads(text)
    item = profiles.item(item_number)
    if licence_ended:
        signals: SignalFacts = replace(item.signals, licence_ended=True)
        item = replace(item, signals=signals)
    return Combination(item, tuple(_person(person, profiles) for person in people))


def load(connection: Connection, numbers: Iterable[int]) -> Iterator[tuple[int, Combination]]:
    """Combinations by their numbers, in order."""
    profiles = Profiles(connection)
    table = schema.combination.c
    wanted = sorted(numbers)
    for start in range(0, len(wanted), _PAGE):
        rows = connection.execute(
            sa.select(table.id, table.facts).where(table.id.in_(wanted[start : start + _PAGE])).order_by(table.id)
        )
        for number, text in rows:
            yield number, decoded(text, profiles)


def _person(stored: list[Any], profiles: Profiles) -> PersonFacts:
    number, age_now, age_taken, records = stored
    return replace(
        profiles.person(number),
        age=age_now,
        age_when_taken=age_taken,
        records=tuple(_record(record, profiles) for record in records),
    )


def _record(stored: list[int], profiles: Profiles) -> RecordFacts:
    number, status, evidence, after, age_given, superseded = stored
    state = STATUSES[status]
    return replace(
        profiles.record(number),
        status=state,
        expired=state is ConsentStatus.EXPIRED,
        evidence=EvidenceState(STATES[evidence]),
        given_after_acquisition=bool(after),
        age_when_given=age_given,
        superseded=bool(superseded),
    )
