"""Shards written anew with nothing in them but the samples that may be used, each with its verdict.

Whatever was left out is listed with its reason in `refused.jsonl`, so that what goes in is what comes out, and nothing
is lost without a word.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TextIO

from provenance.errors import UsageError
from provenance.gate.image import PASSING
from provenance.gate.recorded import Decided
from provenance.gate.verdicts import Verdicts
from provenance.keys import display
from provenance.sources.interface import MAX_IMAGE_BYTES, MEMBER
from provenance.sources.kinds import is_image_name, looks_like_image
from provenance.vocabulary import Decision

REFUSED: Final = "refused.jsonl"
VERDICT: Final = "provenance"
"""The member of a sample that holds its verdict as JSON: `KEY.provenance`. A `.json` would be taken for its row."""

_SUFFIX: Final = b".tar"
_HEAD: Final = 64
_UNSEEN: Final = "NOT_REGISTERED"
_BROKEN: Final = (tarfile.TarError, ValueError, EOFError, OverflowError)
"""How a shard ends that was cut short or made by somebody hostile; what the gate said of it is told."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What came of one shard: samples that were kept, and lines of `refused.jsonl`.

    `repeated` counts the kept samples whose key an earlier shard has too: a loader that goes by keys mixes them up.
    """

    shard: str
    kept: int
    refused: int
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """One line of `refused.jsonl`: a sample, or a shard that could not be read to its end (then without a sample)."""

    shard: str
    sample: str
    decision: str
    reason: str
    detail: str = ""


def rewrite(verdicts: Verdicts, target: str | os.PathLike[str]) -> tuple[Rewritten, ...]:
    """Write every tar shard of a gate into a new folder, under its own name, with the samples that may be used.

    Raises UsageError where the folder is not empty or the gate saw no shard, VerdictsStale, OSError.

    >>> rewrite(verdicts, "clean")
    Traceback (most recent call last):
        ...
    provenance.errors.UsageError: no path was seen by the gate: ...
    """
    folder = Path(target)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", remedy="name a new folder")
    verdicts.require_same_disk()
    shards = _by_shard(verdicts)
    if not shards:
        raise UsageError("no path was seen by the gate: it saw no tar shard", remedy="gate a folder of shards")
    folder.mkdir(parents=True, exist_ok=True)
    keys: set[bytes] = set()
    done = []
    with (folder / REFUSED).open("x", encoding="ascii") as out:
        for path, decided in sorted(shards.items()):
            done.append(_rewrite_one(Path(path), folder, decided, keys, out))
    return tuple(done)


def _by_shard(verdicts: Verdicts) -> dict[str, dict[bytes, Decided]]:
    """What was decided in each shard, by the name of the member; of the shard as a whole by the empty name."""
    found: dict[str, dict[bytes, Decided]] = defaultdict(dict)
    for one in verdicts.decided():
        container, _, member = one.key.partition(MEMBER)
        if container.endswith(_SUFFIX):
            found[one.gated.path_of(container)][member] = one
    return found


def _rewrite_one(path: Path, folder: Path, decided: dict[bytes, Decided], keys: set[bytes], out: TextIO) -> Rewritten:
    root = next(iter(decided.values())).gated.root
    name = os.path.relpath(path, root) if path != Path(root) else path.name
    goal = folder / name
    goal.parent.mkdir(parents=True, exist_ok=True)
    kept = refused = repeated = 0

    def refuse(sample: bytes, decision: Decision, reason: str, detail: str = "") -> None:
        nonlocal refused
        refused += 1
        out.write(json.dumps(asdict(Refused(display(os.fsencode(name)), display(sample), decision, reason, detail))))
        out.write("\n")

    told: set[bytes] = set()
    with tarfile.open(goal, "x", format=tarfile.PAX_FORMAT) as written:
        for sample, members in _samples(path):
            names = {member for member in (sample, *(member for member, _ in members)) if member in decided}
            told |= names
            answer = _answer(members, [decided[member] for member in names])
            if answer is None:
                refuse(sample, Decision.BLOCK, _UNSEEN, "no image in it, or other bytes than those that were judged")
            elif answer.decision not in PASSING:
                refuse(sample, answer.decision, answer.reason)
            else:
                kept += 1
                repeated += sample in keys
                keys.add(sample)
                _write(written, sample, members, answer)
    for member, one in decided.items():
        if member not in told and (member or one.decision not in PASSING):
            refuse(member, one.decision, one.reason, "" if member else "the shard was not read to its end")
    return Rewritten(display(os.fsencode(name)), kept, refused, repeated)


def _samples(path: Path) -> Iterator[tuple[bytes, list[tuple[bytes, bytes]]]]:
    """The samples of a shard as WebDataset groups them: neighbours with one key. A shard that was cut short ends."""
    for sample, members in groupby(_members(path), lambda member: _key_of(member[0])):
        yield sample, list(members)


def _members(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with suppress(*_BROKEN), tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
        while (info := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined] # it keeps them all otherwise
            file = archive.extractfile(info) if info.isreg() else None
            if file is not None:
                yield os.fsencode(info.name), file.read(MAX_IMAGE_BYTES)


def _key_of(name: bytes) -> bytes:
    folder, slash, last = name.rpartition(b"/")
    return folder + slash + last.partition(b".")[0]


def _answer(members: list[tuple[bytes, bytes]], decided: list[Decided]) -> Decided | None:
    """The worst decision on the images of a sample; None where one of them is not what was judged, or there is none."""
    judged = {one.sha256 for one in decided}
    images = {
        hashlib.sha256(data).digest()
        for name, data in members
        if is_image_name(name.rpartition(b"/")[2]) or looks_like_image(data[:_HEAD])
    }
    if not images or images != judged:
        return None
    return max(decided, key=lambda one: one.decision.severity)


def _write(written: tarfile.TarFile, sample: bytes, members: list[tuple[bytes, bytes]], answer: Decided) -> None:
    assert answer.sha256 is not None
    verdict: dict[str, Any] = {
        "decision": answer.decision.value,
        "reason": answer.reason,
        "sha256": answer.sha256.hex(),
    }
    for name, data in (*members, (sample + b"." + VERDICT.encode(), json.dumps(verdict).encode())):
        info = tarfile.TarInfo(os.fsdecode(name))
        info.size = len(data)
        written.addfile(info, io.BytesIO(data))
