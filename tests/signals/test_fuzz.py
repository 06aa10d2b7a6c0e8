"""A short run of the fuzzer; `python tests/fuzz/embedded.py` runs a long one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def fuzzer():
    place = Path(__file__).parent.parent / "fuzz" / "embedded.py"
    spec = importlib.util.spec_from_file_location("fuzz_embedded", place)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name while it is being run.
    sys.modules["fuzz_embedded"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz_embedded"]


@pytest.mark.slow
def test_mutated_files_never_raise_and_never_turn_a_refusal(fuzzer):
    outcome = fuzzer.fuzz(3_000, seed=20)
    assert outcome.cases == 3_000
    assert outcome.exceptions == []
    assert outcome.turned == []
    assert outcome.refused > 2_000


@pytest.mark.slow
@pytest.mark.corpus
def test_mutated_real_files(fuzzer, corpus):
    outcome = fuzzer.fuzz(1_500, seed=21, corpus=corpus)
    assert outcome.exceptions == []
    assert outcome.turned == []


def test_the_fuzzer_would_notice(fuzzer, monkeypatch):
    """A reader that raises, and one that allows everything, are both found out."""

    def broken(data, sidecars, walked=None):
        raise ValueError("broken")

    monkeypatch.setattr(fuzzer, "bases", lambda corpus: {"a": b"x" * 50})
    monkeypatch.setattr(fuzzer, "verdicts", lambda signals: dict.fromkeys(fuzzer._JUDGED, signals))
    monkeypatch.setattr(fuzzer, "from_file", broken)
    with pytest.raises(ValueError, match="broken"):
        fuzzer.fuzz(1, seed=1)
    outcome = fuzzer.Outcome()
    fuzzer._judge(outcome, fuzzer.Finding("a", 0, "", b""), {})
    assert len(outcome.exceptions) == 1
    assert not outcome.passed


def test_the_same_seed_gives_the_same_cases(fuzzer):
    import random

    data = bytes(range(256)) * 8
    first, second = (fuzzer.mutated(data, random.Random("1-7"), data) for _ in range(2))
    assert first == second != data
