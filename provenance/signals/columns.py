"""Signals in the columns that image datasets bring along: ages, licences, refusals, EXIF as JSON, captions, places.

Column names are found whatever their letter case (`columns.toml`). Whoever filled a column may have measured, asked
or guessed, so an age found there is SUSPECTED, and an adult age clears nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import chain, product
from typing import Final

from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.agencies import agency_at, downloaded_from
from provenance.signals.ages import Age, ages_of
from provenance.signals.dumps import read_dump
from provenance.signals.exif_json import read_exif_json
from provenance.signals.fields import Field, table
from provenance.signals.optout import tagged
from provenance.signals.places import gps_hint, name_hint, url_hint
from provenance.signals.rights import read_rights
from provenance.signals.sensitive import mark_in, marked
from provenance.signals.synthetic import generated, program_in, read_generated_columns, statement_in
from provenance.signals.text import read_path, read_text
from provenance.signals.text.refusals import TextKind
from provenance.signals.web.finding import clean, finding, training, unreadable
from provenance.signals.web.x_robots import read_headers
from provenance.signals.words import kind_of, words_within
from provenance.tables import parted
from provenance.vocabulary import ADULT_AGE

MAX_COLUMNS: Final = 512
MAX_DEPTH: Final = 8
_DEEPER: Final = object()
_TOO_DEEP: Final = f"nested more than {MAX_DEPTH} deep"
MAX_ITEMS: Final = 64
"""Entries read of a list in one column, such as COCO's captions."""
MAX_VALUE: Final = 20_000
UNSAFE: Final = 0.5

_REFUSAL: Final = ("x-robots-tag", "disallowed", "noai", "opt-out", "optout", "opted out")
_NOTHING: Final = frozenset({"", "0", "0.0", "-1", "false", "no", "none", "null", "nan", "unknown", "[]", "{}"})
_YEAR: Final = re.compile(r"(\d{4})(?:\.0)?", re.ASCII)
_SPAN: Final = re.compile(r"[~\u2248<>\u2264\u2265 ]*(?:\d{1,6} ?(?:-|\u2013|/|to|or) ?)?(\d{1,6}) ?\+?", re.ASCII)
"""A count that is none: `2-3`, `2+`, `~5`."""

_BOXES: Final = re.compile(r"box|rect", re.IGNORECASE)
"""Of such a column each four numbers are a place in the picture; of any other, four people."""
_BOX: Final = 4
_POINTS: Final = re.compile(r"landmark|region", re.IGNORECASE)
"""Of such a column all numbers are of one place: how many a face has differs."""

_WORD: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_ITS_OWN: Final = frozenset({"number", "no"})
"""Behind the word for one person they are that person's own number."""
_ROLES: Final = (
    "text",
    "url",
    "path",
    "licence",
    "creator",
    "country",
    "region",
    "latitude",
    "longitude",
    "age",
    "born",
    "minor",
    "person",
    "nsfw",
    "generated",
    "program",
    "exif",
    "error",
    "opt_out",
    "robots",
)


def read_columns(extra: Mapping[str, object]) -> tuple[Signal, ...]:
    """The signals of one row's columns, each with `column:NAME` as its location. Never raises on a value.

    Raises MissingExtra where a column holds a position and `reverse-geocoder` is not installed.

    >>> [(s.subject.value, s.location) for s in read_columns({"AGE": 9})]
    [('MINOR', 'column:AGE'), ('PERSON', 'column:AGE')]
    """
    columns = _distinct(_flat(extra, "", 0))
    found = [
        unreadable("columns", f"column:{name[:100]}", "", _TOO_DEEP) for name, value in columns if value is _DEEPER
    ]
    if len(columns) > MAX_COLUMNS:
        found.append(unreadable("columns", "columns", "", f"only the first {MAX_COLUMNS} columns were read"))
    by_role: dict[str, list[tuple[str, object]]] = {}
    for name, value in columns[:MAX_COLUMNS]:
        for role in _roles(name):
            by_role.setdefault(role, []).append((name, value))
    for role, reader in _READERS.items():
        for name, value in by_role.get(role, ()):
            if value is not None:
                found.extend(reader(f"column:{clean(name, 100)}", value))
    found.extend(words_within(_wordy(columns[:MAX_COLUMNS])))
    found.extend(_flickr(columns, by_role.get("licence", [])))
    found.extend(_position(by_role))
    known = [(name, tuple(_texts(value))) for name, value in columns[:MAX_COLUMNS] if value is not None]
    found.extend(read_generated_columns(known))
    found.extend(read_dump(columns[:MAX_COLUMNS]))
    return tuple(dict.fromkeys(_storable(signal) for signal in found))


