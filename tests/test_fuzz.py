"""A few hundred cases of each fuzz script; the scripts themselves run a hundred thousand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_SCRIPTS = [Path(__file__).with_name("fuzz") / f"{name}.py" for name in ("containers", "heads", "names", "walks")]


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: path.stem)
def test_nothing_is_uncaught(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(script.parent)
    spec = importlib.util.spec_from_file_location(f"fuzz_{script.stem}", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert sys.modules["_cases"].run(module.case, 400) == 0
