"""The columns of one file: which field of ours each is, and what becomes of those that are none.

A register has a closed set of columns: an unknown one may narrow what it permits. A manifest keeps unknown columns for
those who read signals in them, but never one that looks like a limit, a consent, an age, a count of people or personal
data: that is an error, which names the ways out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from provenance.errors import InputError
from provenance.licences import agency_in
from provenance.placeholders import folded, is_placeholder
from provenance.records.column_names import folded_name
from provenance.records.columns.answers import answers_no, is_state, speaks_of_refusal
from provenance.records.columns.column_map import NO_MAP, ColumnMap
from provenance.records.columns.telltales import (
    PERSONAL,
    Look,
    dates_the_making,
    look_of,
    says,
)
from provenance.records.faults import Faults, nearest, unshown
from provenance.records.formats.raw import MAX_FIELDS, ROW, Header, storable
from provenance.records.values.personal import is_person_name, is_vector, kind_of, masked
from provenance.records.values.terms import flag_of
from provenance.spelt_pictures import spelling_of

WAYS_OUT: Final = "map it or leave it out by name (--columns), or rename it"
PRESENT: Final = "present"
"""Stands in a kept column for who made or owns the picture."""

_SHORT: Final = 80
_REMARK: Final = 300
_REFUSED: Final = "it says that something was withdrawn, refused, ended or is forbidden"
_ANSWERED: Final = "its name asks whether the picture may be used, and the cell does not say yes"
_DATE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{4}(?:,? .*)?"
    r"|\d{1,2}\.? [^\W\d]{3,12}\.?,? \d{4}|[^\W\d]{3,12}\.? \d{1,2},? \d{4}"
    r"|(?:\w+ ){0,2}\d{1,2} de [^\W\d]{4,10} de \d{4}"
)
_LIFTED: Final = frozenset({Look.LIMIT, Look.CONSENT, Look.AGE, Look.COUNT})
"""What a column may look like that somebody else reads."""

Reads = Callable[[str], bool]
"""Whether somebody else reads a column of this name: the signals of the image."""


def read_by_nobody(_: str) -> bool:
    """The answer where nobody else reads columns."""
    return False


class _Fate(Enum):
    FIELD = auto()
    IGNORED = auto()
    KEPT = auto()
    REDUCED = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class _Column:
    fate: _Fate
    ours: tuple[str, ...] = ()
    problem: str = ""
    among: tuple[str, ...] = ()
    look: Look | None = None


@dataclass(slots=True)
class Columns:
    """The columns of one file. `known` are ours; `limits` those of them that a near miss must not lose.

    `closed` says that no other may stand in the file, which `kind` names. `is_read` tells what somebody else reads.
    """

    kind: str
    known: frozenset[str]
    limits: tuple[str, ...] = ()
    closed: bool = False
    map: ColumnMap = NO_MAP
    is_read: Reads = read_by_nobody
    unknown: set[str] = field(default_factory=set)
    """Columns that are kept as they are."""
    reduced: set[str] = field(default_factory=set)
    """Columns of which only is kept that they hold somebody's name."""
    _fates: dict[str, _Column] = field(default_factory=dict)
    _ours: dict[str, str] = field(default_factory=dict)
    _others: int = 0

    def __post_init__(self) -> None:
        self._ours = {folded_name(name): name for name in self.known}
        for name in (*chain.from_iterable(self.map.rename.values()), *self.map.constant, *self.map.values):
            if name not in self.known:
                near = nearest(name, self.known)
                raise InputError(
                    f"the map of columns names {name[:_SHORT]!r}, which is no column of a {self.kind}",
                    remedy=f"write {near}" if near else "docs/manifest.md lists the columns",
                )

    def check(self, header: Header, faults: Faults) -> None:
        """Note what is wrong with the columns that a file names before its first row."""
        ours: dict[str, str] = dict.fromkeys(self.map.constant, "a constant of the map")
        for name in header.names:
            column = self._of(name, header.line, faults)
            for one in column.ours:
                if one in ours:
                    faults.add(header.line, name, name, f"it is {one}, and so is {ours[one]}")
                ours[one] = name

    def fields_of(self, header: Header) -> set[str]:
        """Our fields among the columns of a file."""
        found = (self._fates.get(name) for name in header.names)
        return {one for column in found if column is not None for one in column.ours}

    def take(self, values: Mapping[str, Any], line: int, faults: Faults) -> tuple[dict[str, Any], dict[str, Any]]:
        """A row's values under our names, and those of unknown columns as they may be kept."""
        ours: dict[str, Any] = dict(self.map.constant)
        others: dict[str, Any] = {}
        for name, value in values.items():
            column = self._of(name, line, faults)
            for one in column.ours:
                if one in ours:
                    faults.add(line, name, name, f"it is {one}, which stands there already")
                ours[one] = value
            if column.fate is _Fate.REDUCED:
                others[name] = _reduced(value)
            elif column.fate is _Fate.KEPT:
                for problem in self._problems(name, value, column.look):
                    faults.add(line, name, name, problem)
                    break
                else:
                    others[name] = _clean(storable(value))
        return ours, others

    def _of(self, name: str, line: int, faults: Faults) -> _Column:
        column = self._fates.get(name)
        if column is None:
            column = self._fate_of(name)
            if column.fate is not _Fate.FIELD:
                if self._others >= MAX_FIELDS:
                    faults.add(line, ROW, name, f"the file has more than {MAX_FIELDS} distinct unknown columns")
                    return _Column(_Fate.IGNORED)
                self._others += 1
            self._fates[name] = column
            if column.fate is _Fate.KEPT:
                self.unknown.add(name)
            elif column.fate is _Fate.REDUCED:
                self.reduced.add(name)
        if column.fate is _Fate.REFUSED:
            told = name if kind_of(name) is None else unshown(name)
            faults.add(line, told, told, column.problem, column.among)
        return column

    def _fate_of(self, name: str) -> _Column:
        if self.map.ignores(name):
            return _Column(_Fate.IGNORED)
        known = self._ours.get(folded_name(name))
        ours = self.map.ours(name) or ((known,) if known else ())
        if ours:
            return _Column(_Fate.FIELD, ours)
        look = look_of(name)
        told = f"; {says(look)}" if look not in (None, Look.CREATOR, Look.PERHAPS_NAME) else ""
        near = nearest(name, self.limits)
        among = (near,) if near else ()
        if self.closed:
            problem = f"a {self.kind} has no such column, and it may narrow what is permitted{told}; {WAYS_OUT}"
            return _Column(_Fate.REFUSED, problem=problem, among=among)
        if near:
            problem = f"there is no such column, and it must not be overlooked; {WAYS_OUT}"
            return _Column(_Fate.REFUSED, problem=problem, among=among)
        if kind_of(name) is not None:
            return _Column(_Fate.REFUSED, problem=f"its name is personal data; {WAYS_OUT}")
        if look is Look.CREATOR:
            return _Column(_Fate.REDUCED)
        lifted = look in _LIFTED and self.is_read(name)
        if look is None or look is Look.PERHAPS_NAME or lifted:
            return _Column(_Fate.KEPT, look=look)
        return _Column(_Fate.REFUSED, problem=f"{says(look)}; {WAYS_OUT}")

    def _problems(self, name: str, value: Any, look: Look | None) -> Iterator[str]:
        """Why a value of an unknown column cannot be kept, the column's name told in each."""
        if isinstance(value, str | int | float) and answers_no(name.rpartition(".")[2], value):
            yield f"{_ANSWERED}; {WAYS_OUT}"
        elif isinstance(value, str):
            yield from self._text_problems(name, value, look)
        elif isinstance(value, dt.date):
            yield from self._date_problems(name)
        elif isinstance(value, list | tuple):
            if is_vector(value):
                yield f"{says(Look.VECTOR)}; {WAYS_OUT}"
            for each in value:
                if isinstance(each, Mapping):
                    yield from self._inner_problems(name, each, read_by_nobody)
                else:
                    yield from self._problems(name, each, look)
        elif isinstance(value, Mapping):
            yield from self._inner_problems(name, value, self.is_read)

    def _text_problems(self, name: str, text: str, look: Look | None) -> Iterator[str]:
        problem = _text_problem(text) if len(text) <= _SHORT else _long_problem(text)
        if problem is None and len(text) <= _REMARK and not self.is_read(name) and speaks_of_refusal(text):
            problem = _REFUSED
        if problem is None and look is Look.COUNT and _is_count_in_words(text):
            problem = f"{says(Look.COUNT)}, and it is no number"
        if problem is not None:
            yield f"{problem} (value not shown); {WAYS_OUT}"
        elif look is Look.PERHAPS_NAME and is_person_name(text):
            yield f"{says(look)} (value not shown); {WAYS_OUT}"
        elif len(text) <= _SHORT and text[:1].isalnum() and _DATE.fullmatch(text):
            yield from self._date_problems(name)

    def _inner_problems(self, name: str, value: Mapping[str, Any], is_read: Reads) -> Iterator[str]:
        """What is wrong with an object; nobody else reads those of a list."""
        for key, inner in value.items():
            look = look_of(key)
            refused = look is not None and (look in PERSONAL or (look in _LIFTED and not is_read(key)))
            if refused and look is not None and _is_told(inner):
                yield f"its {key[:_SHORT]}: {says(look)}; {WAYS_OUT}"
            elif kind_of(key) is not None:
                yield f"the name of a part of it is personal data; {WAYS_OUT}"
            elif look is not Look.CREATOR:
                yield from self._problems(f"{name}.{key}", inner, look)

    def _date_problems(self, name: str) -> Iterator[str]:
        last = name.rpartition(".")[2]
        if not dates_the_making(last) and not self.is_read(last):
            yield f"it holds dates, and its name does not say of what: {says(Look.LIMIT)}; {WAYS_OUT}"


