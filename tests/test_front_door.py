"""The front door: what `provenance` exports, and that each public thing shows a line of use which runs."""

from __future__ import annotations

import contextlib
import doctest
import enum
import inspect
import json
import os
import pydoc
import subprocess
import sys
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import provenance as pv
from provenance import errors, literals, vocabulary
from provenance.ledger.statements import SourceKind
from provenance.lookup.hashlists import HashType, ListPurpose

ROOT = Path(__file__).resolve().parents[1]
SPOKEN_TO = (pv.Ledger, pv.Verdicts)
"""What one talks to: of these, every public method shows a line of use."""


def public() -> Iterator[tuple[str, Any]]:
    """Every exported thing, and every public method and property of those that one talks to."""
    for name in pv.__all__:
        thing = getattr(pv, name)
        if name == "__version__":
            continue
        yield name, thing
        if thing in SPOKEN_TO:
            for inner, member in vars(thing).items():
                if not inner.startswith("_") and (callable(member) or isinstance(member, property | classmethod)):
                    yield f"{name}.{inner}", member


CHANGING = {
    "take_reviews", "take_looks", "retract", "retire_statements", "keep_duplicates", "add_list", "retire_list",
    "rebuild", "close",
}  # fmt: skip
"""Methods whose lines change the ledger: each has one of its own."""


def lay_out(folder: Path) -> Path:
    """A folder in which the demo was run."""
    command = "from provenance.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", command, "demo", "demo"], cwd=folder, capture_output=True, text=True)
    assert (folder / "demo" / "ledger.db").is_file(), done.stderr
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, pv.Ledger, pv.Verdicts]]:
    """The demo's folder with its ledger open and gated, for lines that change nothing."""
    pytest.importorskip("skimage")
    folder = lay_out(tmp_path_factory.mktemp("front"))
    with contextlib.chdir(folder), pv.open("demo/ledger.db") as ledger:
        yield folder, ledger, ledger.gate("demo/photos", context="demo/context.toml")


def report_of(name: str, thing: Any, ledger: pv.Ledger, verdicts: pv.Verdicts) -> list[str]:
    """What is wrong with the lines of use of one thing, run in the demo's folder."""
    text = inspect.getdoc(thing) or ""
    assert ">>>" in text
    assert "+SKIP" not in text
    opens = name in ("open", "PackError", "LedgerError")
    names = {one: getattr(pv, one) for one in pv.__all__ if one != "open" or opens}
    given = {
        **names,
        "pv": pv,
        "json": json,
        "os": os,
        "ledger": ledger,
        "verdicts": verdicts,
        "datetime": datetime,
        "UTC": UTC,
        "date": date,
    }
    session = doctest.DocTestParser().get_doctest(text, given, name, name, 0)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(session, out=told.append)
    return told


@pytest.mark.parametrize(
    ("name", "thing"), [pytest.param(*one, id=one[0]) for one in public() if one[0].partition(".")[2] not in CHANGING]
)
def test_every_public_thing_shows_a_line_of_use_that_runs(
    name: str, thing: Any, demo: tuple[Path, pv.Ledger, pv.Verdicts], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, ledger, verdicts = demo
    monkeypatch.chdir(folder)
    assert report_of(name, thing, ledger, verdicts) == []


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_lines_that_change_the_ledger_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("skimage")
    monkeypatch.chdir(lay_out(tmp_path))
    with pv.open("demo/ledger.db") as ledger:
        verdicts = ledger.gate("demo/photos", context="demo/context.toml")
        assert report_of(name, getattr(pv.Ledger, name), ledger, verdicts) == []


def test_every_error_and_every_enum_is_exported() -> None:
    found = {
        name
        for module in (errors, vocabulary)
        for name, thing in vars(module).items()
        if isinstance(thing, type) and thing.__module__ == module.__name__ and name != "Term"
    }
    assert found <= set(pv.__all__)


def test_the_door_shows_what_is_named_and_nothing_else() -> None:
    assert dir(pv) == sorted(pv.__all__)
    assert len(set(pv.__all__)) == len(pv.__all__)
    told = pydoc.render_doc(pv, renderer=pydoc.plaintext)
    assert "class Verdicts" in told
    assert "import_module" not in told
    with pytest.raises(AttributeError, match="no attribute 'Verdcits'"):
        pv.Verdcits  # noqa: B018 # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_of_its_own() -> None:
    code = "import sys, provenance; print([name for name in sys.modules if name.startswith('provenance.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (literals.PurposeName, vocabulary.Purpose),
        (literals.HashName, HashType),
        (literals.ListPurposeName, ListPurpose),
        (literals.SourceName, SourceKind),
    ],
)
def test_the_words_for_type_checkers_are_those_of_the_enums(listed: Any, words: type[enum.Enum]) -> None:
    assert set(typing.get_args(listed)) == {word.value for word in words}


@pytest.mark.slow
def test_a_type_checker_rejects_a_misspelt_word(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    script = tmp_path / "train.py"
    script.write_text(
        "import provenance as pv\n"
        "def gated(ledger: pv.Ledger) -> pv.Verdicts:\n"
        "    ledger.gate('photos', purpose='MODEL_TRANING')\n"
        "    found: pv.Verdict = ledger.gate('photos', purpose='MODEL_TRAINING')['a.jpg']\n"
        "    return ledger.gate('photos', purpose=pv.Purpose.MODEL_TRAINING)\n"
    )
    told, _, status = api.run([
        "--no-incremental", "--follow-imports=silent", "--config-file=", str(script)
    ])  # fmt: skip
    assert status == 1
    assert told.count("error:") == 1
    assert 'train.py:3: error: Argument "purpose" to "gate"' in told
