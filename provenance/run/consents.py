"""Basis records as the ledger keeps them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from provenance.adapters import adapter
from provenance.ledger.consents import NewRecord
from provenance.ledger.evidence import Reference
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import DENYING, Occurrence
from provenance.model import BasisRecord, to_micros
from provenance.policy.summarise import encode, record_facts

Place = Callable[[BasisRecord], tuple[int, str] | None]
"""The collection and the key of the image that a record's row speaks of; None for a record of no row."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the records of one file are read: where evidence may lie, and whether what they permit counts."""

    file: Path
    evidence_folders: Sequence[Path] = ()
    permits: bool = True


def new_records(records: Iterable[BasisRecord], how: Reading, place: Place = lambda _: None) -> Iterator[NewRecord]:
    """The records of one file ready to be stored; only their refusals where the file permits nothing."""
    for record in records:
        new = _new(record, how, place(record))
        if how.permits:
            yield new
            continue
        denials = tuple(event for event in new.events if event.state in DENYING)
        if denials:
            yield replace(new, events=denials)


def _new(record: BasisRecord, how: Reading, place: tuple[int, str] | None) -> NewRecord:
    evidence = record.evidence
    return NewRecord(
        record_id=record.record_id,
        person=record.person,
        facts=encode(record_facts(record)),
        header=_header(record),
        line=record.line,
        events=tuple(
            Occurrence(to_micros(e.at), e.state, to_micros(e.expires_at) if e.expires_at else NEVER)
            for e in record.events
        ),
        items=(place,) if place is not None else tuple((0, item) for item in record.items),
        sources=record.sources,
        evidence=Reference.of(evidence.uri, evidence.sha256, how.file.parent, how.evidence_folders)
        if evidence and evidence.uri
        else None,
    )


def _header(record: BasisRecord) -> str:
    """The record without its events, as canonical JSON."""
    fields = adapter(BasisRecord).dump_python(record, mode="json", exclude=_NOT_IN_HEADER, exclude_defaults=True)
    if record.evidence is not None:
        evidence = record.evidence
        digest = evidence.sha256.hex() if evidence.sha256 else None
        fields["evidence"] = {"kind": evidence.kind, "uri": evidence.uri, "sha256": digest}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


_NOT_IN_HEADER: Final = {"events", "line", "evidence"}
