"""How many changed programs the tests notice: `python tests/mutation/run.py`.

Mutants by hand (`hand.toml`) are faults that somebody thought of. The others are drawn at random from all that
Cosmic Ray makes of the rooms that decide a verdict (`pip install cosmic-ray`). Each is tried in a copy of the tree, by
the tests of its room, until one fails. Exit status 1 where a mutant by hand survives.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TESTS: Final = {
    "policy": ("tests/policy",),
    "gate": ("tests/gate", "tests/test_api.py", "tests/cli/test_explain.py"),
    "ledger": ("tests/ledger", "tests/gate", "tests/test_api.py"),
}
QUIET: Final = ("-x", "-q", "-n", "2", "-p", "no:cacheprovider", "--no-header")
SECONDS: Final = 900
"""A mutant that makes the tests run longer than this was noticed."""
LEFT_OUT: Final = "BitOr"
"""What Cosmic Ray does to `|` changes type annotations, which nobody evaluates."""


@dataclass(frozen=True)
class Mutant:
    """A change of one file, as the text that it leaves there."""

    name: str
    file: str
    text: str
    tests: tuple[str, ...]


def by_hand() -> Iterator[Mutant]:
    """The mutants of `hand.toml`."""
    for name, one in tomllib.loads((Path(__file__).with_name("hand.toml")).read_text()).items():
        text = (ROOT / one["file"]).read_text()
        if text.count(one["old"]) != 1:
            sys.exit(f"{name}: its text is not there once: follow {one['file']} in hand.toml")
        yield Mutant(name, one["file"], text.replace(one["old"], one["new"]), tuple(one["tests"]))


def at_random(rooms: list[str], sample: int, seed: int) -> Iterator[Mutant]:
    """So many mutants of the rooms, the same ones for the same seed."""
    from cosmic_ray.commands.init import init
    from cosmic_ray.mutating import use_mutation
    from cosmic_ray.plugins import get_operator
    from cosmic_ray.work_db import use_db

    paths = [path for room in rooms for path in sorted((ROOT / "provenance" / room).rglob("*.py"))]
    paths = [path for path in paths if "migrations" not in path.parts]
    with tempfile.TemporaryDirectory() as folder, use_db(str(Path(folder) / "all.sqlite")) as work:
        init(paths, work, {})
        found = [one.mutations[0] for one in work.pending_work_items]
    found = [one for one in found if LEFT_OUT not in one.operator_name]
    found.sort(key=lambda one: (str(one.module_path), one.operator_name, one.occurrence))
    for one in random.Random(seed).sample(found, min(sample, len(found))):
        file = Path(one.module_path).relative_to(ROOT)
        with use_mutation(Path(one.module_path), get_operator(one.operator_name)(), one.occurrence) as (_, text):
            if text is None:
                continue
        name = f"{file}:{one.start_pos[0]} {one.operator_name.partition('/')[2]}"
        yield Mutant(name, str(file), text, TESTS[file.parts[1]])


def survives(mutant: Mutant) -> bool:
    """Whether no test of its room notices it. Ends the run where the tests fail without it, too."""
    if not _is_sound(mutant.tests):
        sys.exit(f"{' '.join(mutant.tests)}: these tests fail in a tree without any mutant, so they tell nothing")
    return _pass(mutant.tests, mutant.file, mutant.text)


@cache
def _is_sound(tests: tuple[str, ...]) -> bool:
    return _pass(tests)


def _pass(tests: tuple[str, ...], file: str = "", text: str = "") -> bool:
    """Whether these tests pass in a copy of the tree with this text in that file, or with none changed."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for part in ("provenance", "tests", "docs"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / part, tree / part)
        if file:
            (tree / file).write_text(text)
        command = [sys.executable, "-m", "pytest", *QUIET, *tests]
        where = {**os.environ, "PYTHONPATH": str(tree)}
        try:
            done = subprocess.run(command, cwd=tree, env=where, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--room", choices=sorted(TESTS), action="append", help="[default: all]")
    parser.add_argument("--sample", type=int, default=0, help="how many random mutants to try beside those by hand")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    left = []
    for mutant in by_hand():
        alive = survives(mutant)
        left += [mutant.name] * alive
        print("SURVIVED" if alive else "noticed ", mutant.name, flush=True)
    tried = noticed = 0
    if given.sample:
        for mutant in at_random(given.room or sorted(TESTS), given.sample, given.seed):
            alive = survives(mutant)
            tried, noticed = tried + 1, noticed + (not alive)
            print("SURVIVED" if alive else "noticed ", mutant.name, flush=True)
        print(f"{noticed} of {tried} random mutants noticed")
    print(f"{len(left)} mutants by hand survived")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
