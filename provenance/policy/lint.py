"""Looking over jurisdiction packs: every schema error of a folder at once, stale reviews, unverified sections."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from provenance.errors import PackError
from provenance.policy.pack import Pack, Source
from provenance.policy.packs import PackSet, load_packs

_MAX_ERRORS: Final = 100
_SECTIONS: Final = ("public", "minors", "faces", "sensitive", "withdrawal", "retention")


class Level(StrEnum):
    """How much a notice matters. An ERROR keeps the packs from being used, a STALE pack asks for REVIEW."""

    ERROR = "ERROR"
    STALE = "STALE"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know about a pack, in one line. `pack` is "" where the error names the file itself."""

    level: Level
    pack: str
    text: str


def lint(folder: Path | None, today: date) -> tuple[Notice, ...]:
    """Everything to know about the packs that ship, or about those of a folder beside them.

    >>> {notice.level for notice in lint(None, date(2026, 11, 22))}
    {<Level.NOTE: 'NOTE'>}
    """
    errors = _errors(folder) if folder is not None else []
    if errors:
        return tuple(errors)
    packs = load_packs(folder)
    own = {path.stem for path in folder.glob("*.toml")} if folder is not None else set(packs.packs)
    return tuple(notice for pack in packs if pack.id in own for notice in _notices(pack, packs, today))


def unverified(pack: Pack, parent: Pack | None = None) -> tuple[str, ...]:
    """The places of a pack whose citation nobody has checked against the official text, without its parent's."""
    inherited = parent.bases if parent is not None else ()
    bases = tuple(f"bases.{entry.basis}" for entry in pack.bases if not entry.verified and entry not in inherited)
    before = _sections(parent) if parent is not None else {}
    sections = {name: source for name, source in _sections(pack).items() if source != before.get(name)}
    return (*bases, *(name for name, source in sections.items() if source.citation and not source.verified))


def _sections(pack: Pack) -> dict[str, Source]:
    found: dict[str, Source] = {name: getattr(pack, name) for name in _SECTIONS}
    if pack.faces.declaration is not None:
        found["faces.declaration"] = pack.faces.declaration
    return found


def _notices(pack: Pack, packs: PackSet, today: date) -> Iterable[Notice]:
    if today > pack.review_by:
        yield Notice(Level.STALE, pack.id, f"had to be reviewed by {pack.review_by}; its images are for REVIEW")
    if today < pack.in_force:
        yield Notice(Level.NOTE, pack.id, f"is in force from {pack.in_force} and applied ahead of that")
    places = unverified(pack, packs.get(pack.inherits) if pack.inherits is not None else None)
    if places:
        yield Notice(Level.NOTE, pack.id, f"{len(places)} of its citations not verified: {', '.join(places)}")


def _errors(folder: Path) -> list[Notice]:
    """The error of every broken file. Each is found by loading what the others leave, since loading stops at one."""
    with TemporaryDirectory(prefix="provenance-") as name:
        rest = Path(name)
        for path in sorted(folder.glob("*.toml")):
            if path.is_file() and path.stat().st_size < 1 << 20:
                shutil.copyfile(path, rest / path.name)
        found: list[Notice] = []
        while len(found) < _MAX_ERRORS:
            error = _first_error(rest)
            if error is None:
                break
            found.append(Notice(Level.ERROR, "", error.replace(name, str(folder))))
            broken = [path for path in rest.glob("*.toml") if error.startswith((f"{path}:", f"{path} "))]
            if not broken:
                break
            broken[0].unlink()
        return found or _whole(folder)


def _whole(folder: Path) -> list[Notice]:
    """The error of the folder as it is, such as one of a file that is too large to copy."""
    error = _first_error(folder)
    return [] if error is None else [Notice(Level.ERROR, "", error)]


def _first_error(folder: Path) -> str | None:
    try:
        packs: PackSet = load_packs(folder)
    except PackError as error:
        return str(error)
    return None if len(packs) else "no pack is left"
