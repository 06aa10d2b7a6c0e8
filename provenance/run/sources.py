"""Which sources speak of a collection in one run, and what of their rows counts for each image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provenance.errors import LedgerLocked
from provenance.ledger.registry import Declared
from provenance.ledger.statements import SourceKind
from provenance.records.row_text import row_of
from provenance.run.staging import StagedRow
from provenance.run.statements import Stated, row_digest
from provenance.run.told import StatedIn

_ORDER: Final = {SourceKind.MANIFEST: 0, SourceKind.COLLECTION: 1, SourceKind.REGISTER: 2, SourceKind.REQUEST: 3}


@dataclass(frozen=True, slots=True)
class Speaker:
    """One version of a source. `vouched` is false for a collection's own word that nobody answers for."""

    source_id: int
    version_id: int
    kind: SourceKind
    path: str
    vouched: bool = True
    ended: bool = False


class Sources:
    """The sources of one collection in one run.

    `given` are those that this run was given, in the order of their numbers in the staging area. Rows of others, that
    were taken earlier, still count unless their source has ended. `known` are all versions by their numbers.
    """

    def __init__(self, given: Sequence[Speaker], known: Mapping[int, Speaker]) -> None:
        self._given = tuple(given)
        self._known = {**known, **{speaker.version_id: speaker for speaker in given}}
        self._now = {speaker.source_id for speaker in given}

    def declared(self, rows: Sequence[StagedRow], before: Sequence[Declared]) -> tuple[Declared, ...]:
        """The rows that count for an image: those of this run, and earlier ones of sources that it was not given.

        Raises LedgerLocked where one of them came from another scan since this one began.
        """
        found = [self._declared(row) for row in rows]
        for earlier in before:
            speaker = self._known.get(earlier.version_id)
            if speaker is None:
                raise LedgerLocked(
                    "another scan took rows about the same images at the same time",
                    remedy="scan again with both, one after the other",
                )
            if speaker.source_id not in self._now and not speaker.ended:
                found.append(earlier)
        return tuple(sorted(found, key=self._place))

    def differ(self, rows: Sequence[StagedRow], before: Sequence[Declared]) -> bool:
        """Whether other rows count for an image than did so far."""
        now = [(self._known[one.version_id].source_id, one.digest) for one in self.declared(rows, before)]
        then = [(self._known[one.version_id].source_id, one.digest) for one in before]
        return now != then

    def position(self, rows: Sequence[StagedRow]) -> int | None:
        """The place of an image in the first source that names it."""
        return rows[0].position if rows else None

    def stated(self, declared: Sequence[Declared]) -> list[StatedIn]:
        """What these rows state."""
        found = []
        for one in declared:
            speaker = self._known[one.version_id]
            found.append(StatedIn(Stated(row_of(one.row, one.line), speaker.vouched), speaker.path))
        return found

    def _declared(self, row: StagedRow) -> Declared:
        speaker = self._given[row.source]
        digest = row.digest if speaker.vouched else row_digest(row.row, vouched=False)
        return Declared(digest, speaker.version_id, row.line, row.row)

    def _place(self, declared: Declared) -> tuple[int, int, int]:
        speaker = self._known[declared.version_id]
        return _ORDER[speaker.kind], speaker.source_id, declared.line
