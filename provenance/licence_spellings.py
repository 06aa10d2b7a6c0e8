"""Licences as Debian and people spell them, put as the SPDX list does.

Debian writes `GPL-2+` for `GPL-2.0-or-later`, and a comma that binds least (machine-readable copyright format 1.0,
section 7: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/#license-specification); people write
`GPLv2`, `LGPL 2.1 or later` and the names in full. Names of families are in `licences.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from provenance.placeholders import folded
from provenance.tables import parted, table

_VERSIONED: Final = re.compile(
    r"(?P<name>[a-z][a-z ,._-]*)(?P<version>\d+(?:\.\d+){0,2}[a-z]?)"
    r"(?:(?P<later>\+|[\s,-]+or[\s-](?:any[\s-])?(?:later|newer)(?:[\s-]version)?)|[\s-]only)?",
    re.IGNORECASE,
)
_BEFORE_VERSION: Final = re.compile(r"(?:version|ver|v)[\s._-]*$", re.IGNORECASE)
_COMMA: Final = re.compile(r",\s*(and|or)\s+", re.IGNORECASE)
_EXCEPTION: Final = re.compile(r"\bwith\s+([a-z][a-z-]*)\s+exception\b", re.IGNORECASE)
_LATER: Final = re.compile(r"(?<=[\d.])[\s,]+or\s+(?:any\s+)?(?:later|newer)(?:\s+version)?\b", re.IGNORECASE)
_MAX: Final = 100
"""Characters of a name that are looked at."""


def spdx_ids(name: str) -> Iterator[str]:
    """The ids, in lower case, that a name with a version may stand for; the likeliest first, not all of them exist.

    >>> next(spdx_ids("GNU General Public License v2 or later"))
    'gpl-2-or-later'
    """
    found = _VERSIONED.fullmatch(name.strip()) if len(name) <= _MAX else None
    if found is None:
        return
    names = (found["name"], _BEFORE_VERSION.sub("", found["name"]))
    family = next((_families()[plain] for plain in map(_plain, names) if plain in _families()), None)
    if family is None:
        return
    stem, _, rest = family.partition("*")
    for version in _versions(found["version"].lower()):
        yield f"{stem}{version}{rest}-{'or-later' if found['later'] else 'only'}"
        yield f"{stem}{version}{rest}"


def spdx_expression(text: str) -> str:
    """An expression in Debian's words as SPDX writes it. What cannot be put so stays, and is then not understood.

    >>> spdx_expression("Expat or GPL-2+, and GPL-3+ with Font exception")
    '(Expat or GPL-2+) and (GPL-3+ WITH Font-exception-2.0)'
    """
    text = _LATER.sub("+", text)
    text = _EXCEPTION.sub(lambda named: f"WITH {_exceptions().get(named[1].lower(), named[1])}", text)
    first, *rest = _COMMA.split(text)
    operators = {operator.lower() for operator in rest[::2]}
    if len(operators) != 1:
        return text  # no comma, or two of different kinds, whose order the format does not tell
    (operator,) = operators
    return f" {operator} ".join(f"({part})" if " " in part else part for part in (first, *rest[1::2]))


def _plain(name: str) -> str:
    return folded(name).removeprefix("the ").removeprefix("gnu ")


def _versions(version: str) -> tuple[str, ...]:
    """A version as SPDX may write it: trailing noughts say nothing."""
    plain = re.sub(r"(?:\.0)+$", "", version)
    return (version, *(one for one in (plain, f"{plain}.0") if one != version))


@cache
def _families() -> dict[str, str]:
    """The id of each family with `*` for the version, by its names, folded."""
    listed = table("provenance", "licences.toml")["families"]
    return {name: spdx for spdx, names in listed.items() for name in parted(names)}


@cache
def _exceptions() -> dict[str, str]:
    named: dict[str, str] = table("provenance", "licences.toml")["exceptions"]
    return named
