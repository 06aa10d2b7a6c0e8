"""Waivers: a person with a name takes a finding upon themself, for a reason and for a time.

A waiver yields ALLOW_BY_REVIEW, never ALLOW, and the finding stays among the reasons. What `reasons.toml` marks as
not overridable (the decision table's 5, 6, 10 to 14, 43, 44 and 60) cannot be waived by anybody. A waiver that has
expired, is not in force yet, was used by nothing or was refused is itself reported.

>>> waivers = parse_waivers(b'''
... [[waiver]]
... code = "LICENCE_MISSING"
... items = ["archive/"]
... reason = "our own archive, no licence needed"
... approver = "J. Morin, counsel"
... ticket = "LEGAL-77"
... date = 2026-10-01
... expires = 2027-01-31
... ''', "waivers.toml", load_codebook())
>>> waivers.entries[0].ticket
'LEGAL-77'
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeAlias

from provenance.errors import PackError
from provenance.input_file import open_regular
from provenance.model import Reason, Verdict
from provenance.policy.reasons import ReasonCatalogue, load_reasons
from provenance.vocabulary import Decision

MAX_DAYS: Final = 180
"""A waiver ends at most this many days after its date."""

MAX_BYTES: Final = 4 << 20
"""4 MiB: a longer file of waivers is refused."""

_MAX_ENTRIES: Final = 10_000
_MAX_TEXT: Final = 2_000
_FINGERPRINT_DIGITS: Final = 32
_WAIVABLE: Final = (Decision.REVIEW, Decision.BLOCK)
_TEXTS: Final = ("reason", "approver", "ticket")
_DAYS: Final = ("date", "expires")
_Day: TypeAlias = date
_KEYS: Final = frozenset({"finding", "code", "items", "jurisdictions", *_TEXTS, *_DAYS})


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry: either the fingerprint of one finding, or a code with the items (and laws) for which it is waived.

    `items` are file names, or folders that end in `/`; `jurisdictions` narrow it further where any is named. It is in
    force from `date` to `expires`, both days (UTC) included. `place` is its position in the file, from 1.
    """

    place: int
    reason: str
    approver: str
    ticket: str
    date: _Day
    expires: _Day
    finding: str | None = None
    code: str | None = None
    items: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()

    def in_force(self, at: datetime) -> bool:
        """Whether the waiver counts at a clock."""
        return self.date <= at.astimezone(UTC).date() <= self.expires


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of one file; `digest` is the SHA-256 of its bytes, for the record of the gate."""

    source: str
    digest: bytes
    entries: tuple[Waiver, ...]
    _by_finding: Mapping[str, tuple[Waiver, ...]]
    _by_code: Mapping[str, tuple[Waiver, ...]]

    def for_reason(self, reason: Reason, verdict: Verdict) -> tuple[Waiver, ...]:
        """The entries that speak of a reason of a verdict, whether or not they are in force."""
        mark = fingerprint(reason, verdict.sha256)
        named = self._by_finding.get(mark, ()) if mark is not None else ()
        scoped = (waiver for waiver in self._by_code.get(reason.code, ()) if _reaches(waiver, reason, verdict.item))
        return (*(waiver for waiver in named if waiver.code in (None, reason.code)), *scoped)


class WaiverState(StrEnum):
    """Why a waiver is reported."""

    EXPIRED = "EXPIRED"
    NOT_YET = "NOT_YET"
    UNUSED = "UNUSED"
    REFUSED = "REFUSED"
    """It names the fingerprint of a finding that nobody can waive."""


@dataclass(frozen=True, slots=True)
class WaiverFinding:
    """A waiver that did not do what it is there for, in one line that a person can act on."""

    waiver: Waiver
    state: WaiverState
    detail: str


@dataclass(frozen=True, slots=True)
class Waived:
    """A verdict after the waivers, with the places of those it used and of those that were refused."""

    verdict: Verdict
    used: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()


def fingerprint(reason: Reason, sha256: bytes | None) -> str | None:
    """What names one finding wherever its file is moved to: 32 hexadecimal digits. None where no bytes are known.

    The start of SHA-256 over the code, the image's SHA-256, the jurisdiction and the digest of the person's
    pseudonym, each ended by a NUL; the sentence, the path and the pack's version are left out.
    """
    if sha256 is None:
        return None
    person = hashlib.sha256(reason.person.encode()).hexdigest() if reason.person is not None else ""
    parts = ("finding 1", reason.code, sha256.hex(), reason.jurisdiction or "", person)
    return hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()[:_FINGERPRINT_DIGITS]


def waive(verdict: Verdict, waivers: Waivers, at: datetime, reasons_catalogue: ReasonCatalogue | None = None) -> Waived:
    """Take what is waived at the clock `at` out of a verdict's way.

    A reason that is waived stays, with the decision ALLOW_BY_REVIEW and the name of who took it upon them. Only
    where every reason that asks for REVIEW or BLOCK is waived does the verdict become ALLOW_BY_REVIEW.
    """
    book = reasons_catalogue or load_reasons()
    used: set[int] = set()
    refused: set[int] = set()
    reasons = []
    for reason in verdict.reasons:
        given = waivers.for_reason(reason, verdict) if reason.decision in _WAIVABLE else ()
        if given and not book[reason.code].overridable:
            refused.update(waiver.place for waiver in given)
            given = ()
        standing = [waiver for waiver in given if waiver.in_force(at)]
        used.update(waiver.place for waiver in standing)
        reasons.append(_taken(reason, standing[0]) if standing else reason)
    if not used:
        return Waived(verdict, frozenset(), frozenset(refused))
    primary = max(reasons, key=lambda reason: (reason.decision.severity, -reason.number))
    changed = replace(verdict, decision=primary.decision, reason=primary.code, reasons=tuple(reasons))
    return Waived(changed, frozenset(used), frozenset(refused))


def apply(verdict: Verdict, waivers: Waivers, at: datetime) -> Verdict:
    """The verdict after the waivers; `waive` says as well which of them were used."""
    return waive(verdict, waivers, at).verdict


def leftovers(
    waivers: Waivers, used: Collection[int], at: datetime, *, refused: Collection[int] = ()
) -> tuple[WaiverFinding, ...]:
    """What to report after a whole gate: every waiver that was refused, is out of its time, or served nothing."""
    findings = []
    for waiver in waivers.entries:
        state = _state(waiver, used, at, refused)
        if state is not None:
            findings.append(WaiverFinding(waiver, state, _told(waiver, state, waivers.source)))
    return tuple(findings)


def read_waivers(path: str | Path, reasons_catalogue: ReasonCatalogue | None = None) -> Waivers:
    """Read a file of waivers. Raises PackError that names the file, the entry, the key and the value.

    >>> read_waivers("waivers.toml")  # doctest: +SKIP
    """
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
    return Waivers(
        source,
        hashlib.sha256(data).digest(),
        checked,
        _grouped((waiver.finding, waiver) for waiver in checked if waiver.finding is not None),
        _grouped((waiver.code, waiver) for waiver in checked if waiver.finding is None and waiver.code is not None),
    )


def _checked(entry: Any, place: int, source: str, reasons_catalogue: ReasonCatalogue) -> Waiver:
    def wrong(key: str, problem: str) -> PackError:
        return PackError(f"{source}: waiver {place}: {key}: {problem}", remedy="docs/waivers.md shows an entry")

    if not isinstance(entry, dict):
        raise wrong("waiver", "an entry is a table")
    for key in sorted(entry.keys() - _KEYS):
        raise wrong(key, "there is no such key")
    for key in _TEXTS:
        if not _is_text(entry.get(key)):
            raise wrong(key, f"a text is needed, not {entry.get(key)!r:.80}")
    for key in _DAYS:
        if not _is_day(entry.get(key)):
            raise wrong(key, f"a date such as 2026-11-22 is needed, not {entry.get(key)!r:.80}")
    for key in ("items", "jurisdictions"):
        if key in entry and not (isinstance(entry[key], list) and entry[key] and all(map(_is_text, entry[key]))):
            raise wrong(key, f"a list of texts is needed, not {entry[key]!r:.80}")
    if not timedelta(0) <= entry["expires"] - entry["date"] <= timedelta(days=MAX_DAYS):
        raise wrong("expires", f"{entry['expires']} is not within {MAX_DAYS} days after {entry['date']}")
    _check_target(entry, wrong, reasons_catalogue)
    lists = {key: tuple(entry.get(key, ())) for key in ("items", "jurisdictions")}
    finding = entry["finding"].lower() if "finding" in entry else None
    return Waiver(place=place, **{**entry, **lists, "finding": finding})


def _check_target(entry: Mapping[str, Any], wrong: Any, reasons_catalogue: ReasonCatalogue) -> None:
    """Exactly one of a fingerprint and a scope, and no code that nobody can waive."""
    finding, code = entry.get("finding"), entry.get("code")
    if finding is not None:
        if (
            not _is_text(finding)
            or len(finding) != _FINGERPRINT_DIGITS
            or set(finding.lower()) - set("0123456789abcdef")
        ):
            raise wrong("finding", f"{_FINGERPRINT_DIGITS} hexadecimal digits are needed, not {finding!r:.80}")
        if "items" in entry or "jurisdictions" in entry:
            raise wrong("items", "a finding names its image and its law itself")
    elif code is None or "items" not in entry:
        raise wrong("finding", "either finding, or code with items, has to say what is waived")
    if code is None:
        return
    rules = {rule.code: rule for rule in reasons_catalogue}
    if not isinstance(code, str) or code not in rules:
        raise wrong("code", f"there is no reason code {code!r:.80}")
    if not rules[code].overridable:
        raise wrong("code", f"{code} ({rules[code].number}) cannot be waived by anybody")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _MAX_TEXT


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _grouped(pairs: Iterable[tuple[str, Waiver]]) -> dict[str, tuple[Waiver, ...]]:
    groups: dict[str, list[Waiver]] = {}
    for key, waiver in pairs:
        groups.setdefault(key, []).append(waiver)
    return {key: tuple(group) for key, group in groups.items()}


def _reaches(waiver: Waiver, reason: Reason, item: str) -> bool:
    if waiver.jurisdictions and reason.jurisdiction not in waiver.jurisdictions:
        return False
    return any(item.startswith(name) if name.endswith("/") else item == name for name in waiver.items)


def _taken(reason: Reason, waiver: Waiver) -> Reason:
    note = f" (Waived by {waiver.approver} until {waiver.expires}, {waiver.ticket}: {waiver.reason})"
    return replace(reason, decision=Decision.ALLOW_BY_REVIEW, detail=reason.detail + note)


def _state(waiver: Waiver, used: Collection[int], at: datetime, refused: Collection[int]) -> WaiverState | None:
    if waiver.place in refused:
        return WaiverState.REFUSED
    today = at.astimezone(UTC).date()
    if today > waiver.expires:
        return WaiverState.EXPIRED
    if today < waiver.date:
        return WaiverState.NOT_YET
    return None if waiver.place in used else WaiverState.UNUSED


def _told(waiver: Waiver, state: WaiverState, source: str) -> str:
    what = waiver.code or f"finding {waiver.finding}"
    words = {
        WaiverState.EXPIRED: f"expired on {waiver.expires}",
        WaiverState.NOT_YET: f"is in force from {waiver.date} only",
        WaiverState.UNUSED: "was used by no image",
        WaiverState.REFUSED: "names a finding that cannot be waived by anybody",
    }
    return f"{source}: waiver {waiver.place} ({what}, {waiver.ticket}) {words[state]}"
