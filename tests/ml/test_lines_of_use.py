"""Every public thing of `provenance.ml` shows a line of use, and each of them runs."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import provenance as pv

os.environ["HF_HUB_OFFLINE"] = "1"
MODULES = {
    "answers": "",
    "datasets": "datasets",
    "file_state": "",
    "img2dataset": "pyarrow",
    "shards": "",
    "torch": "",
    "webdataset": "webdataset",
}
DATA = {
    "provenance.ml.img2dataset.ShardAccount",
    "provenance.ml.answers.Watch",
    "provenance.ml.shards.Rewritten",
    "provenance.ml.shards.Refused",
}
"""What is only made by what shows a line of use."""


def public() -> Iterator[Any]:
    for name, package in MODULES.items():
        module = importlib.import_module(f"provenance.ml.{name}")
        for inner, thing in vars(module).items():
            made_here = getattr(thing, "__module__", "") == module.__name__
            if made_here and not inner.startswith("_") and (inspect.isclass(thing) or inspect.isfunction(thing)):
                full = f"{module.__name__}.{inner}"
                if full not in DATA:
                    yield pytest.param(thing, vars(module), package, id=full)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, pv.Verdicts]]:
    pytest.importorskip("skimage")
    folder = tmp_path_factory.mktemp("lines")
    command = "from provenance.cli.main import main; main()"
    subprocess.run([sys.executable, "-c", command, "demo", "demo"], cwd=folder, capture_output=True)
    with contextlib.chdir(folder), pv.open("demo/ledger.db") as ledger:
        yield folder, ledger.gate("demo/photos", context="demo/context.toml")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("thing", "names", "package"), list(public()))
def test_lines_of_use_run(thing, names, package, demo, monkeypatch):
    folder, verdicts = demo
    if package:
        pytest.importorskip(package)
    monkeypatch.chdir(folder)
    text = inspect.getdoc(thing) or ""
    assert ">>>" in text
    session = doctest.DocTestParser().get_doctest(text, {**names, "pv": pv, "verdicts": verdicts}, "line", "line", 0)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session, out=told.append)
    assert told == []
