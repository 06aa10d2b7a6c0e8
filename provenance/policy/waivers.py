"""Waivers: a person with a name takes a finding upon themself, for a reason, for a time, under one setting.

A waiver is for one finding, by its fingerprint, or for a code with the items for which it is waived. The second kind
says for which `purpose`, whom it also covers as `recipients`, and whether it covers measured faces (`face_templates`);
what it leaves out it does not cover. What `reasons.toml` marks as not overridable nobody can waive.
`policy.overrides` applies what is read here.

>>> waivers = parse_waivers(b'''
... [[waiver]]
... code = "LICENCE_MISSING"
... items = ["archive/"]
... purpose = "MODEL_TRAINING"
... reason = "our own archive, no licence needed"
... approver = "J. Morin, counsel"
... ticket = "LEGAL-77"
... date = 2026-10-01
... expires = 2027-01-31
... ''', "waivers.toml", load_reasons())
>>> waivers.entries[0].ticket
'LEGAL-77'
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

from provenance.armour import unarmoured
from provenance.errors import PackError
from provenance.files import open_regular
from provenance.keys import display, key_of, path_problem
from provenance.placeholders import is_placeholder, is_reference, names_somebody
from provenance.policy.reasons import ReasonCatalogue, load_reasons
from provenance.private_files import require_own
from provenance.proofs.decisions import waiver_statement
from provenance.vocabulary import Purpose, is_jurisdiction

MAX_DAYS: Final = 180
"""A waiver ends at most this many days after its date."""

MAX_BYTES: Final = 4 << 20
"""4 MiB: a longer file of waivers is refused."""

FINGERPRINT_DIGITS: Final = 32
"""Hexadecimal digits of a finding's fingerprint."""

_HEXADECIMAL: Final = "0123456789abcdef"
_MAX_ENTRIES: Final = 10_000
_MAX_TEXT: Final = 2_000
_TEXTS: Final = ("reason", "approver", "ticket")
_SIGNATURE: Final = "signature"
_DAYS: Final = ("date", "expires")
_SCOPE: Final = ("items", "jurisdictions", "purpose", "recipients", "face_templates")
_KEYS: Final = ("finding", "code", *_SCOPE, *_TEXTS, *_DAYS, _SIGNATURE)
_MEANINGS: Final = {
    "finding": "The fingerprint of one finding, as `provenance explain` prints it.",
    "code": "What is waived for the items.",
    "items": "Names of images, KEY or COLLECTION/KEY, or of folders, which end in /.",
    "jurisdictions": "Only under these laws.",
    "purpose": "Only for this purpose.",
    "recipients": "Only where no others receive the dataset.",
    "face_templates": "True: also where faces are measured.",
    "reason": "Why.",
    "approver": "The person who takes it upon themself.",
    "ticket": "Where it is filed.",
    "date": "The first day on which it counts.",
    "expires": f"The last day, at most {MAX_DAYS} days later.",
    "signature": "What `provenance review sign` makes of the entry by the key of the approver's account.",
}
_Day: TypeAlias = date
_Wrong: TypeAlias = Callable[[str, str], PackError]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry: either the fingerprint of one finding, or a code with the items for which it is waived.

    `items` are names in a collection, `KEY` or `COLLECTION/KEY`, or folders that end in `/`; `jurisdictions` narrow it
    further where any is named. `purpose` is None where the entry names none. It is in force from `date` to `expires`,
    both days (UTC) included. `place` is its position in the file, from 1; `digest` (SHA-256, hexadecimal) names the
    entry by what it says, wherever it stands. `statement` is what its `signature` is of, empty where it has none, and
    `fault` why that counts for nothing.
    """

    place: int
    digest: str
    reason: str
    approver: str
    ticket: str
    date: _Day
    expires: _Day
    finding: str | None = None
    code: str | None = None
    items: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    purpose: Purpose | None = None
    recipients: tuple[str, ...] = ()
    face_templates: bool = False
    statement: bytes = b""
    signature: bytes = b""
    fault: str = ""

    def in_force(self, at: datetime) -> bool:
        """Whether the waiver counts at a clock."""
        return self.date <= at.astimezone(UTC).date() <= self.expires


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of one file; `digest` is the SHA-256 of its bytes, for the record of the gate."""

    source: str
    digest: bytes
    entries: tuple[Waiver, ...]
    by_finding: Mapping[str, tuple[Waiver, ...]]
    by_code: Mapping[str, tuple[Waiver, ...]]

    @classmethod
    def of(cls, source: str, digest: bytes, entries: tuple[Waiver, ...]) -> Self:
        """The waivers of a file, found by their finding or their code."""
        return cls(
            source,
            digest,
            entries,
            _grouped((waiver.finding, waiver) for waiver in entries if waiver.finding is not None),
            _grouped((waiver.code, waiver) for waiver in entries if waiver.finding is None and waiver.code is not None),
        )


