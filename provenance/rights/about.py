"""What a request or an order is about: what was named, found in the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.find import Finder
from provenance.copies.known_again import comparable
from provenance.copies.named import addresses
from provenance.errors import UsageError
from provenance.fingerprint.crops import turned_and_cut
from provenance.fingerprint.given import read_photo
from provenance.keys import display, key_of
from provenance.ledger import schema, statements
from provenance.ledger.append import next_id
from provenance.ledger.holds import Picture, Target, TargetKind
from provenance.ledger.items import find_collection, find_item
from provenance.ledger.names import loose_ref
from provenance.ledger.statements import SourceKind, Version
from provenance.ledger.within import unindexed
from provenance.lookup.distances import MATCH
from provenance.printable import counted
from provenance.records.values.person_ref import ref_problem
from provenance.rights.request_file import RequestFile
from provenance.urls import either_scheme, normalised, prefixes
from provenance.vocabulary import Purpose, is_jurisdiction

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class About:
    """What somebody names. `source` is the register or manifest whose pseudonyms and records are meant.

    A photo is always optional and never of a face alone: it is compared as a whole picture. `request` is one
    that somebody else took in, with its pictures. `unknown` lets through a pseudonym that no image shows yet.
    """

    persons: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    photos: tuple[Path, ...] = ()
    collections: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    request: RequestFile | None = None
    source: str | None = None
    unknown: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What was named, for people: kind and value."""
        named: tuple[tuple[str, Iterable[object]], ...] = (
            ("person", self.persons),
            ("record", self.records),
            ("item", self.items),
            ("url", self.urls),
            ("sha256", self.hashes),
            ("photo", (path.name for path in self.photos)),
            ("collection", self.collections),
            ("jurisdiction", self.jurisdictions),
            ("list", [f"of {counted(self.request.count, 'picture')}"] if self.request is not None else []),
        )
        return tuple(f"{kind} {value}" for kind, values in named for value in values)

    @property
    def counted(self) -> tuple[str, ...]:
        """How many of each kind were named: all that an erasure keeps."""
        kinds = [word.partition(" ")[0] for word in self.words]
        return tuple(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


@dataclass(frozen=True, slots=True)
class Concerned:
    """A person whom a request is about, by a pseudonym or by a basis record, whose purposes and scope it then has."""

    ref: str
    among: Version | None = None
    purposes: tuple[Purpose, ...] = ()
    items: tuple[tuple[int, str], ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was named, found: people, contents that are held, targets for holds, pictures that need not be held.

    Those of a `request` of somebody else are read where they are taken in: they may be very many.
    `maybe` names images that a photo resembles and that a person has to look at.
    """

    people: tuple[Concerned, ...] = ()
    contents: frozenset[int] = frozenset()
    targets: tuple[Target, ...] = ()
    pictures: tuple[Picture, ...] = ()
    maybe: tuple[str, ...] = ()
    request: RequestFile | None = None


@dataclass(slots=True)
class _Collecting:
    people: list[Concerned] = field(default_factory=list)
    contents: set[int] = field(default_factory=set)
    targets: list[Target] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    maybe: list[str] = field(default_factory=list)


def find(connection: Connection, about: About, finder: Finder | None) -> Found:
    """Find what was named; `finder` is needed where there are photos.

    Raises UsageError, InputError for what names nothing, several things, or cannot be read.
    """
    if not about.words:
        raise UsageError("nothing was named", remedy="name a person, record, item, URL, hash or photo")
    among = statements.named(connection, about.source) if about.source is not None else None
    into = _Collecting()
    into.people += [_person(connection, ref, among, unknown=about.unknown) for ref in about.persons]
    into.people += [_record(connection, record_id, about.source) for record_id in about.records]
    for name in about.items:
        _item(connection, name, into)
    into.targets += [Target(TargetKind.ADDRESS, _address(url)) for url in about.urls]
    for digits in about.hashes:
        _hash(connection, digits, into)
    for path in about.photos:
        assert finder is not None
        _photo(connection, path, finder, into)
    into.targets += [
        Target(TargetKind.COLLECTION, place=str(find_collection(connection, name))) for name in about.collections
    ]
    into.targets += [Target(TargetKind.JURISDICTION, place=_jurisdiction(code)) for code in about.jurisdictions]
    return Found(
        tuple(into.people),
        frozenset(into.contents),
        tuple(into.targets),
        tuple(into.pictures),
        tuple(into.maybe),
        about.request,
    )


def _person(connection: Connection, ref: str, among: Version | None, *, unknown: bool) -> Concerned:
    problem = ref_problem(ref)
    if problem is not None:
        raise UsageError(f"{ref[:_SHOWN]} is no pseudonym: {problem}", remedy="name the pseudonym of the register")
    person = schema.person.c
    if not unknown and connection.execute(sa.select(person.id).where(person.ref == ref)).first() is None:
        near = connection.execute(sa.select(person.ref).where(person.loose == loose_ref(ref)).order_by(person.ref))
        alike = ", ".join(near.scalars())
        raise UsageError(
            f"no image or record of the ledger names {ref}",
            remedy=f"did you mean {alike}?" if alike else "check it, or file it for images to come with --unknown",
        )
    return Concerned(ref, among)


def _record(connection: Connection, record_id: str, source: str | None) -> Concerned:
    version = statements.holding(connection, record_id, source)
    record, scope = schema.record.c, schema.scope.c
    row = connection.execute(
        sa.select(record.id, record.header, schema.person.c.ref)
        .join(schema.person, schema.person.c.id == record.person_id)
        .where(record.source_id == version.source_id, record.record_id == record_id)
        .order_by(record.id.desc())
    ).first()
    if row is None:
        raise UsageError(f"{version.name} holds no record {record_id}", remedy="check the id and the source")
    named = connection.execute(
        sa.select(scope.kind, scope.collection_id, scope.value).where(scope.record == row.id)
    ).all()
    header: dict[str, Any] = json.loads(row.header)
    return Concerned(
        row.ref,
        version if version.kind is not SourceKind.REQUEST else None,
        tuple(Purpose(purpose) for purpose in header.get("purposes", ())),
        tuple((one.collection_id, one.value) for one in named if one.kind == "item"),
        tuple(one.value for one in named if one.kind == "source"),
    )


def _item(connection: Connection, name: str, into: _Collecting) -> None:
    number, collection = find_item(connection, name)
    item = schema.item.c
    row = connection.execute(sa.select(item.key, item.content_id).where(item.id == number)).one()
    if row.content_id is not None:
        into.contents.add(row.content_id)
    if row.content_id is None or not comparable(connection, [row.content_id]):
        # Other bytes of it cannot be known by the picture, so its name is kept out.
        into.targets.append(Target(TargetKind.ITEM, display(bytes(row.key)), str(collection)))


def _address(url: str) -> str:
    normal = normalised(url)
    if normal is None:
        raise UsageError(f"{url[:_SHOWN]} is no absolute address", remedy="write it with its scheme, such as https://")
    return normal


def _hash(connection: Connection, digits: str, into: _Collecting) -> None:
    if not _SHA256.fullmatch(digits):
        raise UsageError(f"{digits[:_SHOWN]} is no SHA-256", remedy="write its 64 hexadecimal digits")
    digest = bytes.fromhex(digits)
    content = schema.content.c
    found = connection.execute(sa.select(content.id).where(content.sha256 == digest)).scalar()
    if found is not None:
        into.contents.add(found)
    else:
        into.pictures.append(Picture(digest))


def _photo(connection: Connection, path: Path, finder: Finder, into: _Collecting) -> None:
    data = read_photo(path)
    wholes, parts = turned_and_cut(data)
    into.pictures.append(Picture(sha256(data).digest(), wholes, parts))
    item = schema.item.c
    for match in finder.matches(data):
        if match.same_bytes or match.tier == MATCH:
            content = connection.execute(sa.select(item.content_id).where(item.id == match.item_id)).scalar_one()
            into.contents.add(content)
        else:
            into.maybe.append(f"{match.collection}/{match.item} ({match.distance} bits from {path.name})")


def _jurisdiction(code: str) -> str:
    if not is_jurisdiction(code):
        raise UsageError(f"{code[:_SHOWN]} is no jurisdiction", remedy="write an ISO 3166 code, EU or EU-AIA")
    return code


def images_named(connection: Connection, found: Found) -> list[int]:
    """Every row of an image that is named: by its people, its bytes or its picture, its name, or where it came from."""
    item, shown, person = schema.item.c, schema.depiction.c, schema.person.c
    images: set[int] = set()
    for one in found.people:
        query = sa.select(shown.item_id).join(schema.person, person.id == shown.person_id).where(person.ref == one.ref)
        images.update(connection.execute(query).scalars())
    for content in found.contents:
        images.update(connection.execute(sa.select(item.id).where(item.content_id == content)).scalars())
    for target in found.targets:
        if target.kind is TargetKind.ITEM:
            of = sa.and_(unindexed(item.collection_id) == int(target.place), item.key == key_of(target.value))
            images.update(connection.execute(sa.select(item.id).where(of)).scalars())
    named = [target.value for target in found.targets if target.kind is TargetKind.ADDRESS]
    wanted = {spelt for prefix in named for spelt in either_scheme(prefix)}
    if wanted:
        everything = (1, next_id(connection, schema.item) - 1)
        known = addresses(connection, everything)
        images.update(number for number, url in known if not wanted.isdisjoint(prefixes(url)))
    return sorted(images)
