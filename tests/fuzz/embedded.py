"""Mutates image files and looks at what the metadata readers make of them. Repeatable.

    python tests/fuzz/embedded.py --cases 100000 --seed 1 [--corpus DIR]

Bases are generated files that forbid training and declare a minor, in every carrier, and with `--corpus` real files
beside them. Reported: cases, uncaught exceptions, refusals that a mutation turned into a permission, refusals that
vanished without a trace, and the slowest case. Exit status 1 if an exception or a turned refusal was found.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import resource
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from provenance.carriers import Walk, walk
from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.run.gather import from_file

_JUDGED = (SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER, SignalSubject.MINOR)
_LARGEST_BASE = 300_000
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Finding:
    """One case worth looking at: its base, its number, what happened, and the bytes."""

    base: str
    case: int
    what: str
    data: bytes


@dataclass(slots=True)
class Outcome:
    """The counts of a run."""

    cases: int = 0
    exceptions: list[Finding] = field(default_factory=list)
    turned: list[Finding] = field(default_factory=list)
    refused: int = 0
    unreadable: int = 0
    vanished: int = 0
    slowest: float = 0.0
    slowest_base: str = ""

    @property
    def passed(self) -> bool:
        return not self.exceptions and not self.turned


def _sibling(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bases(corpus: Path | None) -> dict[str, bytes]:
    """The files to mutate, by name."""
    files = _sibling("files")
    packet = files.minor_packet()
    found: dict[str, bytes] = files.carriers(packet) | files.inner_carriers(packet)
    iim = files.iim((1, 90, b"\x1b%G"), (2, 116, b"ACME"), (2, 25, b"no_cv"))
    exif = files.tiff(
        {0x8298: b"ACME", 0x010E: b"A caption"}, {0x9003: b"2024:01:02 03:04:05", 0x9286: b"ASCII\0\0\0hello"}
    )
    found["jpeg-all"] = files.jpeg(
        files.exif_segment(exif),
        files.xmp_segment(files.minor_packet()),
        files.photoshop_segment(files.resource(0x0404, iim), files.resource(0x0425, bytes(16))),
        files.segment(0xFE, b"a comment"),
    )
    found["jpeg-allow-and-refuse"] = files.jpeg(
        files.xmp_segment(files.packet(f"<plus:DataMining>{files.VOCABULARY}DMI-ALLOWED</plus:DataMining>")),
        files.xmp_segment(files.minor_packet()),
    )
    found["jpeg-pictures"] = files.jpeg(
        files.exif_segment(files.with_thumbnail({0x8298: b"ACME", 700: packet}, files.jpeg(files.xmp_segment(packet)))),
        tail=files.jpeg(files.exif_segment(exif)) + files.png(files.itxt(packet)) + b"PK\3\4" + bytes(600),
    )
    found["heif-exif"] = files.heif(files.minor_packet(), exif)
    found["maker-note"] = files.maker_note_trap()
    if corpus is not None:
        for path in sorted(corpus.rglob("*")):
            if path.is_file() and path.stat().st_size <= _LARGEST_BASE:
                found[str(path.relative_to(corpus))] = path.read_bytes()
    return found


def _somewhere(data: bytearray, chance: random.Random) -> int:
    """A place, more often near the start, where the metadata is."""
    return chance.randrange(min(len(data), 4_000) if chance.random() < 0.8 else len(data))


def _flip(data: bytearray, chance: random.Random, _other: bytes) -> None:
    data[_somewhere(data, chance)] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random, _other: bytes) -> None:
    data[_somewhere(data, chance)] = chance.randrange(256)


def _number(data: bytearray, chance: random.Random, _other: bytes) -> None:
    at = _somewhere(data, chance)
    form = chance.choice(["<H", ">H", "<I", ">I"])
    value = struct.pack(form, chance.choice(_NUMBERS) % (1 << (16 if form.endswith("H") else 32)))
    data[at : at + len(value)] = value


def _delete(data: bytearray, chance: random.Random, _other: bytes) -> None:
    at = _somewhere(data, chance)
    del data[at : at + chance.randrange(1, 64)]


def _repeat(data: bytearray, chance: random.Random, _other: bytes) -> None:
    at = _somewhere(data, chance)
    data[at:at] = data[at : at + chance.randrange(1, 200)] * chance.randrange(1, 8)


def _cut(data: bytearray, chance: random.Random, _other: bytes) -> None:
    del data[_somewhere(data, chance) :]


def _splice(data: bytearray, chance: random.Random, other: bytes) -> None:
    at, start = _somewhere(data, chance), chance.randrange(max(1, min(len(other), 4_000)))
    data[at : at + chance.randrange(200)] = other[start : start + chance.randrange(1, 400)]


MUTATIONS: tuple[Callable[[bytearray, random.Random, bytes], None], ...] = (
    _flip,
    _flip,
    _overwrite,
    _number,
    _number,
    _delete,
    _repeat,
    _cut,
    _splice,
)


def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """`data` after one to six random mutations."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 7)):
        if not changed:
            break
        chance.choice(MUTATIONS)(changed, chance, other)
    return bytes(changed)


