"""Synthetic ledgers of any size, written straight into the tables, with a realistic spread of facts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from provenance.chunks import batched
from provenance.copies.index import COMPARABLE
from provenance.ledger import checks, consents, schema, schema_kept, statements
from provenance.ledger.append import append
from provenance.ledger.bulk import BATCH, bulk
from provenance.ledger.consents import EVENT, REFUSAL, STATE, NewRecord, parts_of
from provenance.ledger.database import Database, set_wal
from provenance.ledger.evidence import STATES
from provenance.ledger.interning import derive_again, profiles
from provenance.ledger.registry import DEPICTION, day_number, item_parts
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import GIVEN, REFUSED, STATUSES, Occurrence, spans
from provenance.ledger.statements import Given, SourceKind, Version
from provenance.model import from_micros, to_micros
from provenance.policy.facts import EvidenceState, ItemFacts, LicenceClass, PersonFacts, RecordFacts
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
_MATCHES: Final = STATES.index(EvidenceState.MATCHES)


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a ledger is; `per_record` is how many images share one person's basis record.

    With `pictures` each image has bytes and a fingerprint of its own, drawn at random.
    """

    images: int
    per_record: int = 1
    pictures: bool = False

    @property
    def persons(self) -> int:
        """How many people there are: 1.2 are shown in an image."""
        return max(1, self.images * 6 // 5 // self.per_record)


def build(path: Path, shape: Shape) -> Database:
    """A ledger of that shape, in which nothing has been derived or judged yet."""
    database = Database.open(path)
    with database.engine.connect() as raw:
        # What is only added to a file needs no log, which would take as much room again.
        raw.connection.driver_connection.execute("PRAGMA journal_mode=DELETE")  # type: ignore[union-attr]
    rng = random.Random(20261122)
    with database.writing() as connection:
        of_items = list(profiles(connection, (("item", encode(facts)) for facts in _item_facts())).values())
        of_people = list(profiles(connection, (("person", encode(facts)) for facts in _person_facts())).values())
        of_records = list(profiles(connection, (("record", encode(facts)) for facts in _record_facts())).values())
        bulk(connection, schema.collection, ("id", "uri", "revision"), [(1, "file:///bench", 1)])
        columns = ("id", "collection_id", "inputs", "software", "started_at")
        append(connection, schema.scan, columns, [(1, 1, b"", "bench", 0)])
        append(connection, schema.scan_end, ("id", "scan_id", "at"), [(1, 1, 1)])
        register = Given(SourceKind.REGISTER, "bench", "register.csv", b"", shape.persons)
        source = statements.take(connection, register, [1], 0).version
        for people in batched(range(1, shape.persons + 1), BATCH):
            append(connection, schema.person, ("id", "ref", "loose"), [(n, f"p{n}", f"p{n}") for n in people])
        _Images(shape, of_items, of_people, rng).store(connection)
        _Lives(shape, of_records, source).store(connection)
        _mark_all(connection)
    set_wal(database)
    return database


def forget(database: Database) -> None:
    """Drop everything derived, so that the next gate starts from what was recorded."""
    with database.writing() as connection:
        connection.execute(schema.cached_decision.delete())
        for table in (
            schema.item_facts,
            schema.item_facts_past,
            schema.fact_set_count,
            schema.derivation_validity,
            schema.pending,
            *schema_kept.DERIVED,
        ):
            checks.forget(connection, table)
        connection.execute(schema.fact_set.delete())
        _mark_all(connection)


def withdraw(database: Database, people: Sequence[int]) -> None:
    """Take a register of withdrawals, in which the last of these persons is new."""
    at = to_micros(NOW) - 1
    text = repr(people).encode()
    facts, event = encode(RecordFacts(LawfulBasis.EXPLICIT_CONSENT)), Occurrence(at, ConsentStatus.WITHDRAWN)
    records = [NewRecord(f"W-{n}", f"p{n}", facts, "{}", line, (event,)) for line, n in enumerate(people, start=2)]
    register = Given(SourceKind.REGISTER, "withdrawals", "withdrawals.csv", sha256(text).digest(), len(people))
    with database.writing() as connection:
        consents.take(connection, statements.take(connection, register, [1], at), records, at)


def _mark_all(connection: sa.Connection) -> None:
    item = schema.item.c
    derive_again(connection, sa.select(item.id, item.collection_id).where(item.current))


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
    "id", "collection_id", "scan_id", "key", "size", "identity", "content_id", "bytes_match", "profile_id",
    "acquired_at", "acquired_on", "persons", "current",
)  # fmt: skip
_FINGERPRINT: Final = ("id", "content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")
_RECORD: Final = (
    "id", "source_id", "record_id", "person_id", "profile_id", "scoped", "digest", "version_id", "line", "header",
    "current",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Images:
    """The images and who is shown in them."""

    shape: Shape
    kinds: list[int]
    kinds_of_people: list[int]
    rng: random.Random

    def store(self, connection: sa.Connection) -> None:
        shown = 0
        for numbers in batched(range(1, self.shape.images + 1), BATCH):
            items, parts, depictions = [], [], []
            for n in numbers:
                people = [self._person(n, ordinal, shown + ordinal) for ordinal in range(_people_in(n))]
                shown += len(people)
                items.append(self._item(n, len(people)))
                parts.append(item_parts(people, (), ()))
                depictions += [(n, *person) for person in people]
            if self.shape.pictures:
                drawn = [(n, self.rng.randbytes(32), self.rng.randbytes(32)) for n in numbers]
                append(connection, schema.content, ("id", "sha256", "size"), [(n, sha, 1) for n, sha, _ in drawn])
                prints = [(n, n, COMPARABLE[0], "", value, 90, "pillow", "full") for n, _, value in drawn]
                append(connection, schema.fingerprint, _FINGERPRINT, prints)
            append(connection, schema.item, _ITEM, items, parts=parts)
            bulk(connection, schema.depiction, DEPICTION, depictions)

    def _item(self, n: int, people: int) -> tuple[Any, ...]:
        at = to_micros(datetime(2026, 1, 1, tzinfo=UTC)) + self.rng.randrange(300) * _DAY
        kind = self.kinds[min(int(self.rng.expovariate(0.25)), len(self.kinds) - 1)]
        taken_on = day_number(from_micros(at).date())
        content = n if self.shape.pictures else None
        return n, 1, 1, b"img/%08d.jpg" % n, 250_000, "", content, True, kind, at, taken_on, people, True

    def _person(self, n: int, ordinal: int, place: int) -> tuple[Any, ...]:
        # Pictures of one shoot follow one another, so people are shown in runs.
        number = place // self.shape.per_record % self.shape.persons + 1
        rng, kinds = self.rng, self.kinds_of_people
        age = rng.randrange(9, 18) if rng.random() < 0.03 else rng.randrange(18, 70)
        # Who is shown together lives under one law, mostly.
        return ordinal, number, kinds[(n // 50 + (rng.random() < 0.05)) % len(kinds)], age, None, None


def _people_in(image: int) -> int:
    return 1 if image % 5 else 2


@dataclass(frozen=True, slots=True)
class _Lives:
    """The basis records of all people: one each, 92 percent given, the rest withdrawn, expired or refused."""

    shape: Shape
    kinds: list[int]
    source: Version

    def store(self, connection: sa.Connection) -> None:
        for some in batched(self._each(), BATCH):
            records, parts, events = [], [], []
            for n, kind, happened in some:
                own = sorted((one.at, one.state.value, one.expires_at) for one in happened)
                records.append((n, self.source.source_id, f"R-{n:08}", n, kind, False, b"", 1, n, "{}", True))
                parts.append(parts_of(own, ()))
                events += [(n, *event) for event in own]
            append(connection, schema.record, _RECORD, records, parts=parts)
            bulk(connection, schema.event, EVENT, events)
        with checks.changing(connection, schema.consent_state):
            bulk(connection, schema.consent_state, STATE, self._states())
        with checks.changing(connection, schema.refusal):
            bulk(connection, schema.refusal, REFUSAL, self._refusals())

    def _states(self) -> Iterator[tuple[object, ...]]:
        for n, kind, happened in self._each():
            for span in spans(happened):
                given_on = day_number(from_micros(span.given).date()) if span.given is not None else None
                status = STATUSES.index(span.status)
                times = (span.since, span.given, given_on, span.status in GIVEN and span.has_term)
                yield n, n, span.start, span.end, self.source.source_id, kind, status, _MATCHES, *times, True, False

    def _refusals(self) -> Iterator[tuple[object, ...]]:
        for n, kind, happened in self._each():
            for event in happened:
                if event.state in REFUSED:
                    yield n, n, event.at, STATUSES.index(event.state), self.source.source_id, kind, False

    def _each(self) -> Iterator[tuple[int, int, list[Occurrence]]]:
        rng = random.Random(7)
        given = to_micros(datetime(2025, 12, 1, tzinfo=UTC))
        for n in range(1, self.shape.persons + 1):
            at = given + rng.randrange(30) * _DAY
            ends = at + 365 * 3 * _DAY
            fate = rng.random()
            happened = [Occurrence(at, ConsentStatus.GIVEN, ends if fate > 0.02 else at + 100 * _DAY)]
            if fate > 0.97:
                state = ConsentStatus.WITHDRAWN if fate > 0.98 else ConsentStatus.REFUSED
                happened.append(Occurrence(at + 200 * _DAY, state, NEVER))
            kind = self.kinds[0 if rng.random() < 0.95 else rng.randrange(len(self.kinds))]
            yield n, kind, happened
