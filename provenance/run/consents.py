"""Basis records as the ledger keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from provenance.ledger import consents
from provenance.ledger.consents import NewRecord
from provenance.ledger.database import Database
from provenance.ledger.evidence import Reference
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import Occurrence
from provenance.model import BasisRecord, to_micros
from provenance.policy.summarise import encode, record_facts

_BATCH: Final = 2_000


def take_records(database: Database, records: Iterable[BasisRecord], file: Path) -> int:
    """Store the records of one file, all or none; gives the number that were new or had changed."""
    taken = 0
    remaining = iter(records)
    with database.writing() as connection:
        while batch := list(islice(remaining, _BATCH)):
            taken += consents.register(connection, [_new(record, file) for record in batch])
    return taken


def _new(record: BasisRecord, file: Path) -> NewRecord:
    evidence = record.evidence
    return NewRecord(
        record_id=record.record_id,
        person=record.person,
        facts=encode(record_facts(record)),
        header=_header(record),
        file=str(file),
        line=record.line,
        events=tuple(
            Occurrence(to_micros(e.at), e.state, to_micros(e.expires_at) if e.expires_at else NEVER)
            for e in record.events
        ),
        items=record.items,
        sources=record.sources,
        evidence=Reference.of(evidence.uri, evidence.sha256, file.parent) if evidence and evidence.uri else None,
    )


def _header(record: BasisRecord) -> str:
    """The record without its events, as canonical JSON."""
    fields = _adapter().dump_python(record, mode="json", exclude=_NOT_IN_HEADER, exclude_defaults=True)
    if record.evidence is not None:
        evidence = record.evidence
        digest = evidence.sha256.hex() if evidence.sha256 else None
        fields["evidence"] = {"kind": evidence.kind, "uri": evidence.uri, "sha256": digest}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


_NOT_IN_HEADER: Final = {"events", "line", "evidence"}


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(BasisRecord)
