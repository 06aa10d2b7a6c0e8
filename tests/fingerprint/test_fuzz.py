"""A short run of the fuzzer; `python tests/fuzz/pictures.py` runs a long one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture
def fuzzer():
    place = Path(__file__).parent.parent / "fuzz" / "pictures.py"
    spec = importlib.util.spec_from_file_location("fuzz_pictures", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_pictures"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz_pictures"]


def test_no_mutation_gives_an_exception_or_a_contradiction(fuzzer):
    outcome = fuzzer.fuzz(400, seed=7)
    assert outcome.cases == 400
    assert outcome.findings == []
    assert outcome.read >= 50


def test_every_base_is_read_and_those_that_hide_something_are_held_up(fuzzer):
    held_up = {name for name, data in fuzzer.bases(None).items() if fuzzer.read_image(data).not_compared}
    assert all(fuzzer.read_image(data).problem is None for data in fuzzer.bases(None).values())
    assert held_up == {"film-behind"}
