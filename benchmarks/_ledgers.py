"""Synthetic ledgers of any size, written straight into the tables, with a realistic spread of facts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.ledger.consents import STANDING_COLUMNS
from provenance.ledger.database import Database
from provenance.ledger.interning import profiles
from provenance.ledger.registry import day_number
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import STATUSES, Occurrence, spans
from provenance.model import from_micros, to_micros
from provenance.policy.facts import ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.summarise import encode
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    PersonsStatus,
    Purpose,
)

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""The clock of every gate of the benchmark."""

_DAY: Final = 86_400_000_000
_EVIDENCE_MATCHES: Final = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a ledger is; `per_record` is how many images share one person's basis record."""

    images: int
    per_record: int = 1

    @property
    def persons(self) -> int:
        """How many people there are: 1.2 are shown in an image."""
        return max(1, self.images * 6 // 5 // self.per_record)


def build(path: Path, shape: Shape) -> Database:
    """A ledger of that shape, in which nothing has been derived or judged yet."""
    database = Database.open(path)
    rng = random.Random(20261122)
    with database.writing() as connection:
        of_items = list(profiles(connection, (("item", encode(facts)) for facts in _item_facts())).values())
        of_people = list(profiles(connection, (("person", encode(facts)) for facts in _person_facts())).values())
        of_records = list(profiles(connection, (("record", encode(facts)) for facts in _record_facts())).values())
        bulk(connection, schema.collection, ("id", "uri"), [(1, "file:///bench")])
        columns = ("id", "collection_id", "inputs", "software", "started_at", "finished_at")
        bulk(connection, schema.scan, columns, [(1, 1, b"", "bench", 0, 0)])
        bulk(connection, schema.person, ("id", "ref"), ((n, f"p{n}") for n in range(1, shape.persons + 1)))
        bulk(connection, schema.item, _ITEM, _items(shape, of_items, rng))
        bulk(connection, schema.depiction, _DEPICTION, _depictions(shape, of_people, rng))
        lives = _Lives(shape, of_records)
        bulk(connection, schema.record, _RECORD, lives.records())
        bulk(connection, schema.event, _EVENT, lives.events())
        bulk(connection, schema.consent_state, STANDING_COLUMNS, lives.consent_state())
        bulk(connection, schema.pending, ("item_id", "collection_id"), ((n, 1) for n in range(1, shape.images + 1)))
        connection.exec_driver_sql("ANALYZE")
    return database


def forget(database: Database) -> None:
    """Drop everything derived, so that the next gate starts from what was recorded."""
    with database.writing() as connection:
        for table in (
            schema.cached_decision,
            schema.item_facts,
            schema.fact_set_count,
            schema.derivation_validity,
            schema.fact_set,
            schema.pending,
        ):
            connection.execute(table.delete())
        connection.exec_driver_sql("INSERT INTO pending SELECT id, collection_id FROM item WHERE current")


def _item_facts() -> Iterator[ItemFacts]:
    """32 kinds of images: where they were taken, how they were got, under which licence."""
    for jurisdictions in ((), ("CA",), ("CA-QC",), ("EU-DE",)):
        for method in (AcquisitionMethod.LICENSED, AcquisitionMethod.DIRECT_FROM_PERSON):
            for licence in (LicenceClass.REFERENCE, LicenceClass.PERMISSIVE):
                for source in (True, False) if method is AcquisitionMethod.LICENSED else (True,):
                    yield ItemFacts(
                        source_recorded=source,
                        acquired_recorded=True,
                        acquisition_method=method,
                        licence=licence,
                        persons_status=PersonsStatus.PRESENT,
                        jurisdictions=jurisdictions,
                    )


def _person_facts() -> Iterator[PersonFacts]:
    """10 kinds of people: where they live and how their age is known."""
    for jurisdictions in (("CA",), ("CA-QC",), ("EU-FR",), ("GB",), ("US-CA",)):
        for status in (AgeStatus.ADULT_VERIFIED, AgeStatus.ADULT_DECLARED):
            yield PersonFacts(identifiable=True, age_status=status, jurisdictions=jurisdictions)


def _record_facts() -> Iterator[RecordFacts]:
    """12 kinds of records: releases for training, for a web site only, guardians', implied ones."""
    for basis, giver in (
        (LawfulBasis.EXPLICIT_CONSENT, GiverRole.SELF),
        (LawfulBasis.GUARDIAN_CONSENT, GiverRole.GUARDIAN),
        (LawfulBasis.LEGITIMATE_INTEREST, GiverRole.SELF),
    ):
        for purposes in ((Purpose.MODEL_TRAINING,), (Purpose.WEBSITE_DISPLAY,)):
            for release in (True, False):
                yield RecordFacts(
                    basis=basis,
                    purposes=purposes,
                    evidence_kind=EvidenceKind.MODEL_RELEASE,
                    notice_version=True,
                    form=ConsentForm.EXPRESS,
                    written_release=release,
                    giver=giver,
                    relationship_evidence=True,
                    assessment=True,
                )


_ITEM: Final = (
    "id", "collection_id", "scan_id", "key", "size", "modified_ns", "bytes_match", "profile_id", "acquired_at",
    "acquired_on", "persons", "current",
)  # fmt: skip
_DEPICTION: Final = ("item_id", "ordinal", "person_id", "profile_id", "age")
_RECORD: Final = (
    "id", "record_id", "person_id", "profile_id", "scoped", "digest", "file", "line", "header", "current",
)  # fmt: skip
_EVENT: Final = ("record_id", "at", "state", "expires_at", "file", "line")


def _people_in(image: int) -> int:
    return 1 if image % 5 else 2


def _items(shape: Shape, kinds: list[int], rng: random.Random) -> Iterator[tuple[object, ...]]:
    start = to_micros(datetime(2026, 1, 1, tzinfo=UTC))
    for n in range(1, shape.images + 1):
        at = start + rng.randrange(300) * _DAY
        kind = kinds[min(int(rng.expovariate(0.25)), len(kinds) - 1)]
        yield (
            n,
            1,
            1,
            b"img/%08d.jpg" % n,
            250_000,
            n,
            True,
            kind,
            at,
            day_number(from_micros(at).date()),
            _people_in(n),
            True,
        )


def _depictions(shape: Shape, kinds: list[int], rng: random.Random) -> Iterator[tuple[object, ...]]:
    person = 0
    for n in range(1, shape.images + 1):
        for ordinal in range(_people_in(n)):
            # Pictures of one shoot follow one another, so people are shown in runs.
            number = person // shape.per_record % shape.persons + 1
            age = rng.randrange(9, 18) if rng.random() < 0.03 else rng.randrange(18, 70)
            # Who is shown together lives under one law, mostly.
            yield n, ordinal, number, kinds[(n // 50 + (rng.random() < 0.05)) % len(kinds)], age
            person += 1


class _Lives:
    """The basis records of all people: one each, 92 percent given, the rest withdrawn, expired or refused."""

    def __init__(self, shape: Shape, kinds: list[int]) -> None:
        self._shape = shape
        self._kinds = kinds

    def records(self) -> Iterator[tuple[object, ...]]:
        for n, kind, _ in self._each():
            yield n, f"R-{n:08}", n, kind, False, b"", "bench", n, "{}", True

    def events(self) -> Iterator[tuple[object, ...]]:
        for n, _, happened in self._each():
            for event in happened:
                yield f"R-{n:08}", event.at, event.state.value, event.expires_at, "bench", n

    def consent_state(self) -> Iterator[tuple[object, ...]]:
        for n, kind, happened in self._each():
            for span in spans(happened):
                given_on = day_number(from_micros(span.given).date()) if span.given is not None else None
                status = STATUSES.index(span.status)
                times = (span.since, span.unbroken, given_on)
                yield n, n, span.start, span.end, kind, status, _EVIDENCE_MATCHES, *times, False

    def _each(self) -> Iterator[tuple[int, int, list[Occurrence]]]:
        rng = random.Random(7)
        given = to_micros(datetime(2025, 12, 1, tzinfo=UTC))
        for n in range(1, self._shape.persons + 1):
            at = given + rng.randrange(30) * _DAY
            ends = at + 365 * 3 * _DAY
            fate = rng.random()
            happened = [Occurrence(at, ConsentStatus.GIVEN, ends if fate > 0.02 else at + 100 * _DAY)]
            if fate > 0.97:
                state = ConsentStatus.WITHDRAWN if fate > 0.98 else ConsentStatus.REFUSED
                happened.append(Occurrence(at + 200 * _DAY, state, NEVER))
            kind = self._kinds[0 if rng.random() < 0.95 else rng.randrange(len(self._kinds))]
            yield n, kind, happened