def check(found: Walk, data: bytes) -> None:
    """Raises AssertionError where a walk gives a span outside the file, or two pictures of one place."""
    spans = [*found.rest, *found.coded, *(picture for picture in found.pictures if not picture.packed)]
    for span in spans:
        assert 0 <= span.start <= span.end <= len(data), span
    for block in found.blocks:
        assert block.start is None or 0 <= block.start <= len(data), block.location
        assert "reader stopped" not in block.problem, block.problem
    places = [picture.place for picture in found.pictures]
    assert len(set(places)) == len(places), places


def verdicts(signals: Sequence[Signal]) -> dict[SignalSubject, SignalVerdict]:
    """The most restrictive verdict on each subject that a permission could be given for."""
    found = {}
    for subject in _JUDGED:
        held = {signal.verdict for signal in signals if signal.subject is subject}
        found[subject] = next(
            (verdict for verdict in (SignalVerdict.DENY, SignalVerdict.ALLOW) if verdict in held), SignalVerdict.UNKNOWN
        )
    return found


def fuzz(cases: int, seed: int, corpus: Path | None = None) -> Outcome:
    """Runs `cases` cases; the same arguments give the same cases."""
    outcome = Outcome()
    originals = bases(corpus)
    names = sorted(originals)
    # What a splice brings must not hold a whole permission: nothing would have turned into one then.
    lenders = [name for name in names if b"DMI-ALLOWED" not in originals[name]]
    before = {name: verdicts(from_file(originals[name], {})) for name in names}
    for case in range(cases):
        chance = random.Random(f"{seed}-{case}")
        name = chance.choice(names)
        data = mutated(originals[name], chance, originals[chance.choice(lenders)])
        _judge(outcome, Finding(name, case, "", data), before[name])
    return outcome


def _judge(outcome: Outcome, finding: Finding, before: dict[SignalSubject, SignalVerdict]) -> None:
    outcome.cases += 1
    start = time.perf_counter()
    try:
        walked = walk(finding.data)
        check(walked, finding.data)
        signals = from_file(finding.data, {}, walked=walked)
    except Exception as fault:  # noqa: BLE001 - the very thing that is looked for
        outcome.exceptions.append(Finding(finding.base, finding.case, repr(fault), finding.data))
        return
    spent = time.perf_counter() - start
    if spent > outcome.slowest:
        outcome.slowest, outcome.slowest_base = spent, f"{finding.base} (case {finding.case})"
    after = verdicts(signals)
    refused = [subject for subject in _JUDGED if before[subject] is SignalVerdict.DENY]
    unreadable = any(signal.subject is SignalSubject.UNREADABLE for signal in signals)
    outcome.unreadable += unreadable
    for subject in refused:
        if after[subject] is SignalVerdict.ALLOW:
            what = f"{subject.value} was refused and is now allowed"
            outcome.turned.append(Finding(finding.base, finding.case, what, finding.data))
    if refused:
        outcome.refused += 1
        outcome.vanished += not unreadable and all(after[subject] is not SignalVerdict.DENY for subject in refused)


def lines(outcome: Outcome, seconds: float) -> Iterator[str]:
    """The report, a line at a time."""
    yield f"cases                              {outcome.cases}"
    yield f"uncaught exceptions                {len(outcome.exceptions)}"
    yield f"refusals turned into permissions   {len(outcome.turned)}"
    yield f"reported as unreadable             {outcome.unreadable}"
    yield f"bases that refuse                  {outcome.refused}"
    yield f"  of those, no refusal and nothing unreadable any more   {outcome.vanished}"
    yield f"slowest case                       {outcome.slowest * 1e3:.0f} ms, {outcome.slowest_base}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield f"time, peak memory                  {seconds:.0f} s, {peak} MB"
    for finding in (*outcome.exceptions, *outcome.turned):
        yield f"  {finding.base}, case {finding.case}: {finding.what}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="folder for the bytes of every finding")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    outcome = fuzz(options.cases, options.seed, options.corpus)
    for line in lines(outcome, time.perf_counter() - start):
        sys.stdout.write(f"{line}\n")
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        for finding in (*outcome.exceptions, *outcome.turned):
            (options.keep / f"case-{finding.case}").write_bytes(finding.data)
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
