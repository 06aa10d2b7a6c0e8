"""From the stored text of fact sets back to the facts that rules judge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import LedgerError
from provenance.ledger import schema
from provenance.ledger.evidence import STATES
from provenance.ledger.interning import profile_digest
from provenance.ledger.spans import STATUSES
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.looks import decode, with_looks
from provenance.policy.summarise import decode_item, decode_person, decode_record
from provenance.vocabulary import ConsentStatus, Purpose

_REMEMBERED: Final = 20_000
_DATED: Final = ("acquired_in_future", "training_licence_in_force", "retention_ended", "source_gone")


_PERSON: Final = '{"person":'
_PEOPLE: Final = ',"people":['
_LOOKS: Final = '"looks":'


class Profiles:
    """Profiles decoded once each, and checked against their digests. A ledger holds thousands.

    With `signed_only` no unsigned look clears anything.
    """

    def __init__(self, connection: Connection, *, signed_only: bool = False) -> None:
        self._connection = connection
        self._signed_only = signed_only
        self._people_at_clock = lru_cache(_REMEMBERED)(lambda text: self._person(json.loads(text)))
        self._items_at_clock = lru_cache(_REMEMBERED)(lambda text: self._item(json.loads(text)))
        self._items = lru_cache(_REMEMBERED)(lambda number: decode_item(self._text("item", number)))
        self._people = lru_cache(_REMEMBERED)(lambda number: decode_person(self._text("person", number)))
        self._terms = lru_cache(_REMEMBERED)(lambda number: decode_record(self._text("record", number)))

    def fact_set(self, text: str) -> FactSet:
        """The fact set behind its stored text."""
        with suppress(json.JSONDecodeError):
            if (parts := _parts_of(text)) is not None:
                # The same people recur beside others in very many fact sets, so each is read once.
                return FactSet(self._items_at_clock(parts[0]), tuple(map(self._people_at_clock, parts[1])))
        facts = json.loads(text)
        people = tuple(self._people_at_clock(json.dumps(person)) for person in facts.pop("people", ()))
        looks = facts.pop("looks", None)
        found = FactSet(self._items_at_clock(json.dumps(facts)), people)
        return with_looks(found, decode(looks), signed_only=self._signed_only) if looks is not None else found

    def terms(self, number: int) -> RecordFacts:
        """The lasting facts of a record, by the number of its profile."""
        found: RecordFacts = self._terms(number)
        return found

    def _item(self, facts: Mapping[str, Any]) -> ItemFacts:
        item: ItemFacts = self._items(facts["item"])
        if facts.get("licence_ended"):
            item = replace(item, signals=replace(item.signals, licence_ended=True))
        if facts.get("looked_at_later"):
            item = replace(item, persons_reviewer=False)
        dated: dict[str, Any] = {name: True for name in _DATED if facts.get(name)}
        return replace(item, **dated) if dated else item

    def _person(self, facts: Mapping[str, Any]) -> PersonFacts:
        lasting: PersonFacts = self._people(facts["person"])
        return replace(
            lasting,
            age=facts.get("age"),
            age_when_taken=facts.get("age_when_taken"),
            death_recorded=lasting.death_recorded and facts.get("died", False),
            age_contradicts=lasting.age_contradicts or facts.get("ages_conflict", False),
            consent_at_acquisition=facts.get("consent_at_acquisition", False),
            records=tuple(self._record(record) for record in facts.get("records", ())),
        )

    def _record(self, facts: Mapping[str, Any]) -> RecordFacts:
        """A basis record as it stands."""
        state = STATUSES[facts["status"]]
        return replace(
            self.terms(facts["terms"]),
            status=state,
            expired=state is ConsentStatus.EXPIRED,
            evidence=EvidenceState(STATES[facts.get("evidence", 0)]),
            age_when_given=facts.get("age_when_given"),
            years_since_last_event=facts.get("years_since_last_event"),
            has_term=facts.get("has_term", False),
            refusals=tuple(tuple(map(Purpose, purposes)) for purposes in facts.get("refusals", ())),
        )

    def _text(self, kind: str, number: int) -> str:
        table = schema.profile.c
        row = self._connection.execute(sa.select(table.digest, table.facts).where(table.id == number)).one()
        if bytes(row.digest) != profile_digest(kind, row.facts):
            raise _changed("profile", number)
        return str(row.facts)


def _parts_of(text: str) -> tuple[str, list[str]] | None:
    """The texts of the facts about an image and about each person, where one follows the other and nothing else.

    So they are written (`gate.fact_numbers`). Of any other order the parts are no JSON, or there are none.

    >>> _parts_of('{"item":1,"people":[{"person":2},{"person":3,"age":18}]}')
    ('{"item":1}', ['{"person":2}', '{"person":3,"age":18}'])
    """
    item, _, people = text.partition(_PEOPLE)
    if not people.endswith("]}") or _LOOKS in text:
        return None
    return f"{item}}}", people[:-2].replace(f"}},{_PERSON}", f"}}\n{_PERSON}").split("\n")


def load(connection: Connection, numbers: Iterable[int], *, signed_only: bool) -> Iterator[tuple[int, FactSet]]:
    """Fact sets by their numbers, in order, with looks as `Profiles` takes them.

    Raises LedgerError for one that was changed by hand.
    """
    profiles = Profiles(connection, signed_only=signed_only)
    table = schema.fact_set.c
    for some in batched(sorted(numbers), IN_LIST):
        rows = connection.execute(
            sa.select(table.id, table.digest, table.facts).where(table.id.in_(some)).order_by(table.id)
        )
        for number, digest, text in rows:
            if bytes(digest) != sha256(text.encode()).digest():
                raise _changed("fact_set", number)
            yield number, profiles.fact_set(text)


def _changed(table: str, number: int) -> LedgerError:
    return LedgerError(
        f"row {number} of the ledger's table {table} is not as it was written",
        remedy="find out who changed it (`provenance verify`), then restore the ledger from a copy",
    )
