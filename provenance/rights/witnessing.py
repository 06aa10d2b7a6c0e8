"""The log of a ledger to the outside: signed checkpoints, proofs, and whether a ledger still extends an old checkpoint.

Whoever has a checkpoint can tell later whether anything that was recorded until then was changed, left out or put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provenance.errors import InputError, UsageError
from provenance.ledger import log, schema_rights
from provenance.ledger.append import next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.database import Database
from provenance.model import to_micros
from provenance.proofs import merkle, notes
from provenance.proofs.checkpoints import Checkpoint
from provenance.proofs.notes import Note, Signer, Verified, Verifier


@dataclass(frozen=True, slots=True)
class Held:
    """A checkpoint that a ledger extends: who signed it, and how many entries came since."""

    checkpoint: Checkpoint
    signed_by: tuple[Verified, ...]
    since: int


def checkpoint(database: Database, signer: Signer) -> Note:
    """Sign the log as it stands, and keep the checkpoint. Its origin is the key's name."""
    with database.writing() as connection:
        size = log.size(connection)
        made = Checkpoint(signer.verifier.name, size, log.root(connection))
        note = notes.sign(made.text, signer)
        table = schema_rights.checkpoint
        row = (next_id(connection, table), size, made.root, note.written, to_micros(datetime.now(UTC)))
        bulk(connection, table, ("id", "size", "root", "note", "at"), [row])
    return note


def extends(database: Database, note: Note, verifiers: Sequence[Verifier]) -> Held:
    """Whether a ledger extends a checkpoint that was handed out: nothing that it covers was changed since.

    Raises InputError where nobody believed signed it, or where the ledger is another, or was changed.
    """
    given = Checkpoint.parse(note.text)
    signed_by = notes.verify(note, verifiers)
    if verifiers and not signed_by:
        raise InputError("nobody who is believed signed this checkpoint", remedy="check the key, and whose log it is")
    with database.reading() as connection:
        size = log.size(connection)
        if given.size > size or log.root(connection, given.size) != given.root:
            raise InputError(
                f"the ledger {database.name} does not extend this checkpoint of {given.size} entries",
                remedy="it is another ledger, or somebody changed or cut it: compare it with a copy",
            )
    return Held(given, tuple(signed_by), size - given.size)


def inclusion(database: Database, number: int, size: int | None = None) -> dict[str, Any]:
    """The proof that an entry is in the log, or in its first `size` entries. Raises UsageError."""
    with database.reading() as connection:
        entry = log.entry(connection, number)
        leaves = log.leaves(connection, size)
    if number > len(leaves):
        raise UsageError(f"entry {number} is not among the first {len(leaves)}", remedy="name a larger size")
    return {
        "entry": entry.text,
        "index": number - 1,
        "size": len(leaves),
        "root": merkle.root_of(leaves).hex(),
        "proof": [step.hex() for step in merkle.inclusion(leaves, number - 1)],
    }


def consistency(database: Database, first: int, second: int | None = None) -> dict[str, Any]:
    """The proof that the log began with its first entries as they were then. Raises UsageError."""
    with database.reading() as connection:
        leaves = log.leaves(connection, second)
    if not 0 < first <= len(leaves):
        raise UsageError(f"the log has no {first} entries", remedy=f"it has {len(leaves)}")
    return {
        "first": first,
        "first_root": merkle.root_of(leaves[:first]).hex(),
        "second": len(leaves),
        "second_root": merkle.root_of(leaves).hex(),
        "proof": [step.hex() for step in merkle.consistency(leaves, first)],
    }
