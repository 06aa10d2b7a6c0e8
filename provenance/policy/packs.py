"""Jurisdiction packs: one file a jurisdiction, read and checked. Adding one touches no code.

>>> load_packs()["CA-QC"].minors.consent_age
14
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from provenance.adapters import adapter
from provenance.errors import PackError
from provenance.files import open_regular
from provenance.policy.pack import (
    CONSENTS,
    BreachRule,
    FaceRule,
    MinorRule,
    Pack,
    PublicRule,
    RecognisedBasis,
    RequestRule,
    RetentionRule,
    SensitiveRule,
    Source,
    WithdrawalRule,
)
from provenance.policy.purposes import load_purposes
from provenance.private_files import require_own
from provenance.vocabulary import (
    ADULT_AGE,
    UNKNOWN_JURISDICTION,
    LawfulBasis,
    canonical_jurisdiction,
    jurisdiction_and_wholes,
)

_MAX_BYTES: Final = 64 * 1024
_MAX_PACKS: Final = 500
_MAX_ANCESTORS: Final = 4
_MOST_OF_A_TERM: Final = 10_000
"""Years, months, days or hours: beyond it a date would be none."""
_ID: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")


@dataclass(frozen=True, slots=True)
class PackSet:
    """All packs of one gate run. `strictest` is the union of every demand, for a jurisdiction that is not known.

    `digest` (SHA-256, hexadecimal) changes with any fact of any pack and with nothing else.
    """

    packs: Mapping[str, Pack]
    strictest: Pack
    digest: str

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickled, (dict(self.packs), self.strictest, self.digest)

    def __getitem__(self, jurisdiction: str) -> Pack:
        return self.packs[jurisdiction]

    def get(self, jurisdiction: str) -> Pack | None:
        """The pack of a jurisdiction, or None where none is held."""
        return self.packs.get(jurisdiction)

    def applying(self, jurisdiction: str) -> tuple[str, Pack]:
        """The pack that judges a jurisdiction, under its name: its own, that of its whole, or the union of all.

        >>> load_packs().applying("CA-ON")[0], load_packs().applying("DE-BY")[0], load_packs().applying("NZ")[0]
        ('CA', 'EU-DE', 'NZ')
        """
        for place in jurisdiction_and_wholes(jurisdiction):
            if place in self.packs:
                return place, self.packs[place]
        return canonical_jurisdiction(jurisdiction), self.strictest

    def __iter__(self) -> Iterator[Pack]:
        return iter(self.packs.values())

    def __len__(self) -> int:
        return len(self.packs)


def _unpickled(packs: dict[str, Pack], strictest: Pack, digest: str) -> PackSet:
    return PackSet(MappingProxyType(packs), strictest, digest)


def load_packs(folder: Path | None = None) -> PackSet:
    """The packs that ship with this package and those of the user's own folder, which may add or replace.

    A file `XX.toml` holds the pack whose `id` is XX. With `inherits = "EU"` it takes over what it does not set
    itself. Raises PackError that names the file, the key and the value, and says what to do; UntrustedFile where
    another user may write the folder or a pack in it.

    >>> load_packs()["EU-DE"].minors.consent_age
    16
    """
    if folder is None:
        return _shipped()
    own = _read_folder(folder)
    for file in own.values():
        require_own(Path(file.file), "the pack")
    return _assemble({**_shipped_tables(), **own})


@cache
def _shipped() -> PackSet:
    return _assemble(_shipped_tables())


@cache
def _shipped_tables() -> dict[str, _File]:
    with as_file(files("provenance.policy").joinpath("packs")) as folder:
        return _read_folder(folder)


@dataclass(frozen=True, slots=True)
class _File:
    """A pack as its file says it, before inheritance."""

    file: str
    table: Mapping[str, Any]


def _read_folder(folder: Path) -> dict[str, _File]:
    if not folder.is_dir():
        raise PackError(f"{folder} is not a folder of packs", remedy="name a folder that holds files such as CA.toml")
    paths = sorted(folder.glob("*.toml"))
    if len(paths) > _MAX_PACKS:
        raise PackError(f"{folder} holds {len(paths)} packs, at most {_MAX_PACKS} are read", remedy="remove some")
    return {path.stem: _File(str(path), _read(path)) for path in paths}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with open_regular(path) as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise PackError(f"{path} is larger than {_MAX_BYTES} bytes", remedy="a pack is a short file")
        table = tomllib.loads(data.decode())
    except OSError as error:
        raise PackError(f"{path} cannot be read: {error.strerror}", remedy="check the file's permissions") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(f"{path} is not TOML: {error}", remedy="correct the file") from error
    if table.get("id") != path.stem or not _ID.fullmatch(path.stem):
        raise PackError(
            f"{path}: id: {table.get('id')!r} is not the file's name",
            remedy="name the file after its jurisdiction in capitals, such as NZ.toml with the id NZ",
        )
    return table


def _assemble(sources: Mapping[str, _File]) -> PackSet:
    packs = {code: _check(source, _inherited(code, sources)) for code, source in sorted(sources.items())}
    laws = [pack for pack in packs.values() if pack.kind == "law"]
    if not laws:
        raise PackError("no pack with a law of its own is left", remedy="keep the packs that ship with the package")
    text = json.dumps({code: _inherited(code, sources) for code in packs}, sort_keys=True, default=str)
    prohibited = {zone for pack in packs.values() for zone in pack.prohibits}
    strictest = replace(_strictest(laws), prohibits=tuple(sorted(prohibited)))
    return PackSet(MappingProxyType(packs), strictest, hashlib.sha256(text.encode()).hexdigest())


def _inherited(code: str, sources: Mapping[str, _File], *, depth: int = 0) -> dict[str, Any]:
    """A pack's table over its parent's: whole keys replace, sections are merged key by key."""
    source = sources[code]
    parent = source.table.get("inherits")
    if parent is None:
        return dict(source.table)
    if not isinstance(parent, str) or parent not in sources or depth >= _MAX_ANCESTORS:
        raise PackError(
            f"{source.file}: inherits: {parent!r} is not a pack that can be inherited from here",
            remedy="name a pack that exists and does not itself inherit from this one",
        )
    merged = _inherited(parent, sources, depth=depth + 1)
    merged.pop("notes", None)
    for key, value in source.table.items():
        below = merged.get(key)
        merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _check(source: _File, table: Mapping[str, Any]) -> Pack:
    from pydantic import ValidationError

    try:
        pack = adapter(Pack).validate_python(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        value = repr(first["input"])[:80]
        raise PackError(
            f"{source.file}: {key}: {first['msg']}: {value}", remedy="correct it; docs/policy.md describes every key"
        ) from error
    faults = {
        "bases: a law needs at least one": pack.kind == "law" and not pack.bases,
        "bases: a constraint names none": pack.kind == "constraint" and bool(pack.bases),
        f"minors.self_consent_age: not an age from 1 to {ADULT_AGE}: {pack.minors.self_consent_age}": not (
            1 <= pack.minors.consent_age <= ADULT_AGE
        ),
        f"minors.signatures: not 1 or more: {pack.minors.signatures}": pack.minors.signatures < 1,
        "version: empty": not pack.version,
        **{f"{section}.citation: missing": not source.citation for section, source in _cited(pack)},
        **{f"{name}: not 1 to {_MOST_OF_A_TERM:,}": _is_no_term(value) for name, value in _terms(pack)},
        f"prohibits: no zone of the purposes: {', '.join(pack.prohibits)}": not _zones().issuperset(pack.prohibits),
    }
    for fault, found in faults.items():
        if found:
            raise PackError(f"{source.file}: {fault}", remedy="correct it; docs/policy.md describes every key")
    return pack


def _terms(pack: Pack) -> Iterator[tuple[str, int | None]]:
    """The terms of a pack; None where it sets none."""
    yield "retention.faces_years", pack.retention.faces_years
    yield "requests.answer_days", pack.requests.answer_days
    yield "requests.extension_days", pack.requests.extension_days
    yield "breaches.report_hours", pack.breaches.report_hours
    yield "breaches.keep_months", pack.breaches.keep_months


def _is_no_term(value: int | None) -> bool:
    return value is not None and not 1 <= value <= _MOST_OF_A_TERM


def _cited(pack: Pack) -> Iterator[tuple[str, Source]]:
    """The entries that need a citation."""
    yield from ((f"bases.{place}", entry) for place, entry in enumerate(pack.bases))
    yield from (("public", pack.public), ("minors", pack.minors), ("faces", pack.faces))


@cache
def _zones() -> frozenset[str]:
    return frozenset(zone.name for zone in load_purposes().prohibited if zone.by_pack)


def _strictest(laws: Iterable[Pack]) -> Pack:
    """Every demand of every law at once: only what all of them recognise, the highest age, each formality."""
    packs = list(laws)
    declarations = [pack.faces.declaration for pack in packs if pack.faces.declaration]
    protecting = [set(pack.sensitive.conditions) for pack in packs if pack.sensitive.condition_required]
    return replace(
        packs[0],
        id=UNKNOWN_JURISDICTION,
        name="all known jurisdictions together",
        law="",
        sources=(),
        version="+".join(sorted({pack.version for pack in packs})),
        review_by=min(pack.review_by for pack in packs),
        in_force=min(pack.in_force for pack in packs),
        bases=tuple(
            RecognisedBasis(basis=basis) for basis in LawfulBasis if all(_takes(pack, basis) for pack in packs)
        ),
        public=PublicRule(rule="none", note=""),
        minors=MinorRule(
            signer="parent or guardian",
            statutory=False,
            self_consent_age=max(pack.minors.consent_age for pack in packs),
            signatures=max(pack.minors.signatures for pack in packs),
        ),
        faces=FaceRule(
            trigger="any measurement of a face",
            regulated=any(pack.faces.regulated for pack in packs),
            written_release=any(pack.faces.written_release for pack in packs),
            declaration=max(declarations, key=lambda duty: (duty.days_before_service, duty.to), default=None),
        ),
        sensitive=SensitiveRule(
            condition_required=bool(protecting),
            conditions=tuple(sorted(set.intersection(*protecting))) if protecting else (),
        ),
        withdrawal=WithdrawalRule(),
        retention=RetentionRule(
            faces_years=min((pack.retention.faces_years for pack in packs if pack.retention.faces_years), default=None)
        ),
        requests=RequestRule(
            answer_days=min((pack.requests.answer_days for pack in packs if pack.requests.answer_days), default=None)
        ),
        breaches=BreachRule(
            report_hours=min(
                (pack.breaches.report_hours for pack in packs if pack.breaches.report_hours), default=None
            ),
            keep_months=max((pack.breaches.keep_months for pack in packs if pack.breaches.keep_months), default=None),
        ),
        inherits=None,
        notes=(),
    )


def _takes(pack: Pack, basis: LawfulBasis) -> bool:
    """Whether a law recognises a basis, seen that explicit consent serves wherever consent does."""
    if basis in (LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.GUARDIAN_CONSENT):
        return pack.lists(*CONSENTS)
    return pack.lists(basis)