def read_waivers(path: str | Path, reasons_catalogue: ReasonCatalogue | None = None) -> Waivers:
    """Read a file of waivers. Raises PackError that names the file, the entry, the key and the value.

    Raises UntrustedFile where another user may write it.

    >>> read_waivers("waivers.toml")  # doctest: +SKIP
    """
    require_own(Path(path), "the file of waivers")
    try:
        with open_regular(path) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise PackError(f"{path} cannot be read: {error.strerror}", remedy="check the path") from error
    return parse_waivers(data, str(path), reasons_catalogue or load_reasons())


def parse_waivers(data: bytes, source: str, reasons_catalogue: ReasonCatalogue) -> Waivers:
    """Check the bytes of a file of waivers. Raises PackError as `read_waivers` does."""
    if len(data) > MAX_BYTES:
        raise PackError(f"{source} is longer than {MAX_BYTES} bytes", remedy="waive less")
    try:
        table = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(f"{source} is not TOML: {error}", remedy="correct the file") from error
    entries = table.pop("waiver", [])
    if table or not isinstance(entries, list) or len(entries) > _MAX_ENTRIES:
        raise PackError(
            f"{source}: {min(table, default='waiver')}: only [[waiver]] entries may stand here, at most {_MAX_ENTRIES}",
            remedy="docs/waivers.md shows an entry",
        )
    checked = tuple(_checked(entry, place, source, reasons_catalogue) for place, entry in enumerate(entries, 1))
    return Waivers.of(source, hashlib.sha256(data).digest(), checked)


def json_schema(reasons_catalogue: ReasonCatalogue | None = None) -> dict[str, Any]:
    """The JSON Schema of a file of waivers. That an entry ends in time is checked on reading.

    >>> json_schema()["properties"]["waiver"]["items"]["required"]
    ['reason', 'approver', 'ticket', 'date', 'expires']
    """
    text = {"type": "string", "minLength": 1, "maxLength": _MAX_TEXT}
    day = {"type": "string", "format": "date"}
    codes = [rule.code for rule in reasons_catalogue or load_reasons() if rule.overridable]
    fields: dict[str, Any] = {
        "finding": {"type": "string", "pattern": f"^[0-9a-fA-F]{{{FINGERPRINT_DIGITS}}}$"},
        "code": {"type": "string", "enum": codes},
        "items": {"type": "array", "items": text, "minItems": 1},
        "jurisdictions": {"type": "array", "items": text, "minItems": 1},
        "purpose": {"type": "string", "enum": [purpose.value for purpose in Purpose]},
        "recipients": {"type": "array", "items": text, "minItems": 1},
        "face_templates": {"type": "boolean"},
        **dict.fromkeys(_TEXTS, text),
        **dict.fromkeys(_DAYS, day),
        _SIGNATURE: text,
    }
    told = {name: {"description": _MEANINGS[name], **fields[name]} for name in _KEYS}
    of_a_finding = {"required": ["finding"], "not": {"anyOf": [{"required": [name]} for name in _SCOPE]}}
    entry = {
        "type": "object",
        "properties": told,
        "required": [*_TEXTS, *_DAYS],
        "additionalProperties": False,
        "anyOf": [of_a_finding, {"required": ["code", "items"], "not": {"required": ["finding"]}}],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "waivers",
        "description": "A file of waivers: findings that somebody took upon themself, in TOML.",
        "type": "object",
        "properties": {"waiver": {"type": "array", "items": entry, "maxItems": _MAX_ENTRIES}},
        "additionalProperties": False,
    }


def _checked(entry: Any, place: int, source: str, reasons_catalogue: ReasonCatalogue) -> Waiver:
    def wrong(key: str, problem: str) -> PackError:
        return PackError(f"{source}: waiver {place}: {key}: {problem}", remedy="docs/waivers.md shows an entry")

    if not isinstance(entry, dict):
        raise wrong("waiver", "an entry is a table")
    for key in sorted(entry.keys() - set(_KEYS)):
        raise wrong(key, f"there is no such key; the keys are {', '.join(_KEYS)}")
    _check_target(entry, wrong, reasons_catalogue)
    _check_person_and_time(entry, wrong)
    _check_setting(entry, wrong)
    said = {key: value for key, value in entry.items() if key != _SIGNATURE}
    canonical = json.dumps(said, sort_keys=True, default=str)
    return Waiver(
        place=place,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        finding=entry["finding"].lower() if "finding" in entry else None,
        code=entry.get("code"),
        items=tuple(_name(item, wrong) for item in entry.get("items", ())),
        jurisdictions=tuple(entry.get("jurisdictions", ())),
        purpose=Purpose(entry["purpose"]) if "purpose" in entry else None,
        recipients=tuple(entry.get("recipients", ())),
        face_templates=entry.get("face_templates", False),
        statement=waiver_statement(said),
        signature=_signature(entry, wrong),
        **{key: entry[key] for key in (*_TEXTS, *_DAYS)},
    )


