"""Forms that ask about training data, as lists of fields, and filling them from the figures of a ledger.

What the ledger does not tell is said to be not known, and never made up. The lists are data, with their sources.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from provenance.adapters import adapter
from provenance.rights.figures import Figure, Figures


class FormKind(StrEnum):
    """A form that somebody else made."""

    TRAINING_CONTENT = "training-content"
    """The public summary of training content (AI Act Art. 53(1)(d))."""
    AB2013 = "ab2013"
    """California's documentation of training data (Civil Code s. 3111)."""
    AIMS = "aims"
    """The view of an AI management system (ISO/IEC 42001)."""


class Whether(StrEnum):
    """The answer to a question that asks whether."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A section of figures, or only some rows of it."""

    section: str
    names: tuple[str, ...] = ()

    def of(self, rows: Iterable[Figure]) -> tuple[Figure, ...]:
        """The figures that are meant."""
        return tuple(one for one in rows if one.section == self.section and (not self.names or one.name in self.names))


@dataclass(frozen=True, slots=True)
class Range:
    """Words for a number of images below another; None: for every number."""

    section: str
    say: str
    names: tuple[str, ...] = ()
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form, and what fills it (`form_fields/ab2013.toml` says how)."""

    number: str
    asks: str
    figures: tuple[Wanted, ...] = ()
    yes: tuple[Wanted, ...] = ()
    open: tuple[Wanted, ...] = ()
    ranges: tuple[Range, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its title, where it comes from, what of that was read, and whether somebody has verified it."""

    title: str
    source: str
    address: str
    read: str
    verified: bool
    field: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A field that was filled: the answer in a word or a range ("" where it asks for none), its figures, the rest."""

    field: Field
    said: str
    figures: tuple[Figure, ...]
    not_known: tuple[str, ...]


NOTHING_RECORDED: Final = "nothing is recorded"


@cache
def load_form(kind: FormKind) -> Form:
    """The fields of a form, which ship with the package.

    >>> load_form(FormKind.AB2013).field[0].number
    '(a)(1)'
    """
    text = files("provenance.rights").joinpath(f"form_fields/{kind.value}.toml").read_text(encoding="utf-8")
    return adapter(Form).validate_python(tomllib.loads(text), extra="forbid")


def filled(form: Form, figures: Figures) -> tuple[Answer, ...]:
    """Fill every field. Pure."""
    return tuple(_filled(field, figures.rows) for field in form.field)


def _filled(field: Field, rows: tuple[Figure, ...]) -> Answer:
    found = tuple(figure for wanted in field.figures for figure in wanted.of(rows))
    not_known = field.unknown
    if field.figures and not found:
        not_known = (NOTHING_RECORDED, *not_known)
    said = _whether(field, rows).value if field.yes or field.open else _range(field.ranges, rows)
    return Answer(field, said, found, not_known)


def _whether(field: Field, rows: tuple[Figure, ...]) -> Whether:
    """Yes where there is an image of it; no only where every image is known to be none."""
    if _sum(field.yes, rows):
        return Whether.YES
    sections = {wanted.section for wanted in (*field.yes, *field.open)}
    if _sum(field.open, rows) or not any(one.value for one in rows if one.section in sections):
        return Whether.NOT_KNOWN
    return Whether.NO


def _range(ranges: tuple[Range, ...], rows: tuple[Figure, ...]) -> str:
    for one in ranges:
        if one.below is None or _sum((Wanted(one.section, one.names),), rows) < one.below:
            return one.say
    return ""


def _sum(wanted: tuple[Wanted, ...], rows: tuple[Figure, ...]) -> float:
    return sum(figure.value for one in wanted for figure in one.of(rows))


def changes(now: Mapping[tuple[str, str], int | float], before: Mapping[tuple[str, str], int | float]) -> list[Figure]:
    """What has changed between two reports: by how much each figure is more or less."""
    return [
        Figure(section, name, now.get((section, name), 0) - before.get((section, name), 0))
        for section, name in dict.fromkeys((*now, *before))
        if now.get((section, name), 0) != before.get((section, name), 0)
    ]
