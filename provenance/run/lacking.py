"""Known bytes that are read again because a fingerprint is wanted of them that the ledger lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from provenance.fingerprint.decode import decoder_name
from provenance.fingerprint.wanted import Wanted
from provenance.ledger import fingerprints
from provenance.ledger.collections import CurrentItem
from provenance.ledger.schema import FAILED
from provenance.model import Fingerprint, ProblemKind
from provenance.run.examine import Seen


def lacking_fingerprints(
    connection: Connection, rows: Sequence[CurrentItem], wanted: Wanted
) -> dict[int, tuple[str, ...]]:
    """The algorithm ids that are wanted and not held, by the number of the row. What never was decoded lacks none."""
    contents = {row.id: row.content for row in rows if row.content is not None and row.damage is None}
    held = fingerprints.kinds(connection, list(dict.fromkeys(contents.values())))
    missing = {number: wanted.missing(held.get(content, ())) for number, content in contents.items()}
    return {number: algorithms for number, algorithms in missing.items() if algorithms}


def without_lack(seen: Seen, lacking: Sequence[str]) -> Seen:
    """Where known bytes were read again in vain, a fingerprint that says nothing stands for each that is lacking.

    So they are not read again at every scan for ever. Where only memory was short, the next scan tries again.
    """
    reading = seen.reading
    if reading is None or reading.problem is None or reading.problem.kind is ProblemKind.TOO_LARGE:
        return seen
    decoder = decoder_name(reading.format)
    blanks = tuple(Fingerprint(algorithm, bytes(32), 0, decoder, FAILED) for algorithm in lacking)
    return replace(seen, reading=replace(reading, fingerprints=blanks))
