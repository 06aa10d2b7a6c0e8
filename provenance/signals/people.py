"""Whether people are shown, and their declared ages: presence and numbers only. Names are dropped where they are read.

Sources: IPTC Photo Metadata Standard 2025.1 (ModelAge, PersonInImage, PersonInImageWDetails, ImageRegion), MWG
Guidelines 2.0 (face regions), ACDSee's regions, Microsoft People Tags, digiKam tags.

>>> from provenance.carriers.xmp import Property, Value
>>> ages = Property("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "ModelAge", Value(items=(Value("15"),)))
>>> [(s.subject.value, s.verdict.value, s.value) for s in read_people([ages], "x")]
[('MINOR', 'DENY', '15'), ('PERSON', 'DENY', '1')]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from provenance.carriers.xmp import Property, Value, texts
from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.fields import MAX_RAW, own_texts, qualified
from provenance.vocabulary import ADULT_AGE

_OLDEST: Final = 120
_PEOPLE: Final = frozenset({"Iptc4xmpExt:PersonInImage", "Iptc4xmpExt:PersonInImageWDetails"})
_HUMAN: Final = ("human", "person", "people", "face")
_NOT_PEOPLE: Final = frozenset({"pet", "focus", "barcode"})


def read_people(properties: Iterable[Property], location: str) -> Iterator[Signal]:
    """The PERSON and MINOR signals of properties as `xmp.flattened` gives them. `value` is a count or the least age."""
    for prop in properties:
        name = qualified(prop.namespace, prop.name)
        if name in _PEOPLE:
            yield from _person(name, location, _count(prop.value), "DENY")
        elif name == "Iptc4xmpExt:ModelAge":
            yield from _ages(prop.value, location)
        elif name == "Iptc4xmpExt:ImageRegion":
            yield from _regions(prop.value, location)
        elif name in {"mwg-rs:RegionList", "acdsee-rs:RegionList"}:
            yield from _faces(name, prop.value, location)
        elif name in {"MPRI:Regions", "MPReg:PersonDisplayName"}:
            yield from _person(name, location, _count(prop.value), "DENY")
        elif name in {"digiKam:TagsList", "lr:hierarchicalSubject"}:
            yield from _person(name, location, sum(map(is_person_tag, own_texts(prop.value))), "DENY")


def is_person_tag(tag: str) -> bool:
    """Whether a keyword is a person's name, by the place that digiKam and Lightroom give it among their tags.

    >>> is_person_tag("People/Ada"), is_person_tag("Places/Rome")
    (True, False)
    """
    return tag.lower().startswith(("people/", "people|"))


def _count(value: Value) -> int:
    """The items of an array that hold anything, or 1 for a single value that does."""
    if value.items:
        return sum(1 for item in value.items if item.fields or any(texts(item)))
    return 1 if value.fields or value.text.strip() else 0


def _person(name: str, location: str, count: int, verdict: str) -> Iterator[Signal]:
    if count:
        raw = f"{count} entr{'y' if count == 1 else 'ies'}"
        yield Signal(SignalSubject.PERSON, SignalVerdict(verdict), name, location, raw, str(count))


def _ages(value: Value, location: str) -> Iterator[Signal]:
    name = "Iptc4xmpExt:ModelAge"
    found = list(own_texts(value))
    ages = [int(text) for text in found if text.isascii() and text.isdigit() and len(text) <= 3]
    ages = [age for age in ages if age <= _OLDEST]
    raw = ", ".join(found)[:MAX_RAW]
    if ages:
        verdict = SignalVerdict.DENY if min(ages) < ADULT_AGE else SignalVerdict.ALLOW
        yield Signal(SignalSubject.MINOR, verdict, name, location, raw, str(min(ages)))
    if len(ages) < len(found):
        yield Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, name, location, raw, "not an age")
    yield from _person(name, location, len(found), "DENY")


def _regions(value: Value, location: str) -> Iterator[Signal]:
    """IPTC image regions: people where one names a person or says that its content is human, unknown otherwise."""
    items = value.items or ((value,) if value.fields else ())
    people = [item for item in items if _is_human(item)]
    yield from _person("Iptc4xmpExt:ImageRegion", location, len(people), "DENY")
    yield from _person("Iptc4xmpExt:ImageRegion", location, len(items) - len(people), "UNKNOWN")


def _is_human(region: Value) -> bool:
    for prop in region.fields:
        if prop.name in {"PersonInImage", "PersonInImageWDetails"}:
            return True
        if prop.name in {"rCtype", "rRole"} and any(
            word in text.lower() for text in texts(prop.value) for word in _HUMAN
        ):
            return True
    return False


def _faces(name: str, value: Value, location: str) -> Iterator[Signal]:
    """MWG regions, and ACDSee's, which are built alike: a region without a type may be a face."""
    faces = unsure = 0
    for item in value.items or ((value,) if value.fields else ()):
        kinds = [text.lower() for prop in item.fields if prop.name == "Type" for text in own_texts(prop.value)]
        if "face" in kinds:
            faces += 1
        elif not kinds or not _NOT_PEOPLE.issuperset(kinds):
            unsure += 1
    yield from _person(name, location, faces, "DENY")
    yield from _person(name, location, unsure, "UNKNOWN")
