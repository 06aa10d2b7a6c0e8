"""Copyright licences: which one a text names, what it conditions, and whether it grants anything at all.

A licence is about copyright. It never says that the people shown agreed. The ids and their categories come from the
SPDX list as `license-expression` carries it; addresses, names and words that grant nothing are in `licences.toml`.

>>> declared_licence("CC-BY-4.0 AND CC-BY-NC-4.0")
Licence(kind=<LicenceClass.CONDITIONAL: 'CONDITIONAL'>, conditions=('NC',), spdx='CC-BY-4.0 AND CC-BY-NC-4.0')
>>> declared_licence("Studio North. All rights reserved.").kind
<LicenceClass.GRANTS_NOTHING: 'GRANTS_NOTHING'>
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final

from provenance.licence_spellings import spdx_expression, spdx_ids
from provenance.placeholders import folded, is_placeholder
from provenance.tables import parted, table

_FILE: Final = ("provenance", "licences.toml")
_MAX: Final = 4_000
"""Characters of a text that are looked at."""

_MAX_EXPRESSION: Final = 500
"""Characters of an expression; a longer one is not recognised."""

_MAX_WORDS: Final = 6
"""Words of the longest phrase in a Creative Commons licence's name."""

_ADDRESS: Final = re.compile(
    r"(?:https?:)?//[^\s<>\"')\]]+|\b(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:org|com|gov|eu|uk|fr|de|ca|io)/[^\s<>\"')\]]+",
    re.IGNORECASE,
)
_OPERATOR: Final = re.compile(r"(?<!\S)(?:and|or|with)(?!\S)|[()]", re.IGNORECASE)
_LISTED: Final = re.compile(r"[,;|&]| / ")
_REFERENCE: Final = re.compile(r"(?:documentref-[a-z0-9.-]+:)?licenseref-([a-z0-9.-]+)")


class LicenceClass(StrEnum):
    """What the declared copyright licence lets a training set do. Never a privacy basis."""

    MISSING = "MISSING"
    PERMISSIVE = "PERMISSIVE"
    CONDITIONAL = "CONDITIONAL"
    REFERENCE = "REFERENCE"
    """`LicenseRef-`: the licence is a contract that the ledger's owner keeps."""
    GRANTS_NOTHING = "GRANTS_NOTHING"
    """The words state that no right is granted."""
    UNRECOGNISED = "UNRECOGNISED"
    """Neither an SPDX id or expression, nor a known address, nor a reference."""


