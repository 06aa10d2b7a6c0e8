"""What is stated about one image: rows of one or several tables, brought together. Pure.

Two tables may each say something of an image, and then all of it counts; where they say different things of one field
the image is blocked until they agree. A metadata file that came with the collection is the collection's own word: what
restricts counts, what clears counts only once a named person vouches for the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from hashlib import sha256
from typing import Any, Final

from provenance.model import ManifestRow, Person
from provenance.vocabulary import ADULT_AGE, AgeStatus, PersonsStatus

_TOGETHER: Final = frozenset({"keywords", "jurisdictions", "categories"})
"""Fields of which everything that any table says counts."""

_WORDS: Final = frozenset({"caption", "alt_text"})
_NOT_COMPARED: Final = frozenset({"file_name", "url", "page_url", "line", "extra"})
"""Fields in which tables may differ: names are relative to where a table lies."""

_MINOR: Final = frozenset({AgeStatus.MINOR_VERIFIED, AgeStatus.MINOR_APPARENT})


@dataclass(frozen=True, slots=True)
class Stated:
    """A row that speaks of an image; it is not `vouched` where it is the collection's own word and nobody's else."""

    row: ManifestRow
    vouched: bool = True


@dataclass(frozen=True, slots=True)
class Together:
    """All that is stated of one image. `conflict` where two tables contradict each other."""

    row: ManifestRow | None
    conflict: bool = False


def together(stated: Sequence[Stated]) -> Together:
    """Bring the rows of one image together, the deciding one first.

    >>> together([]).row is None
    True
    """
    rows = [one.row if one.vouched else restricting(one.row) for one in stated]
    if len(rows) < 2:
        return Together(rows[0] if rows else None)
    found, conflict = rows[0], False
    for other in rows[1:]:
        found, differs = _merged(found, other)
        conflict |= differs
    return Together(found, conflict)


def restricting(row: ManifestRow) -> ManifestRow:
    """What of a row restricts the use of its image: nothing in it clears anything.

    >>> restricting(ManifestRow(persons_status=PersonsStatus.NONE)).persons_status.value
    'UNKNOWN'
    """
    synthetic = row.synthetic
    if synthetic is not None:
        synthetic = replace(synthetic, record=None, depicts_real_person=synthetic.depicts_real_person or None)
    shown = row.persons_status is PersonsStatus.PRESENT
    return replace(
        row,
        persons_status=PersonsStatus.PRESENT if shown else PersonsStatus.UNKNOWN,
        persons_determined_by=None,
        persons=tuple(_restricting(person) for person in row.persons),
        synthetic=synthetic,
        training_licence=None,
        upstream_evidence=None,
    )


def _restricting(person: Person) -> Person:
    return replace(
        person,
        identifiable=person.identifiable or None,
        age=person.age if person.age is not None and person.age < ADULT_AGE else None,
        age_status=person.age_status if person.age_status in _MINOR else None,
        born_on=None,
        deceased=None,
        death=None,
        anonymisation=None,
    )


def _merged(one: ManifestRow, other: ManifestRow) -> tuple[ManifestRow, bool]:
    """Both rows as one, and whether they contradict each other."""
    values: dict[str, Any] = {}
    conflict = False
    for name, blank in _fields():
        mine, theirs = getattr(one, name), getattr(other, name)
        if theirs in (blank, mine):
            continue
        if mine == blank:
            values[name] = theirs
        elif name in _TOGETHER:
            values[name] = tuple(dict.fromkeys((*mine, *theirs)))
        elif name in _WORDS:
            values[name] = f"{mine}\n{theirs}"
        elif name not in _NOT_COMPARED:
            conflict = True
    return replace(one, **values, extra={**other.extra, **one.extra}), conflict


@cache
def _fields() -> tuple[tuple[str, Any], ...]:
    """The fields of a row with what each is where nothing was stated."""
    return tuple((field.name, field.default) for field in fields(ManifestRow) if field.default is not MISSING)


def row_digest(text: str, *, vouched: bool) -> bytes:
    """Names what a row states, and whether it may clear anything."""
    return sha256(text.encode() + (b"" if vouched else b"\0restricting")).digest()