@lru_cache(maxsize=1 << 14)
def _text_problem(text: str) -> str | None:
    """What is wrong with keeping a short text, in words."""
    if is_state(text):
        return _REFUSED
    return _long_problem(text)


def _long_problem(text: str) -> str | None:
    kind = kind_of(text)
    if kind is not None:
        return f"it holds {kind}, which is not kept"
    if len(text) > _SHORT and (spelling := spelling_of(text)):
        return f"it holds a picture in {spelling}, which is not kept"
    return says(Look.VECTOR) if is_vector(text) else None


def _is_count_in_words(text: str) -> bool:
    """`three`, `2+`, `several`: more than one, as likely as not. Boxes and landmarks as texts are no count."""
    plain = text.strip()
    if len(plain) > _SHORT or plain.startswith(("[", "{", "(")) or is_placeholder(plain):
        return False
    return flag_of(plain) is None and not re.fullmatch(r"\d{1,6}(?:\.0*)?", plain)


def _is_told(value: Any) -> bool:
    return value is not None and value != "" and value != [] and not (isinstance(value, str) and is_placeholder(value))


def _reduced(value: Any) -> str | None:
    """That there is somebody, and which agency; never who."""
    if isinstance(value, str):
        return (agency_in(value) or PRESENT) if folded(value) and not is_placeholder(value) else None
    return PRESENT if value not in (None, [], {}, 0, False) else None


def _clean(value: Any) -> Any:
    """A value of an unknown column without addresses and numbers of people in its texts, however deep."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {key: _reduced(inner) if look_of(key) is Look.CREATOR else _clean(inner) for key, inner in value.items()}
    return value
