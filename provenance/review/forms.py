"""What the page sends and gets, as plain JSON. Every text is printable, and the page shows it as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from provenance.gate.review_queue import MOST, Group, Place, Queued
from provenance.model import ApparentAge, Look
from provenance.policy.looks import told
from provenance.printable import printable
from provenance.report.thumbnails import kinds_of
from provenance.vocabulary import PersonsStatus

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Sent(BaseModel):
    """What every decision carries: the page that it comes from, and its number there, which counts once."""

    model_config = ConfigDict(strict=True, extra="forbid")

    session: str
    number: int


class Seen(Sent):
    """What the reviewer saw in some pictures."""

    kind: Literal["look"]
    pictures: Annotated[list[int], Field(min_length=1, max_length=MOST)]
    reason: Text
    persons_status: Literal["NONE", "PRESENT", "UNKNOWN"] = "UNKNOWN"
    persons: Annotated[int, Field(ge=1, le=1_000)] | None = None
    age: Literal["MINOR", "ADULT"] | None = None
    synthetic: bool = False
    sensitive: bool = False

    def look(self, reviewer: str, at: datetime) -> Look:
        """The look, of which only the bytes are missing."""
        return Look(
            sha256=b"",
            reviewer=reviewer,
            at=at,
            persons_status=PersonsStatus(self.persons_status),
            persons=self.persons,
            age=ApparentAge(self.age) if self.age is not None else None,
            synthetic=self.synthetic,
            sensitive=self.sensitive,
            reason=self.reason,
        )


class Rejected(Sent):
    """That the reviewer rejects some pictures."""

    kind: Literal["reject"]
    pictures: Annotated[list[int], Field(min_length=1, max_length=MOST)]
    reason: Text


class Undone(Sent):
    """That the last decision of this page is taken back."""

    kind: Literal["undo"]


def group_record(group: Group) -> dict[str, Any]:
    """A group of the queue."""
    return {
        "code": group.code,
        "sentence": group.sentence.partition(" {")[0].rstrip(": "),
        "remedy": group.remedy,
        "answered": group.answered,
        "images": group.images,
        "open": group.open,
    }


def picture_record(queued: Queued) -> dict[str, Any]:
    """One picture of the queue with the evidence beside it."""
    verdict = queued.verdict
    record = {
        "id": queued.place.item,
        "host": queued.place.host,
        "group": queued.place.group,
        "name": verdict.item,
        "collection": verdict.collection,
        "sha256": queued.sha256.hex(),
        "hidden": sorted(kinds_of(verdict)),
        "decision": verdict.decision.value,
        "reasons": [
            {
                "code": reason.code,
                "decision": reason.decision.value,
                "detail": reason.detail,
                "citation": reason.citation,
                "law": reason.jurisdiction or "",
                "person": reason.person or "",
            }
            for reason in verdict.reasons
        ],
        "row": [[name, _plain(value)] for name, value in queued.row.items()],
        "signals": [dict(signal) for signal in queued.signals[:20]],
        "looks": [told(look) for look in queued.looks],
    }
    shown: dict[str, Any] = _printable(record)
    return shown


def place_of(text: str) -> Place | None:
    """A place in the queue as the page gives it back: GROUP:NUMBER:HOST. Raises ValueError."""
    if not text:
        return None
    group, number, host = text.split(":", 2)
    return Place(host, int(group), int(number))


def place_text(place: Place) -> str:
    """A place in the queue, for the page to give back."""
    return f"{place.group}:{place.item}:{place.host}"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(entry)}" for name, entry in value.items())
    if isinstance(value, list):
        return "; ".join(_plain(entry) for entry in value)
    return str(value)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value[:2_000])
    if isinstance(value, list):
        return [_printable(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _printable(entry) for name, entry in value.items()}
    return value