def _signature(entry: Mapping[str, Any], wrong: _Wrong) -> bytes:
    if _SIGNATURE not in entry:
        return b""
    try:
        return unarmoured(str(entry[_SIGNATURE]))
    except ValueError as error:
        raise wrong(_SIGNATURE, str(error)) from None


def _check_person_and_time(entry: Mapping[str, Any], wrong: _Wrong) -> None:
    """A named person, their reason and ticket, and a time that ends."""
    for key in _TEXTS:
        if not _is_text(entry.get(key)):
            raise wrong(key, f"a text is needed, not {entry.get(key)!r:.80}")
    if not names_somebody(entry["approver"]):
        raise wrong("approver", f"a person is needed, and {entry['approver']!r:.80} is nobody")
    for key in ("reason", "ticket"):
        if is_placeholder(entry[key]):
            raise wrong(key, f"{entry[key]!r:.80} says nothing")
    for key in _DAYS:
        if not _is_day(entry.get(key)):
            raise wrong(key, f"a date such as 2026-11-22 is needed, not {entry.get(key)!r:.80}")
    if not timedelta(0) <= entry["expires"] - entry["date"] <= timedelta(days=MAX_DAYS):
        raise wrong("expires", f"{entry['expires']} is not within {MAX_DAYS} days after {entry['date']}")


def _check_target(entry: Mapping[str, Any], wrong: _Wrong, reasons_catalogue: ReasonCatalogue) -> None:
    """Exactly one of a fingerprint and a scope, and no code that nobody can waive."""
    finding, code = entry.get("finding"), entry.get("code")
    if finding is not None:
        if (
            not _is_text(finding)
            or len(finding) != FINGERPRINT_DIGITS
            or set(finding.lower()) - set("0123456789abcdef")
        ):
            raise wrong("finding", f"{FINGERPRINT_DIGITS} hexadecimal digits are needed, not {finding!r:.80}")
        for key in _SCOPE:
            if key in entry:
                raise wrong(key, "a finding names its image, its law and its setting itself")
    elif code is None or "items" not in entry:
        raise wrong("finding", "either finding, or code with items, has to say what is waived")
    if code is None:
        return
    rules = {rule.code: rule for rule in reasons_catalogue}
    if not isinstance(code, str) or code not in rules:
        raise wrong("code", f"there is no reason code {code!r:.80}")
    if not rules[code].overridable:
        raise wrong("code", f"{code} ({rules[code].number}) cannot be waived by anybody")


def _check_setting(entry: Mapping[str, Any], wrong: _Wrong) -> None:
    """Where and for what it holds. A list that is empty or holds a placeholder would limit nothing, or anything."""
    for key in ("items", "jurisdictions", "recipients"):
        if key in entry and not (isinstance(entry[key], list) and entry[key] and all(map(_is_text, entry[key]))):
            raise wrong(key, f"a list of texts is needed, not {entry[key]!r:.80}")
    for name in entry.get("recipients", ()):
        if not is_reference(name):
            raise wrong("recipients", f"{name!r:.80} is nobody")
    for code in entry.get("jurisdictions", ()):
        if not is_jurisdiction(code):
            raise wrong("jurisdictions", f"there is no jurisdiction {code!r:.80}")
    if "purpose" in entry and entry["purpose"] not in tuple(Purpose):
        raise wrong("purpose", f"there is no purpose {entry['purpose']!r:.80}; they are {', '.join(Purpose)}")
    if "face_templates" in entry and not isinstance(entry["face_templates"], bool):
        raise wrong("face_templates", f"true or false is needed, not {entry['face_templates']!r:.80}")


def _name(item: str, wrong: _Wrong) -> str:
    """The normal form of a name in a collection; a folder keeps its `/`."""
    key = key_of(item)
    problem = path_problem(key)
    if problem:
        raise wrong("items", f"{problem}: {item!r:.80}")
    return display(key) + ("/" if item.endswith("/") else "")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _MAX_TEXT


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _grouped(pairs: Iterable[tuple[str, Waiver]]) -> dict[str, tuple[Waiver, ...]]:
    groups: dict[str, list[Waiver]] = {}
    for key, waiver in pairs:
        groups.setdefault(key, []).append(waiver)
    return {key: tuple(group) for key, group in groups.items()}
