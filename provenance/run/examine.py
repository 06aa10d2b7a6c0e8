"""Everything that one image gives: its reading, its signals, and the facts that the rules will judge. Pure.

The whole of what a scan does to one image stands here, so that a worker anywhere can do it from bytes and a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from provenance.ledger.registry import Dates, Depicted, day_number
from provenance.model import ManifestRow, Problem, ProblemKind, Reading, Signal, to_micros
from provenance.policy import summarise
from provenance.run import gather
from provenance.run.told import Told
from provenance.sources.interface import Role


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one image's bytes.

    `reading` is what a read has just given, None where the ledger knew the bytes already or they could not be had;
    then `problem` says why. `damaged` bytes were read and could not be decoded, of `part_not_compared` ones some part
    has no fingerprint. `beside` is the digest of the sidecars that were read with them.
    """

    reading: Reading | None = None
    sha256: bytes | None = None
    damaged: bool = False
    problem: Problem | None = None
    signals: tuple[Signal, ...] = ()
    part_not_compared: bool = False
    role: Role = Role.IMAGE
    beside: str = ""

    @classmethod
    def of(cls, reading: Reading, signals: tuple[Signal, ...], beside: str) -> Seen:
        """What a read of an image gave."""
        return cls(
            reading=reading,
            sha256=reading.sha256,
            damaged=reading.problem is not None,
            signals=signals,
            part_not_compared=bool(reading.not_compared),
            beside=beside,
        )


@dataclass(frozen=True, slots=True)
class Examined:
    """One image, ready for the ledger. `facts` is an encoded profile."""

    facts: str
    people: tuple[Depicted, ...]
    source_url: str | None
    acquired_on: int | None
    dates: Dates


def examined(told: Told, seen: Seen, *, bytes_match: bool) -> Examined:
    """Bring together what the bytes, the file's metadata and the rows about it say of one image.

    `bytes_match` is false where the facts were declared for other bytes.
    """
    row = told.row
    absent = seen.problem is not None and seen.problem.kind is ProblemKind.ABSENT
    closed = seen.role is Role.CONTAINER
    found = gather.sum_up((*seen.signals, *told.signals), row)
    facts = summarise.item_facts(
        row,
        readable=absent or closed or (seen.problem is None and not seen.damaged),
        bytes_match=bytes_match,
        licence=found.licence,
        licence_conditions=found.licence_conditions,
        creative_commons_by=found.creative_commons_by,
        hinted_jurisdictions=found.jurisdictions,
        language_jurisdictions=found.language_jurisdictions,
        signals=found.summary,
        part_not_compared=seen.part_not_compared,
    )
    if closed or absent or told.together.conflict:
        facts = replace(facts, not_opened=closed, declared_missing=absent, statements_conflict=told.together.conflict)
    return Examined(
        facts=summarise.encode(facts),
        people=_people(row) if row else (),
        source_url=(row.source_url or row.url or row.page_url) if row else None,
        acquired_on=day_number(row.acquired_at.astimezone(UTC).date()) if row and row.acquired_at else None,
        dates=_dates(row, found.licence_ends_at),
    )


def _people(row: ManifestRow) -> tuple[Depicted, ...]:
    return tuple(
        Depicted(
            ref=person.ref,
            facts=summarise.encode(summarise.person_facts(person, row.acquired_at)),
            age=person.age,
            born_on=person.born_on,
            died_on=person.death.died_on if person.death else None,
        )
        for person in row.persons
    )


def _dates(row: ManifestRow | None, licence_ends_at: int | None) -> Dates:
    if row is None:
        return Dates(licence_ends_at=licence_ends_at)
    licence, look = row.training_licence, row.persons_determined_by
    return Dates(
        acquired_at=_instant(row.acquired_at),
        licence_ends_at=licence_ends_at,
        training_from_at=_instant(licence.given_at) if licence else None,
        training_until_at=_instant(licence.expires_at) if licence else None,
        retain_until_at=_instant(row.retain_until),
        looked_at=_instant(look.at) if look else None,
    )


def _instant(at: datetime | None) -> int | None:
    return to_micros(at) if at is not None else None