def _storable(signal: Signal) -> Signal:
    return replace(signal, name=clean(signal.name, 200), raw=clean(signal.raw), value=clean(signal.value))


def is_signal(name: str) -> bool:
    """Whether something is read in a column of this name.

    >>> is_signal("face_count"), is_signal("mood")
    (True, False)
    """
    return bool(_roles(name))


def _flat(extra: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    """Columns with nested ones as `metadata.license`, down to a bounded depth. What is deeper is `_DEEPER`.

    Of objects in a list only what may be a signal is a column: a table of boxes would be thousands.
    """
    for index, (key, value) in enumerate(extra.items()):
        if index > MAX_COLUMNS:
            return
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and "exif" not in _roles(name):
            yield from _flat(value, f"{name}.", depth + 1) if depth < MAX_DEPTH else ((name, _DEEPER),)
            continue
        yield name, value
        if isinstance(value, list | tuple) and depth < MAX_DEPTH:
            for each in value[:MAX_ITEMS]:
                if isinstance(each, Mapping):
                    yield from (one for one in _flat(each, f"{name}.", depth + 1) if _may_tell(*one))


def _may_tell(name: str, value: object) -> bool:
    """Whether a part of an object in a list may be a signal. Names of classes are none: they are what a table knows."""
    roles = set(_roles(name)) - {"text"}
    return value is _DEEPER or bool(roles) or kind_of(_last(name)) is TextKind.RIGHTS


def _wordy(columns: list[tuple[str, object]]) -> Iterator[tuple[Field, TextKind]]:
    """The cells that may hold words of refusal: texts, licences, credits, and columns that nobody knows."""
    for name, value in columns:
        roles, last = _roles(name), _last(name)
        if "licence" in roles or "creator" in roles:
            kind: TextKind | None = TextKind.RIGHTS
        elif "text" in roles:
            kind = TextKind.KEYWORDS if last.lower() in table("columns.toml")["tags"] else TextKind.PROSE
        else:
            kind = None if roles else kind_of(last)
        if kind is not None:
            for text in _texts(value):
                yield Field(last, text, f"column:{clean(name, 100)}"), kind


def _distinct(columns: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """Columns without those that say the same again, as the labels of many boxes do."""
    told: set[tuple[str, str]] = set()
    found = []
    for name, value in columns:
        if not isinstance(value, str) or (name, value) not in told:
            found.append((name, value))
        if isinstance(value, str):
            told.add((name, value))
        if len(found) > MAX_COLUMNS:
            break
    return found


@cache
def _by_name() -> dict[str, tuple[str, ...]]:
    data = table("columns.toml")
    names = {name for role in _ROLES for name in data[role]}
    return {name: tuple(role for role in _ROLES if name in data[role]) for name in names}


@lru_cache(maxsize=4_096)
def _roles(name: str) -> tuple[str, ...]:
    """What is read in a column, by its name; of `license.name`, which says nothing by itself, by that of the whole."""
    whole, _, last = name.rpartition(".")
    if whole and last.strip().lower() in table("columns.toml")["parts"] and (roles := _roles(whole)):
        return roles
    known = last.strip().lower().replace("-", "_").replace(" ", "_")[:100]
    # Of `edm:rights` the vocabulary is no part of the name.
    roles = _by_name().get(known) or _by_name().get(known.rpartition(":")[2], ())
    return roles or (("count",) if _counts_people(last.strip()[:100]) else ())


def _counts_people(name: str) -> bool:
    """Whether a column counts people, by its words: `faceCount`, `n_faces`, `number of people in image`."""
    words = (word.lower() for word in _WORD.findall(name))
    return "".join(word for word in words if word not in _words("between")) in _counts()


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(word.replace(" ", "") for word in parted(table("columns.toml")["counts"][kind]))


@cache
def _counts() -> frozenset[str]:
    people, person, number, count = (_words(kind) for kind in ("people", "person", "number", "count"))
    before = product(number | count, people)
    behind = product(people, number | count)
    pairs = chain(before, behind, product(person, count - _ITS_OWN), product(number, person))
    return _words("alone") | {first + second for first, second in pairs}


def _texts(value: object) -> Iterator[str]:
    """The texts in a cell: one, or those of a list."""
    if isinstance(value, str):
        yield value[: MAX_VALUE + 1]
    elif isinstance(value, bytes):
        yield value[: MAX_VALUE + 1].decode("utf-8", "replace")
    elif isinstance(value, list | tuple):
        for each in value[:MAX_ITEMS]:
            held = (each.get("raw") or each.get("text") or each.get("caption")) if isinstance(each, Mapping) else each
            if isinstance(held, str | bytes):
                yield from _texts(held)


def _short(value: object) -> str:
    """A cell as a short text, without walking a large one."""
    if isinstance(value, str):
        return value[:200]
    if isinstance(value, bool | float):
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a large number"
    return type(value).__name__


# --- one reader for each kind of column --------------------------------------------------------------------------


def _text(location: str, value: object) -> Iterator[Signal]:
    texts = list(_texts(value))
    for text in texts:
        yield from read_text(location, text)
    tags = _last(location).lower() in table("columns.toml")["tags"]
    for text in texts:
        mark = mark_in(text, keywords=tags)
        if mark is not None:
            yield marked(_last(location), location, mark)
        statement = statement_in(text)
        if statement is not None:
            yield generated(_last(location), location, text, statement)
    if tags:
        words = (word for text in texts for word in text.replace(";", ",").replace("+", " ").split(","))
        yield from tagged(list(words)[:1_000], _last(location), location)


def _url(location: str, value: object) -> Iterator[Signal]:
    for text in _texts(value):
        yield from read_path(location, text)
        yield from url_hint(location, text)
        yield from read_address(_last(location), location, text)


def read_address(name: str, location: str, address: str) -> Iterator[Signal]:
    """The mark that a picture's address at an agency is, or its name as that of a download from one."""
    agency = agency_at(address) or downloaded_from(address)
    if agency is not None:
        yield finding(SignalSubject.RIGHTS, SignalVerdict.DENY, name, location, agency, f"stock:{agency}")


def _path(location: str, value: object) -> Iterator[Signal]:
    for text in _texts(value):
        yield from read_path(location, text)
        yield from read_address(_last(location), location, text)


def _licence(location: str, value: object) -> Iterator[Signal]:
    for text in _texts(value):
        for signal in read_rights([Field("dc:rights", text, location)]) if text.strip() else ():
            if signal.subject is not SignalSubject.RIGHTS or signal.verdict is SignalVerdict.DENY:
                yield finding(signal.subject, signal.verdict, _last(location), location, text, signal.value)


def _creator(location: str, value: object) -> Iterator[Signal]:
    for text in _texts(value):
        if text.strip():
            # A rights holder exists; a person's name is not kept, a stock agency's is.
            yield finding(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, _last(location), location, "present")
            for signal in read_rights([Field("photoshop:Credit", text, location)]):
                if signal.verdict is SignalVerdict.DENY:
                    yield finding(signal.subject, signal.verdict, _last(location), location, signal.value, signal.value)


def _place(location: str, value: object) -> Iterator[Signal]:
    for text in _texts(value):
        field = f"{location} code" if len(text.strip()) in (2, 3) else location
        for signal in name_hint(field, text):
            yield finding(signal.subject, signal.verdict, "place name", location, text, signal.value)


def _age(location: str, value: object) -> Iterator[Signal]:
    for each in value[:MAX_ITEMS] if isinstance(value, list | tuple) else (value,):
        age = ages_of(each)
        if age is Age.MINOR:
            yield from _minor(location, _short(each))
        elif age is Age.UNREADABLE:
            yield unreadable(_last(location), location, _short(each), "not an age")


def _born(location: str, value: object) -> Iterator[Signal]:
    # Without the year of the picture nobody can tell, save of those who are still minors now.
    year = _YEAR.fullmatch(_short(value).strip())
    if year is not None and 0 <= datetime.now(UTC).year - int(year[1]) < ADULT_AGE:
        yield from _minor(location, _short(value))
    elif _short(value).strip().lower() not in _NOTHING:
        yield _suspected(SignalSubject.PERSON, location, "present", "year of birth")


def _is_minor(location: str, value: object) -> Iterator[Signal]:
    if _true(value):
        yield from _minor(location, _short(value))


def _person(location: str, value: object) -> Iterator[Signal]:
    """Only that somebody is shown, and how many: whose face, and what somebody thought of it, is not kept."""
    value = _parsed(value)
    if isinstance(value, list | tuple | Mapping):
        if value:
            people = len(value)
            if all(isinstance(each, int | float) for each in value):
                name = _last(location)
                people = max(1, people // _BOX) if _BOXES.search(name) else 1 if _POINTS.search(name) else people
            yield _suspected(SignalSubject.PERSON, location, "present", str(people))
    elif _short(value).strip().lower() not in _NOTHING:
        yield _suspected(SignalSubject.PERSON, location, "present", "")


def _count(location: str, value: object) -> Iterator[Signal]:
    """How many people somebody or something counted; a list is counted here."""
    value = _parsed(value)
    if isinstance(value, list | tuple | Mapping):
        yield from _person(location, value)
        return
    number = _number(value)
    if number is None and (span := _SPAN.fullmatch(_short(value).strip())):
        number = float(span[1])  # as many as there may be
    if number is None or number != int(number) or number < 0:
        if _short(value).strip().lower() not in _NOTHING:
            yield _suspected(SignalSubject.PERSON, location, "present", "")
    elif number:
        yield _suspected(SignalSubject.PERSON, location, "present", str(min(int(number), 999_999)))


def _parsed(value: object) -> object:
    """A list that a table without lists keeps as text, as the list; anything else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("[") and len(value) <= MAX_VALUE:
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def _nsfw(location: str, value: object) -> Iterator[Signal]:
    words = table("columns.toml")["nsfw_words"]
    text = _short(value).strip().lower()
    score = _number(value)
    if text in words["unsafe"] or (score is not None and score >= UNSAFE):
        yield _suspected(SignalSubject.SENSITIVE, location, text, "unsafe")
    elif text in words["unsure"]:
        yield finding(SignalSubject.SENSITIVE, SignalVerdict.UNKNOWN, _last(location), location, text, "unsure")


def _generated(location: str, value: object) -> Iterator[Signal]:
    if _true(value):
        yield generated(_last(location), location, _short(value), "generated")


def _program(location: str, value: object) -> Iterator[Signal]:
    for text in _texts(value):
        if program := program_in(text):
            yield generated(_last(location), location, text, program)


def _error(location: str, value: object) -> Iterator[Signal]:
    """img2dataset keeps no headers; its error text is all that is left of a refusal."""
    for text in _texts(value):
        if any(sign in text.lower() for sign in _REFUSAL):
            yield from training(SignalVerdict.DENY, _last(location), location, text, "refused at download")


def _opt_out(location: str, value: object) -> Iterator[Signal]:
    if _true(value):
        yield from training(SignalVerdict.DENY, _last(location), location, _short(value), "opted out")


def _robots(location: str, value: object) -> Iterator[Signal]:
    for text in _texts(value):
        for signal in read_headers((text,)):
            yield finding(signal.subject, signal.verdict, signal.name, location, signal.raw, signal.value)


def _position(by_role: Mapping[str, list[tuple[str, object]]]) -> Iterator[Signal]:
    latitudes = [number for _, value in by_role.get("latitude", ()) if (number := _number(value)) is not None]
    longitudes = [number for _, value in by_role.get("longitude", ()) if (number := _number(value)) is not None]
    if latitudes and longitudes and (latitudes[0], longitudes[0]) != (0.0, 0.0):
        yield from gps_hint(latitudes[0], longitudes[0], "column:latitude")


def _flickr(columns: list[tuple[str, object]], licences: list[tuple[str, object]]) -> Iterator[Signal]:
    """Licences by number, as Flickr counts them and COCO took them over."""
    numbers = table("columns.toml")["flickr"]
    if not any(_last(name).lower() in numbers["beside"] for name, _ in columns):
        return
    for name, value in licences:
        number = _number(value)
        spdx = numbers.get(str(int(number))) if number is not None and number == int(number) else None
        if spdx is not None:
            if spdx == "all-rights-reserved":
                subject, verdict = SignalSubject.NOTHING_GRANTED, SignalVerdict.DENY
            else:
                subject, verdict = SignalSubject.LICENCE, SignalVerdict.UNKNOWN
            yield finding(subject, verdict, "license", f"column:{name}", _short(value), spdx)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(_short(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _true(value: object) -> bool:
    return value is True or _short(value).strip().lower() in ("true", "1", "1.0", "yes", "y", "t")


def _minor(location: str, raw: str) -> Iterator[Signal]:
    yield _suspected(SignalSubject.MINOR, location, raw, raw)
    yield _suspected(SignalSubject.PERSON, location, raw, raw)


def _suspected(subject: SignalSubject, location: str, raw: str, value: str) -> Signal:
    return Signal(
        subject, SignalVerdict.DENY, _last(location), location, clean(raw), clean(value), trust=Trust.SUSPECTED
    )


def _last(location: str) -> str:
    return location.removeprefix("column:").rpartition(".")[2].strip()


_READERS: Final = {
    "text": _text,
    "url": _url,
    "path": _path,
    "licence": _licence,
    "creator": _creator,
    "country": _place,
    "region": _place,
    "age": _age,
    "born": _born,
    "minor": _is_minor,
    "person": _person,
    "count": _count,
    "nsfw": _nsfw,
    "generated": _generated,
    "program": _program,
    "error": _error,
    "opt_out": _opt_out,
    "robots": _robots,
    "exif": read_exif_json,
}
