"""What was seen in images as the columns of a part, and back. Pure.

A part comes from another machine, so that nothing in it is believed before it was checked: `looked_in` takes rows whose
types the schema has settled, and refuses what no scan would have written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from provenance.fingerprint.decode import DRAFT as DRAFTED
from provenance.fingerprint.decode import FALLBACK, FULL
from provenance.fingerprint.pdq import PDQ
from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.fingerprint.places import FIRST, number_of
from provenance.fingerprint.wanted import Wanted
from provenance.fingerprint.windows import WINDOW_BOXES, WINDOWS
from provenance.model import (
    Fingerprint,
    Problem,
    ProblemKind,
    Reading,
    Signal,
    SignalSubject,
    SignalVerdict,
    Trust,
)
from provenance.run.item_identity import ItemIdentity
from provenance.run.shard import Outcome
from provenance.run.staging import Listed

if TYPE_CHECKING:
    import pyarrow as pa

_BITS: Final = {DRAFT: 32, EXACT: 32, PDQ: 32, WINDOWS: 32 * len(WINDOW_BOXES)}
"""Bytes of a fingerprint by its algorithm."""

_MODES: Final = frozenset({DRAFTED, FULL, FALLBACK})

_MOST_TEXT: Final = 1 << 16
_MOST_SIGNALS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Looked:
    """One image as a share's scan saw it: how the file lay then, and what its bytes gave, or why nothing.

    `identity` is as it was listed, `beside` the digest of the sidecars that were read with it.
    """

    key: bytes
    size: int
    identity: str
    beside: str
    problem: Problem | None
    reading: Reading | None
    signals: tuple[Signal, ...]

    @classmethod
    def of(cls, outcome: Outcome) -> Looked:
        """What came of a task that knew of no ledger."""
        new = outcome.new
        assert new is not None  # there was no row before
        lay = ItemIdentity.of_text(new.identity)
        return cls(new.key, new.size, lay.stamps, lay.beside, new.problem, new.reading, new.signals)

    def is_of(self, listed: Listed) -> bool:
        """Whether an image is listed as it was then, so that what was seen is what would be seen now."""
        if (self.size, self.identity) != (listed.size, listed.identity):
            return False
        if listed.problem is not None:
            return self.problem == listed.problem
        return bool(listed.identity)


@cache
def schema() -> pa.Schema:
    """The columns of a part."""
    import pyarrow as pa

    text, whole = pa.string(), pa.int64()
    fingerprint = pa.struct({
        "algorithm": text, "value": pa.binary(), "quality": whole, "decoder": text, "decode_mode": text, "place": text,
    })  # fmt: skip
    signal = pa.struct({
        "subject": text, "verdict": text, "name": text, "location": text, "raw": text, "value": text, "trust": text,
        "nonstandard": pa.bool_(),
    })  # fmt: skip
    return pa.schema({
        "key": pa.binary(), "size": whole, "identity": text, "beside": text, "problem": text, "detail": text,
        "sha256": pa.binary(), "length": whole, "format": text, "width": whole, "height": whole, "frames": whole,
        "orientation": whole, "damage": text, "damage_detail": text, "fingerprints": pa.list_(fingerprint),
        "not_compared": pa.list_(text), "signals": pa.list_(signal),
    })  # fmt: skip


def row_of(looked: Looked) -> dict[str, Any]:
    """The row of one image."""
    problem, reading = looked.problem, looked.reading
    row: dict[str, Any] = {
        "key": looked.key,
        "size": looked.size,
        "identity": looked.identity,
        "beside": looked.beside,
        "problem": problem.kind.value if problem else None,
        "detail": problem.detail if problem else None,
        "signals": [_fields(one, _SIGNAL) for one in looked.signals],
    }
    if reading is not None:
        damage = reading.problem
        row |= {
            "sha256": reading.sha256,
            "length": reading.size,
            **_fields(reading, _HEADER),
            "damage": damage.kind.value if damage else None,
            "damage_detail": damage.detail if damage else None,
            "fingerprints": [_fields(one, _FINGERPRINT) for one in reading.fingerprints],
            "not_compared": list(reading.not_compared),
        }
    return row


_HEADER: Final = ("format", "width", "height", "frames", "orientation")
_FINGERPRINT: Final = ("algorithm", "value", "quality", "decoder", "decode_mode", "place")
_SIGNAL: Final = ("subject", "verdict", "name", "location", "raw", "value", "trust", "nonstandard")


def _fields(record: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def looked_in(row: Mapping[str, Any], wanted: Wanted) -> Looked:
    """What a row of a part says. Raises ValueError, in words, for what no scan with these settings writes."""
    problem = _problem(row["problem"], row["detail"])
    signals = tuple(map(_signal, row["signals"] or ()))
    _require(bool(row["key"]) and len(row["key"]) <= _MOST_TEXT, "it has no name that could be a file's")
    _require(_counts(row["size"]), "its size is none")
    _require(len(signals) <= _MOST_SIGNALS, "it has more signals than any file")
    reading = _reading(row, wanted) if row["sha256"] is not None else None
    _require((reading is None) == (problem is not None), "it was either read, or something kept it from being read")
    return Looked(row["key"], row["size"], _text(row["identity"]), _text(row["beside"]), problem, reading, signals)


def _reading(row: Mapping[str, Any], wanted: Wanted) -> Reading:
    _require(len(row["sha256"]) == 32, "its digest is no SHA-256")
    _require(_counts(row["length"]), "its length is none")
    sides = [row[name] for name in ("width", "height", "frames")]
    _require(all(side is None or _counts(side) for side in sides), "its width, height or number of frames is none")
    _require(row["orientation"] is None or 0 <= row["orientation"] <= 0xFFFF, "its orientation is none")
    damage = _problem(row["damage"], row["damage_detail"])
    fingerprints = tuple(map(_fingerprint, row["fingerprints"] or ()))
    not_compared = tuple(map(_text, row["not_compared"] or ()))
    _require(not any("\n" in part or not part for part in not_compared), "a part that was not compared has no name")
    first = [found.algorithm for found in fingerprints if found.place == FIRST]
    _require(damage is not None or not wanted.missing(first), "it lacks fingerprints that its settings take")
    _require(damage is None or not fingerprints, "it has fingerprints of a picture that could not be decoded")
    header = {name: row[name] for name in _HEADER}
    _require(header["format"] is None or len(_text(header["format"])) <= 100, "its format is none")
    return Reading(row["sha256"], row["length"], **header, fingerprints=fingerprints, problem=damage,
                   not_compared=not_compared)  # fmt: skip


def _fingerprint(row: Mapping[str, Any]) -> Fingerprint:
    found = Fingerprint(**row)
    _require(_BITS.get(found.algorithm) == len(found.value or b""), "a fingerprint is not of its algorithm's length")
    _require(_counts(found.quality) and found.quality <= 100, "the quality of a fingerprint is not from 0 to 100")
    _require(found.decode_mode in _MODES, "a fingerprint is of no decode that there is")
    _text(found.decoder)
    number_of(_text(found.place))
    return found


def _signal(row: Mapping[str, Any]) -> Signal:
    _require(row["nonstandard"] is not None, "a signal does not say whether it is standard")
    words = {name: _text(row[name]) for name in ("name", "location", "raw", "value")}
    # Detectors are asked where the ledger is, which knows what nobody may look into.
    _require(not words["name"].startswith("detector:"), "a share's scan asks no detector")
    subject, verdict = SignalSubject(row["subject"]), SignalVerdict(row["verdict"])
    return Signal(subject, verdict, **words, trust=Trust(row["trust"]), nonstandard=row["nonstandard"])


def _problem(kind: str | None, detail: str | None) -> Problem | None:
    return Problem(ProblemKind(kind), _text(detail)) if kind is not None else None


def _text(value: str | None) -> str:
    if value is None or len(value) > _MOST_TEXT or "\0" in value:
        raise ValueError("a text in it is missing, too long, or holds a NUL character")
    return value


def _counts(value: int | None) -> bool:
    return value is not None and 0 <= value < 1 << 62


def _require(holds: bool, problem: str) -> None:  # noqa: FBT001
    if not holds:
        raise ValueError(problem)
