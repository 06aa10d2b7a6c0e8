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
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal

from provenance.errors import PackError
from provenance.input_file import open_regular
from provenance.vocabulary import ADULT_AGE, UNKNOWN_JURISDICTION, LawfulBasis, NonBasis, Purpose

CONSENTS: Final = (LawfulBasis.CONSENT, LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.GUARDIAN_CONSENT)
"""The bases by which a pack shows that its law takes consent."""

_MAX_BYTES: Final = 64 * 1024
_MAX_PACKS: Final = 500
_MAX_ANCESTORS: Final = 4
_ID: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")

_STRICT: Final = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class RecognisedBasis:
    """A basis that the law of a jurisdiction knows. `verified` is False until somebody read the official text."""

    __pydantic_config__: ClassVar = _STRICT

    basis: LawfulBasis
    citation: str
    verified: bool


@dataclass(frozen=True, slots=True)
class PublicClass:
    """A closed class of information that a law calls publicly available, and what has to be shown for it."""

    __pydantic_config__: ClassVar = _STRICT

    id: str
    condition: Literal["evidence", "purpose", "never_a_photo"]
    related_purposes: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicRule:
    """What a law says of information that can be found in public. It leads to a human at best.

    `contested_claims` are the claims that a person must judge here; all others are refused unless they fit one of
    `classes`.
    """

    __pydantic_config__: ClassVar = _STRICT

    rule: Literal["none", "narrow", "contested", "exclusion", "broad_exclusion", "via_legitimate_interest"]
    note: str
    citation: str
    verified: bool
    contested_claims: tuple[NonBasis | LawfulBasis, ...] = ()
    classes: tuple[PublicClass, ...] = ()


@dataclass(frozen=True, slots=True)
class MinorRule:
    """From which age a person signs alone, and who signs below it. No age means a test of capacity."""

    __pydantic_config__: ClassVar = _STRICT

    signer: str
    statutory: bool
    citation: str
    verified: bool
    self_consent_age: int | None = None
    signatures: int = 1

    @property
    def consent_age(self) -> int:
        """The age that counts: 18 where the law tests capacity, which no software can."""
        return ADULT_AGE if self.self_consent_age is None else self.self_consent_age


@dataclass(frozen=True, slots=True)
class DeclarationDuty:
    """A biometric database has to be declared to a regulator some days before it is put into service."""

    __pydantic_config__: ClassVar = _STRICT

    to: str
    days_before_service: int


@dataclass(frozen=True, slots=True)
class FaceRule:
    """What a law asks once faces are measured."""

    __pydantic_config__: ClassVar = _STRICT

    trigger: str
    citation: str
    verified: bool
    written_release: bool = False
    declaration: DeclarationDuty | None = None


@dataclass(frozen=True, slots=True)
class SensitiveRule:
    """Whether specially protected facts need a condition beside the basis (GDPR Art. 9 and its like)."""

    __pydantic_config__: ClassVar = _STRICT

    condition_required: bool = False
    citation: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawalRule:
    """Where a law says that consent can be taken back, or a use objected to."""

    __pydantic_config__: ClassVar = _STRICT

    citation: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """What this package applies of one jurisdiction's law.

    `kind` is "constraint" for a law that only forbids (the EU AI Act): it never judges a basis, and an image for
    which nothing else is known is judged by the strictest rules. `review_by` is the day after which somebody has to
    look at the pack again. `in_force` may lie ahead; the pack is applied all the same and its findings say so.
    """

    __pydantic_config__: ClassVar = _STRICT

    id: str
    name: str
    law: str
    sources: tuple[str, ...]
    version: str
    review_by: date
    in_force: date
    public: PublicRule
    minors: MinorRule
    faces: FaceRule
    bases: tuple[RecognisedBasis, ...] = ()
    sensitive: SensitiveRule = field(default_factory=SensitiveRule)
    withdrawal: WithdrawalRule = field(default_factory=WithdrawalRule)
    kind: Literal["law", "constraint"] = "law"
    inherits: str | None = None
    notes: tuple[str, ...] = ()

    def lists(self, *bases: LawfulBasis) -> bool:
        """Whether this law names one of the bases."""
        return any(entry.basis in bases for entry in self.bases)

    def cite(self, section: str, basis: str) -> str:
        """The pack's own citation for a section, marked where nobody has verified it; "" where it has none."""
        if section == "law":
            return self.law
        if section in {"bases", "consent"}:
            wanted = CONSENTS if section == "consent" or basis in CONSENTS else (basis,)
            exact = [entry for entry in self.bases if entry.basis == basis]
            entries = exact or [entry for entry in self.bases if entry.basis in wanted]
            return _marked(entries[0].citation, verified=entries[0].verified) if entries else ""
        rules: dict[str, PublicRule | MinorRule | FaceRule | SensitiveRule | WithdrawalRule] = {
            "public": self.public,
            "minors": self.minors,
            "faces": self.faces,
            "sensitive": self.sensitive,
            "withdrawal": self.withdrawal,
        }
        rule = rules.get(section)
        return _marked(rule.citation, verified=rule.verified) if rule and rule.citation else ""


