"""Mutates files that hold several pictures, or more than a decoder gives, and reads them. Repeatable.

    python tests/fuzz/pictures.py --cases 100000 --seed 1 [--corpus DIR]

Reported: cases, uncaught exceptions, readings that contradict themselves, files that were read and held up, and the
slowest case. Exit status 1 if an exception or a contradiction was found.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from provenance.fingerprint.places import number_of
from provenance.fingerprint.read import read_image
from provenance.fingerprint.stderr import c_stderr_discarded
from provenance.fingerprint.wanted import Wanted
from provenance.model import Reading

_LARGEST_BASE = 100_000
_WISHES = (Wanted(), Wanted(windows=False), Wanted(exact=True, windows=False), Wanted(windows=False, all_frames=True))


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
    findings: list[Finding] = field(default_factory=list)
    read: int = 0
    held_up: int = 0
    slowest: float = 0.0
    slowest_base: str = ""


def _sibling(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def bases(corpus: Path | None) -> dict[str, bytes]:
    """The files to mutate, by name."""
    found: dict[str, bytes] = _sibling("files").several_pictures()
    if corpus is not None:
        for path in sorted(corpus.rglob("*")):
            if path.is_file() and path.stat().st_size <= _LARGEST_BASE:
                found[str(path.relative_to(corpus))] = path.read_bytes()
    return found


def contradiction(reading: Reading) -> str | None:
    """What of a reading cannot be true."""
    if (reading.problem is None) != bool(reading.fingerprints):
        return "neither a fingerprint nor a problem, or both"
    seen = [(found.algorithm, found.place) for found in reading.fingerprints]
    if len(set(seen)) != len(seen):
        return "two fingerprints of one kind at one place"
    if any(number_of(place) < 0 for _, place in seen):  # raises for what is no place
        return "a place without a number"
    if reading.fingerprints and number_of(reading.fingerprints[0].place):
        return "the first picture is not the first"
    if any(not part.isprintable() or not 0 < len(part) < 400 for part in reading.not_compared):
        return "a part that cannot be shown"
    return None


def fuzz(cases: int, seed: int, corpus: Path | None = None) -> Outcome:
    """Runs `cases` cases; the same arguments give the same cases."""
    mutated = _sibling("embedded").mutated
    outcome, originals = Outcome(), bases(corpus)
    names = sorted(originals)
    for case in range(cases):
        chance = random.Random(f"{seed}-{case}")
        name = chance.choice(names)
        data = mutated(originals[name], chance, originals[chance.choice(names)])
        _judge(outcome, name, case, data, chance.choice(_WISHES))
    return outcome


def _judge(outcome: Outcome, base: str, case: int, data: bytes, wanted: Wanted) -> None:
    outcome.cases += 1
    start = time.perf_counter()
    try:
        reading = read_image(data, wanted)
    except Exception as fault:  # noqa: BLE001 - the very thing that is looked for
        outcome.findings.append(Finding(base, case, repr(fault), data))
        return
    spent = time.perf_counter() - start
    if spent > outcome.slowest:
        outcome.slowest, outcome.slowest_base = spent, f"{base} (case {case})"
    outcome.read += reading.problem is None
    outcome.held_up += bool(reading.not_compared)
    what = contradiction(reading)
    if what is not None:
        outcome.findings.append(Finding(base, case, what, data))


def lines(outcome: Outcome, seconds: float) -> Iterator[str]:
    """The report, a line at a time."""
    yield f"cases                              {outcome.cases}"
    yield f"exceptions and contradictions      {len(outcome.findings)}"
    yield f"read                               {outcome.read}"
    yield f"  of those, held up for a part     {outcome.held_up}"
    yield f"slowest case                       {outcome.slowest * 1e3:.0f} ms, {outcome.slowest_base}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield f"time, peak memory                  {seconds:.0f} s, {peak} MB"
    for finding in outcome.findings:
        yield f"  {finding.base}, case {finding.case}: {finding.what}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="folder for the bytes of every finding")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    with c_stderr_discarded():
        outcome = fuzz(options.cases, options.seed, options.corpus)
    for line in lines(outcome, time.perf_counter() - start):
        sys.stdout.write(f"{line}\n")
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        for finding in outcome.findings:
            (options.keep / f"case-{finding.case}").write_bytes(finding.data)
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
