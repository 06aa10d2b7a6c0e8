"""Everything that one image gives: its reading, its signals, and the facts that the rules will judge. Pure.

The whole of what a scan does to one image stands here, so that a worker anywhere can do it from bytes and a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance.ledger.registry import Depicted, day_number
from provenance.model import ManifestRow, Problem, Reading, Signal, from_micros, to_micros
from provenance.policy import summarise
from provenance.run.gather import Findings


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one image's bytes.

    `reading` is what a read has just given, None where the ledger knew the bytes already or they could not be had;
    then `problem` says why. `damaged` bytes were read and could not be decoded, of `part_not_compared` ones some part
    has no fingerprint.
    """

    reading: Reading | None = None
    sha256: bytes | None = None
    damaged: bool = False
    problem: Problem | None = None
    signals: tuple[Signal, ...] = ()
    part_not_compared: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """One image, ready for the ledger. `facts` is an encoded profile."""

    facts: str
    people: tuple[Depicted, ...]
    source_url: str | None
    acquired_at: int | None
    acquired_on: int | None
    licence_ends_at: int | None


def examine(row: ManifestRow | None, seen: Seen, found: Findings, *, bytes_match: bool) -> Examined:
    """Bring together what the bytes, the file's metadata and the manifest say about one image.

    `bytes_match` is false where the facts were declared for other bytes.
    """
    readable = seen.problem is None and not seen.damaged
    facts = summarise.item_facts(
        row,
        readable=readable,
        bytes_match=bytes_match,
        licence=found.licence,
        licence_conditions=found.licence_conditions,
        hinted_jurisdictions=found.jurisdictions,
        signals=found.summary,
        part_not_compared=seen.part_not_compared,
    )
    acquired = row.acquired_at if row else None
    acquired_at = to_micros(acquired) if acquired else None
    return Examined(
        facts=summarise.encode(facts),
        people=tuple(
            Depicted(person.ref, summarise.encode(summarise.person_facts(person)), person.age, person.born_on)
            for person in (row.persons if row else ())
        ),
        source_url=(row.source_url or row.url or row.page_url) if row else None,
        acquired_at=acquired_at,
        acquired_on=day_number(from_micros(acquired_at).date()) if acquired_at is not None else None,
        licence_ends_at=found.licence_ends_at,
    )
