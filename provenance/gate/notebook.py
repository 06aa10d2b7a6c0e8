"""A gate as a notebook shows it: the counts, and the first images that may not be used. All text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice
from typing import Final

from provenance.errors import ProvenanceError
from provenance.gate.gated import Tally
from provenance.gate.image import PASSING
from provenance.gate.recorded import RecordedGate
from provenance.model import Verdict
from provenance.printable import printable

_SHOWN: Final = 10
_LONGEST: Final = 200


def html(recorded: RecordedGate, summary: str, tallies: Sequence[Tally]) -> str:
    """A fragment of HTML without scripts, styles or addresses. Where the images cannot be read it says why."""
    parts = [f"<p><strong>{escape(summary)}</strong></p>"]
    parts += _table(("decision", "reason", "images"), ((t.decision.value, t.code, f"{t.images:,}") for t in tallies))
    if any(tally.decision not in PASSING for tally in tallies):
        try:
            held_back = (one for one in recorded.decided() if one.decision not in PASSING)
            first = list(recorded.of(islice(held_back, _SHOWN)))
        except ProvenanceError as error:
            parts.append(f"<p>{escape(str(error))}</p>")
        else:
            parts += _table(("decision", "image", "why"), map(_row, first))
    return "\n".join(parts)


def _row(verdict: Verdict) -> tuple[str, str, str]:
    why = next((reason.detail for reason in verdict.reasons if reason.code == verdict.reason), "")
    return verdict.decision.value, verdict.item, f"{verdict.reason}: {why}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    told = ["<table>", f"<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"]
    told += [f"<tr>{''.join(f'<td>{escape(printable(cell[:_LONGEST]))}</td>' for cell in row)}</tr>" for row in rows]
    return [*told, "</table>"]
