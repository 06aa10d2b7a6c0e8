"""The API reference: every public name is on a page, and the pages can be built."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import provenance as pv

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))
SHOWN = [name for page in PAGES for name in re.findall(r"^::: (\S+)$", page.read_text(), re.MULTILINE)]


def found(dotted: str) -> object:
    """The module, or the thing in a module, that a page names."""
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(module), name)


def test_every_public_name_is_on_one_page():
    assert len(set(SHOWN)) == len(SHOWN)
    shown = [found(name) for name in SHOWN]
    modules = {one.__name__ for one in shown if inspect.ismodule(one)}
    missing = [
        name
        for name in pv.__all__
        if name != "__version__"
        and not any(getattr(pv, name) is one for one in shown)
        and getattr(pv, name).__module__ not in modules
    ]
    assert missing == []


def test_the_index_leads_to_every_page():
    text = (ROOT / "docs" / "reference" / "index.md").read_text()
    assert [page.name for page in PAGES if page.name != "index.md" and f"]({page.name})" not in text] == []


@pytest.mark.slow
def test_the_pages_can_be_built(tmp_path: Path) -> None:
    for package in ("mkdocs", "mkdocstrings"):
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert "raise_for_status" in (tmp_path / "site" / "reference" / "verdicts.html").read_text()