_FROM_FREE_TO_STRICT: Final = (
    LicenceClass.PERMISSIVE, LicenceClass.REFERENCE, LicenceClass.CONDITIONAL, LicenceClass.UNRECOGNISED,
    LicenceClass.GRANTS_NOTHING, LicenceClass.MISSING,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Licence:
    """What a text about copyright comes to.

    `conditions` are such as ("NC", "SA") of a CONDITIONAL one; `spdx` is the id or expression in its normal form, None
    where there is none (a public-domain statement, words).
    """

    kind: LicenceClass
    conditions: tuple[str, ...] = ()
    spdx: str | None = None

    @property
    def is_creative_commons_by(self) -> bool:
        """Whether it is Creative Commons with attribution, of any version, which may be withdrawn from nobody.

        >>> declared_licence("CC BY-NC 2.0").is_creative_commons_by, declared_licence("CC0").is_creative_commons_by
        (True, False)
        """
        return (self.spdx or "").removeprefix("LicenseRef-").startswith("CC-BY")


_MISSING: Final = Licence(LicenceClass.MISSING)
_NOTHING: Final = Licence(LicenceClass.GRANTS_NOTHING)
_UNKNOWN: Final = Licence(LicenceClass.UNRECOGNISED)


@lru_cache(maxsize=1 << 12)
def declared_licence(text: str | None) -> Licence:
    """The licence that a licence column names. The whole text has to be understood: a word too many may be a limit.

    Of an expression with AND all conditions count; with OR the licensee chooses, so the freest part counts.

    >>> [declared_licence(text).kind.name for text in ("CC BY 4.0", "CC BY 4.0, no AI", "CC BY 4.0 for members", "n/a")]
    ['PERMISSIVE', 'GRANTS_NOTHING', 'UNRECOGNISED', 'MISSING']
    """
    if text is None or is_placeholder(text):
        return _MISSING
    if len(text) > _MAX:
        return _UNKNOWN
    if grants_nothing(text):
        return _NOTHING
    return _UNKNOWN if text.rstrip(" )").endswith("?") else _read(text.strip())


@lru_cache(maxsize=1 << 12)
def licence_in(text: str) -> Licence | None:
    """The licence that a notice or a sentence names by address, id or name; of several the most demanding one.

    None where no licence is named. It is for what files say; a declared licence is read by `declared_licence`.

    >>> licence_in("see https://creativecommons.org/licenses/by-nc/4.0/ for the terms").spdx
    'CC-BY-NC-4.0'
    """
    text = text.strip()[:_MAX]
    found = [_by_address(match[0]) for match in _ADDRESS.finditer(text)]
    found += [_by_name(part) for part in (text, *_LISTED.split(text))]
    named = [licence for licence in found if licence is not None and licence.spdx is not None]
    return max(named, key=_demand, default=None)


def licence_of_id(spdx: str) -> Licence:
    """The licence with an SPDX id or `LicenseRef-`; UNRECOGNISED where it is not known.

    >>> licence_of_id("CC-BY-NC-SA-2.0-UK").conditions
    ('NC', 'SA')
    """
    return _by_id(spdx) or _UNKNOWN


def grants_nothing(text: str) -> bool:
    """Whether words state that no right is granted: rights reserved, editorial use only, no AI training, an agency.

    >>> grants_nothing("(c) 2019 Jane Doe"), grants_nothing("Some rights reserved")
    (True, False)
    """
    text = text[:_MAX]
    words = folded(text)
    # A reference to a contract may have such a word in its name, yet no sentence that says the opposite.
    reference = words.startswith("licenseref ")
    alone = words.removeprefix("licenseref ") in _phrases("words")
    if alone or _holds(words, _phrases("phrases")) or (not reference and _holds(words, _phrases("words"))):
        return True
    if any(mark in text for mark in table(*_FILE)["nothing"]["anywhere"]):
        return True
    if _holds(words, _phrases("training")) and _holds(words, _phrases("refusing")):
        return True
    if not reference and agency_in(text) is not None:
        return True
    notice = text.lstrip().startswith("©") or words.split(" ", 1)[0] in _phrases("notices")
    return notice and licence_in(text) is None


@lru_cache(maxsize=1 << 12)
def agency_in(text: str) -> str | None:
    """The stock agency that a credit, source or licence names, or None.

    >>> agency_in("AFP via GETTY IMAGES"), agency_in("Salamya Alamyan")
    ('Getty Images', None)
    """
    lowered = text[:_MAX].lower()
    for plain, (agency, word) in _agencies().items():
        # The plain search comes first because it is a hundred times faster.
        if plain in lowered and word.search(lowered):
            return agency
    return None


# --- a whole text --------------------------------------------------------------------------------------------------


def _read(text: str) -> Licence:
    addresses = [match[0] for match in _ADDRESS.finditer(text)]
    if addresses:
        rest = _ADDRESS.sub(" ", text)
        parts = [_by_address(address) or _UNKNOWN for address in addresses]
        return _all_of([*parts, _read(rest.strip())] if folded(rest) else parts)
    whole = _by_name(text)
    if whole is not None:
        return whole
    if _OPERATOR.search(text) and len(text) <= _MAX_EXPRESSION:
        return _expression(text)
    if _LISTED.search(text):
        parts = [_by_name(part) or _UNKNOWN for part in _LISTED.split(text) if part.strip()]
        return _all_of(parts) if parts else _UNKNOWN
    return _UNKNOWN


def _expression(text: str) -> Licence:
    try:
        return _valued(_licensing().parse(spdx_expression(text)))
    except Exception:  # noqa: BLE001 - its parser gives up on malformed texts in many ways, by assertions too
        return _UNKNOWN


def _valued(expression: Any) -> Licence:
    """The licence of a parsed expression."""
    if expression is None:
        return _UNKNOWN
    operator = getattr(expression, "operator", "").strip()
    if operator == "AND":
        return _all_of([_valued(part) for part in expression.args])
    if operator == "OR":
        parts = [_valued(part) for part in expression.args]
        if any(part.kind in (LicenceClass.UNRECOGNISED, LicenceClass.MISSING) for part in parts):
            return _UNKNOWN
        chosen = min(parts, key=lambda one: (_FROM_FREE_TO_STRICT.index(one.kind), len(one.conditions)))
        return Licence(chosen.kind, chosen.conditions, _joined(parts, " OR "))
    exception = getattr(expression, "exception_symbol", None)
    if exception is not None and str(exception.key).lower() not in _exceptions():
        return _UNKNOWN
    symbol = getattr(expression, "license_symbol", expression)
    return _by_name(str(symbol.key)) or _UNKNOWN


def _all_of(parts: Sequence[Licence]) -> Licence:
    """The strictest kind, every condition."""
    if len(parts) == 1:
        return parts[0]
    kind = max((part.kind for part in parts), key=_FROM_FREE_TO_STRICT.index)
    if kind is LicenceClass.MISSING:
        kind = LicenceClass.UNRECOGNISED
    conditions = tuple(dict.fromkeys(condition for part in parts for condition in part.conditions))
    return Licence(kind, conditions if kind is LicenceClass.CONDITIONAL else (), _joined(parts, " AND "))


def _joined(parts: Sequence[Licence], operator: str) -> str | None:
    ids = list(dict.fromkeys(f"({p.spdx})" if p.spdx and " " in p.spdx else p.spdx or "" for p in parts))
    return operator.join(ids) if all(ids) else None


def _demand(licence: Licence) -> tuple[int, int]:
    return _FROM_FREE_TO_STRICT.index(licence.kind), len(licence.conditions)


# --- one name ------------------------------------------------------------------------------------------------------


def _by_name(text: str) -> Licence | None:
    words = folded(text)
    if words in table(*_FILE)["names"]:
        spdx = table(*_FILE)["names"][words]
        return licence_of_id(spdx) if spdx else Licence(LicenceClass.PERMISSIVE)
    if text.strip().lower() in table(*_FILE)["statements"]:
        return _statement(text.strip().lower())
    return _by_id(text.strip()) or _creative_commons(words.split())


def _by_id(spdx: str) -> Licence | None:
    plain = unicodedata.normalize("NFKC", spdx).strip().lower()
    known = _known_ids()
    listed = next((one for one in (plain, *spdx_ids(plain)) if one in known), None)
    if listed is not None:
        return known[listed]
    reference = _REFERENCE.fullmatch(plain)
    return _reference(spdx.strip(), reference[1]) if reference else None


def _reference(spdx: str, name: str) -> Licence:
    """A `LicenseRef-`: a contract of one's own, unless its name says something else."""
    if is_placeholder(name) or not _phrases("limiting").isdisjoint(folded(name).split()):
        return _UNKNOWN
    return _creative_commons(folded(name).split()) or Licence(LicenceClass.REFERENCE, (), spdx)


def _by_address(address: str) -> Licence | None:
    plain = re.sub(r"^(?:https?:)?//(?:www\.)?|^www\.", "", address.strip().lower())
    plain = re.split(r"[?#]", plain, maxsplit=1)[0].rstrip("/.,;:")
    host, _, path = plain.partition("/")
    listed = table(*_FILE)["addresses"].get(plain)
    if listed is not None:
        return licence_of_id(listed)
    parts = path.split("/")
    if host == "creativecommons.org" and len(parts) > 1 and parts[0] in ("licenses", "licences", "publicdomain"):
        return _creative_commons_address(parts)
    if host == "rightsstatements.org" and len(parts) > 1 and parts[0] in ("vocab", "page", "data"):
        return _statement(parts[1])
    if host in ("spdx.org", "opensource.org", "choosealicense.com") and parts[0] in ("licenses", "license"):
        return _by_id(re.sub(r"\.(?:html|txt|json|php)$", "", parts[-1]))
    return None


def _statement(code: str) -> Licence | None:
    known = table(*_FILE)["statements"].get(code)
    return licence_of_id(f"LicenseRef-rightsstatements-{known}-1.0") if known else None


def _creative_commons_address(parts: Sequence[str]) -> Licence | None:
    kind, code, *more = parts
    version = more[0] if more and re.fullmatch(r"\d\.\d", more[0]) else ""
    if kind == "publicdomain" or code == "publicdomain":
        return licence_of_id({"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}.get(code, "CC-PDDC"))
    if code in ("sampling", "sampling+", "nc-sampling+", "devnations"):
        name = {"nc-sampling+": "NC-sampling-plus"}.get(code, code.replace("+", "-plus"))
        return licence_of_id(f"LicenseRef-CC-{name}")
    if code in ("gpl", "lgpl", "bsd", "mit"):
        return _by_name(f"{code}-{version}-or-later" if version else code)
    return _licensed([part.upper() for part in code.split("-")], version)


def _creative_commons(words: Sequence[str]) -> Licence | None:
    """The licence that the words of a name make up, whatever their order and language; None where one is left over."""
    codes: list[str] = []
    versions: set[str] = set()
    named = False
    rest = [one for word in words for one in _split(word)]
    while rest:
        length, part = _taken(rest, after_version=bool(versions))
        if part is None:
            return None
        if part[0].isdigit():
            versions.add(part)
        elif part != "NOTHING":
            # `by` and `zero` alone are everyday words.
            named = named or rest[0] not in ("by", "zero")
            codes.append(part)
        rest = rest[length:]
    if len(versions) > 1 or not named:
        return None
    version = next(iter(versions), "")
    codes = [code for code in dict.fromkeys(codes) if code != "CC"]
    if codes in (["ZERO"], ["MARK"]):
        return licence_of_id("CC0-1.0" if codes == ["ZERO"] else "CC-PDM-1.0") if version in ("", "1.0") else None
    return _licensed(codes, version)


def _taken(rest: Sequence[str], *, after_version: bool) -> tuple[int, str | None]:
    """How many of the next words stand for which part of a licence: a code, a version, or nothing."""
    first = rest[0].removeprefix("v")
    if first.isdigit():
        return (2, f"{first}.{rest[1]}") if len(rest) > 1 and rest[1].isdigit() else (1, f"{first}.0")
    for length in range(min(_MAX_WORDS, len(rest)), 0, -1):
        part = _parts().get(" ".join(rest[:length]))
        if part is not None:
            return length, part
    return 1, "NOTHING" if after_version and rest[0] in _ports() else None


def _split(word: str) -> tuple[str, ...]:
    """The parts of a name that was written without blanks, such as `ccbyncsa`."""
    match = re.fullmatch(r"(cc)?(by)?((?:nc|nd|sa){0,2})(\d\d?)?", word)
    if match is None or word == "sa" or not (match[1] or match[2] or match[3]) or word == "cc0":
        return (word,)
    codes = re.findall("..", match[3])
    return tuple(part for part in (match[1], match[2], *codes, *(match[4] or "")) if part)


def _licensed(codes: Sequence[str], version: str) -> Licence | None:
    data = table(*_FILE)["creative_commons"]
    code = "-".join(part for part in ("BY", "NC", "ND", "SA") if part in codes)
    if code not in data["codes"] or len(code.split("-")) != len(codes) or (version and version not in data["versions"]):
        return None
    conditions = tuple(part for part in code.split("-") if part != "BY")
    spdx = f"CC-{code}-{version}" if version else f"LicenseRef-CC-{code}"
    return Licence(LicenceClass.CONDITIONAL if conditions else LicenceClass.PERMISSIVE, conditions, spdx)


# --- data ----------------------------------------------------------------------------------------------------------


@cache
def _known_ids() -> dict[str, Licence]:
    """Every id of the SPDX list, its older spellings, and the references of `licences.toml`, in lower case."""
    from license_expression import get_license_index

    data = table(*_FILE)
    known: dict[str, Licence] = {}
    for entry in get_license_index():
        spdx = entry.get("spdx_license_key")
        if not spdx or entry.get("is_exception"):
            continue
        conditions = data["categories"].get(entry.get("category"))
        commons = re.fullmatch(r"CC-((?:BY|NC|ND|SA|-)+)-(\d\.\d)(?:-[A-Z]+)?", spdx)
        licence = _licensed(commons[1].split("-"), commons[2]) if commons else None
        if licence is None:
            licence = _UNKNOWN if conditions is None else _plain(spdx, conditions)
        for one in (spdx, *entry.get("other_spdx_license_keys", ())):
            known[one.lower()] = licence
    known |= {spdx.lower(): _plain(spdx, conditions) for spdx, conditions in data["licences"].items()}
    return known | {spdx.lower(): Licence(LicenceClass.GRANTS_NOTHING, (), spdx) for spdx in data["reserved"]["ids"]}


def _plain(spdx: str, conditions: Sequence[str]) -> Licence:
    return Licence(LicenceClass.CONDITIONAL if conditions else LicenceClass.PERMISSIVE, tuple(conditions), spdx)


@cache
def _licensing() -> Any:
    from license_expression import Licensing

    return Licensing()


@cache
def _parts() -> dict[str, str]:
    words = table(*_FILE)["creative_commons"]["words"]
    return {phrase: name for name, text in words.items() for phrase in parted(text)}


@cache
def _ports() -> frozenset[str]:
    return frozenset(table(*_FILE)["creative_commons"]["ports"].split())


@cache
def _exceptions() -> frozenset[str]:
    from license_expression import get_license_index

    return frozenset(str(one["spdx_license_key"]).lower() for one in get_license_index() if one.get("is_exception"))


@cache
def _phrases(name: str) -> frozenset[str]:
    return parted(table(*_FILE)["nothing"][name])


def _holds(words: str, listed: frozenset[str]) -> bool:
    within = f" {words} "
    return any(f" {phrase} " in within for phrase in listed)


@cache
def _agencies() -> dict[str, tuple[str, re.Pattern[str]]]:
    """Agency by its name in lower case, with the pattern of that name as a word of its own."""
    listed = sorted(table(*_FILE)["stock"]["names"], key=len, reverse=True)
    return {name.lower(): (name, re.compile(rf"(?<!\w){re.escape(name.lower())}(?!\w)")) for name in listed}
