"""From the stored text of combinations back to the facts that rules judge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.evidence import STATES
from provenance.ledger.spans import STATUSES
from provenance.model import SignalFacts
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.summarise import decode_item, decode_person, decode_record
from provenance.vocabulary import ConsentStatus, Purpose

_PAGE: Final = 500
_REMEMBERED: Final = 20_000


class Profiles:
    """Profiles decoded once each, and the people and records made of them. A ledger holds thousands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.item = lru_cache(_REMEMBERED)(self._item)
        self.person = lru_cache(_REMEMBERED)(self._person)
        self._terms = lru_cache(_REMEMBERED)(lambda number: decode_record(self._text(number)))
        self._lasting = lru_cache(_REMEMBERED)(lambda number: decode_person(self._text(number)))
        self._standing = lru_cache(_REMEMBERED)(self._record)

    def _item(self, number: int, licence_ended: int, acquired_ahead: int) -> ItemFacts:
        """The facts of an image."""
        item = decode_item(self._text(number))
        if not licence_ended and not acquired_ahead:
            return item
        signals: SignalFacts = replace(item.signals, licence_ended=bool(licence_ended))
        return replace(item, signals=signals, acquired_in_future=bool(acquired_ahead))

    def _person(
        self,
        number: int,
        age_now: int | None,
        age_taken: int | None,
        consented: int,
        records: tuple[tuple[Any, ...], ...],
    ) -> PersonFacts:
        """The facts of a person shown, with their records as they stand."""
        facts: PersonFacts = self._lasting(number)
        return replace(
            facts,
            age=age_now,
            age_when_taken=age_taken,
            consent_at_acquisition=bool(consented),
            records=tuple(self._standing(*record) for record in records),
        )

    def _record(
        self,
        number: int,
        status: int,
        evidence: int,
        years: int | None,
        term: int,
        age_given: int | None,
        refusals: tuple[tuple[Purpose, ...], ...],
    ) -> RecordFacts:
        """A basis record as it stands."""
        state = STATUSES[status]
        terms: RecordFacts = self._terms(number)
        return replace(
            terms,
            status=state,
            expired=state is ConsentStatus.EXPIRED,
            evidence=EvidenceState(STATES[evidence]),
            years_since_last_event=years,
            has_term=bool(term),
            age_when_given=age_given,
            refusals=refusals,
        )

    def _text(self, number: int) -> str:
        query = sa.select(schema.profile.c.facts).where(schema.profile.c.id == number)
        return str(self._connection.execute(query).scalar_one())


def decoded(text: str, profiles: Profiles) -> FactSet:
    """The combination behind its stored text."""
    item, licence_ended, acquired_ahead, people = json.loads(text)
    return FactSet(
        profiles.item(item, licence_ended, acquired_ahead),
        tuple(
            profiles.person(number, age_now, age_taken, consented, tuple(map(_record_state, records)))
            for number, age_now, age_taken, consented, records in people
        ),
    )


def _record_state(state: list[Any]) -> tuple[Any, ...]:
    *rest, refusals = state
    return (*rest, tuple(tuple(map(Purpose, purposes)) for purposes in refusals))


def load(connection: Connection, numbers: Iterable[int]) -> Iterator[tuple[int, FactSet]]:
    """Combinations by their numbers, in order."""
    profiles = Profiles(connection)
    table = schema.fact_set.c
    wanted = sorted(numbers)
    for start in range(0, len(wanted), _PAGE):
        rows = connection.execute(
            sa.select(table.id, table.facts).where(table.id.in_(wanted[start : start + _PAGE])).order_by(table.id)
        )
        for number, text in rows:
            yield number, decoded(text, profiles)