def _marked(citation: str, *, verified: bool) -> str:
    return citation if verified else f"{citation} (not verified)"


@dataclass(frozen=True, slots=True)
class PackSet:
    """All packs of one gate run. `strictest` is the union of every demand, for a jurisdiction that is not known.

    `digest` (SHA-256, hexadecimal) changes with any fact of any pack and with nothing else.
    """

    packs: Mapping[str, Pack]
    strictest: Pack
    digest: str

    def __getitem__(self, jurisdiction: str) -> Pack:
        return self.packs[jurisdiction]

    def get(self, jurisdiction: str) -> Pack | None:
        """The pack of a jurisdiction, or None where none is held."""
        return self.packs.get(jurisdiction)

    def __iter__(self) -> Iterator[Pack]:
        return iter(self.packs.values())

    def __len__(self) -> int:
        return len(self.packs)


def load_packs(folder: Path | None = None) -> PackSet:
    """The packs that ship with this package and those of the user's own folder, which may add or replace.

    A file `XX.toml` holds the pack whose `id` is XX. With `inherits = "EU"` it takes over what it does not set
    itself. Raises PackError that names the file, the key and the value, and says what to do.

    >>> load_packs()["EU-DE"].minors.consent_age
    16
    """
    return _shipped() if folder is None else _assemble({**_shipped_tables(), **_read_folder(folder)})


@cache
def _shipped() -> PackSet:
    return _assemble(_shipped_tables())


@cache
def _shipped_tables() -> dict[str, _Source]:
    with as_file(files("provenance.policy").joinpath("packs")) as folder:
        return _read_folder(folder)


@dataclass(frozen=True, slots=True)
class _Source:
    """A pack as its file says it, before inheritance."""

    file: str
    table: Mapping[str, Any]


def _read_folder(folder: Path) -> dict[str, _Source]:
    if not folder.is_dir():
        raise PackError(f"{folder} is not a folder of packs", remedy="name a folder that holds files such as CA.toml")
    paths = sorted(folder.glob("*.toml"))
    if len(paths) > _MAX_PACKS:
        raise PackError(f"{folder} holds {len(paths)} packs, at most {_MAX_PACKS} are read", remedy="remove some")
    return {path.stem: _Source(str(path), _read(path)) for path in paths}


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


def _assemble(sources: Mapping[str, _Source]) -> PackSet:
    packs = {code: _check(source, _inherited(code, sources)) for code, source in sorted(sources.items())}
    laws = [pack for pack in packs.values() if pack.kind == "law"]
    if not laws:
        raise PackError("no pack with a law of its own is left", remedy="keep the packs that ship with the package")
    text = json.dumps({code: _inherited(code, sources) for code in packs}, sort_keys=True, default=str)
    return PackSet(MappingProxyType(packs), _strictest(laws), hashlib.sha256(text.encode()).hexdigest())


def _inherited(code: str, sources: Mapping[str, _Source], *, depth: int = 0) -> dict[str, Any]:
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


def _check(source: _Source, table: Mapping[str, Any]) -> Pack:
    from pydantic import ValidationError

    try:
        pack: Pack = _adapter().validate_python(table)
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
    }
    for fault, found in faults.items():
        if found:
            raise PackError(f"{source.file}: {fault}", remedy="correct it; docs/policy.md describes every key")
    return pack


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Pack)


def _strictest(laws: Iterable[Pack]) -> Pack:
    """Every demand of every law at once: only what all of them recognise, the highest age, each formality."""
    packs = list(laws)
    declarations = [pack.faces.declaration for pack in packs if pack.faces.declaration]
    common = [
        RecognisedBasis(basis, "", verified=False)
        for basis in LawfulBasis
        if all(_takes(pack, basis) for pack in packs)
    ]
    first = packs[0]
    return replace(
        first,
        id=UNKNOWN_JURISDICTION,
        name="all known jurisdictions together",
        law="",
        sources=(),
        version="+".join(sorted({pack.version for pack in packs})),
        review_by=min(pack.review_by for pack in packs),
        in_force=min(pack.in_force for pack in packs),
        bases=tuple(common),
        public=PublicRule("none", "", "", verified=False),
        minors=MinorRule(
            signer="parent or guardian",
            statutory=False,
            citation="",
            verified=False,
            self_consent_age=max(pack.minors.consent_age for pack in packs),
            signatures=max(pack.minors.signatures for pack in packs),
        ),
        faces=FaceRule(
            trigger="any measurement of a face",
            citation="",
            verified=False,
            written_release=any(pack.faces.written_release for pack in packs),
            declaration=max(declarations, key=lambda duty: (duty.days_before_service, duty.to), default=None),
        ),
        sensitive=SensitiveRule(condition_required=any(pack.sensitive.condition_required for pack in packs)),
        withdrawal=WithdrawalRule(),
        inherits=None,
        notes=(),
    )


def _takes(pack: Pack, basis: LawfulBasis) -> bool:
    """Whether a law recognises a basis, seen that explicit consent serves wherever consent does."""
    if basis in (LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.GUARDIAN_CONSENT):
        return pack.lists(*CONSENTS)
    return pack.lists(basis)
