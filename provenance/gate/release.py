"""The images of a gate that may be used, each with what a release says of it: bytes, source, licence, decision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from provenance.chunks import batched
from provenance.gate.image import PASSING
from provenance.gate.recorded import RecordedGate
from provenance.keys import display
from provenance.ledger import schema
from provenance.vocabulary import Decision

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Released:
    """One image that may be used. `path` is where it lies; `licence` as the manifest spells it."""

    item: str
    collection: str
    path: str
    sha256: str
    decision: Decision
    reason: str
    source_url: str | None
    licence: str | None


def released(recorded: RecordedGate) -> Iterator[Released]:
    """Every image that passed, in manifest order. Raises VerdictsStale where the ledger has changed since."""
    item, declaration = schema.item.c, schema.declaration.c
    passing = (one for one in recorded.decided() if one.decision in PASSING)
    with recorded.database.reading() as connection:
        for some in batched(passing, _PAGE):
            rows = connection.execute(
                sa.select(item.id, item.source_url, declaration.row)
                .outerjoin(schema.declaration, declaration.id == item.declaration_id)
                .where(item.id.in_([one.item_id for one in some]))
            )
            known = {number: (source, row) for number, source, row in rows}
            for one in some:
                assert one.item_id is not None  # what was never scanned does not pass
                assert one.sha256 is not None
                source, row = known[one.item_id]
                yield Released(
                    display(one.key),
                    one.gated.name,
                    one.path,
                    one.sha256.hex(),
                    one.decision,
                    one.reason,
                    source,
                    json.loads(row).get("licence") if row else None,
                )
