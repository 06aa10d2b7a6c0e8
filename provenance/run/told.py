"""What the rows about one image come to: the facts that they state, what their words and captured pages say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provenance.files import read_bounded
from provenance.model import ManifestRow, Signal
from provenance.run import gather
from provenance.run.hidden import claims_anonymity
from provenance.run.statements import Stated, Together, together
from provenance.unique_keys import json_value

_MAX_CAPTURE: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class StatedIn:
    """A row that speaks of an image, and the file that it stands in."""

    stated: Stated
    path: str


@dataclass(frozen=True, slots=True)
class Told:
    """What rows state of an image. `captures` are the paths of the captured pages that they name, one a line."""

    together: Together
    signals: tuple[Signal, ...]
    captures: str | None = None

    @property
    def row(self) -> ManifestRow | None:
        """All rows as one."""
        return self.together.row


def told(rows: Sequence[StatedIn], name: str) -> Told:
    """What the rows about an image and its path say, the deciding row first. Reads the captured pages named there."""
    signals: list[Signal] = []
    captures: dict[str, None] = {}
    for one in rows:
        evidence = one.stated.row.web_evidence
        if isinstance(evidence, str):
            captures[str(Path(one.path).parent / evidence)] = None
            signals += _with_capture(one, name, evidence)
        else:
            signals += gather.from_declaration(one.stated.row, name, evidence)
    if not rows:
        signals += gather.from_declaration(None, name, None)
    return Told(together([one.stated for one in rows]), tuple(dict.fromkeys(signals)), "\n".join(captures) or None)


def anonymised_by(rows: Sequence[StatedIn]) -> bool:
    """Whether any row says that people were made unrecognisable, so that the file is looked into."""
    return any(claims_anonymity(one.stated.row.persons) for one in rows)


def _with_capture(one: StatedIn, name: str, evidence: str) -> tuple[Signal, ...]:
    try:
        page = read_capture(Path(one.path).parent / evidence)
    except (OSError, ValueError, RecursionError) as error:
        lost = gather.unreadable("web_evidence", evidence[:200], str(error))
        return (*gather.from_declaration(one.stated.row, name, None), lost)
    return gather.from_declaration(one.stated.row, name, page)


def read_capture(path: Path) -> Mapping[str, object]:
    """A captured page as a JSON file holds it. Raises OSError or ValueError for what cannot be used."""
    data = read_bounded(path, _MAX_CAPTURE)
    found = json_value(data) if data is not None else None
    if isinstance(found, dict):
        return found
    raise ValueError(f"not a JSON object of at most {_MAX_CAPTURE} bytes")
