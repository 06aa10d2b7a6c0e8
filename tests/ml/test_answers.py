"""What a gate said, asked by bytes and by path."""

from __future__ import annotations

import os
import pickle
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import provenance as pv
from provenance.ml.answers import UNSEEN, Answer, Answers, Watch, strictest
from provenance.vocabulary import Decision


def test_bytes_and_paths_have_the_gates_answer(workspace, verdicts, stored):
    answers = pickle.loads(pickle.dumps(Answers.of(verdicts)))
    for name, data in stored.items():
        verdict = verdicts[name]
        said = Answer(verdict.decision, verdict.reason)
        assert answers.of_bytes(data) == answers.of_bytes(memoryview(data)) == said
        assert answers.of_digest(verdict.sha256) == said
        assert answers.of_path(workspace.photos / name) == answers.of_path(f"photos/./{name}") == said
    assert len(answers) == len(verdicts)
    assert answers.of_bytes(b"never seen") is UNSEEN
    assert answers.of_path("photos/never.png") is UNSEEN
    assert not UNSEEN.may_be_used


def test_the_same_bytes_under_a_refused_name_are_refused(workspace, ledger, stored):
    (workspace.photos / "again.png").write_bytes(stored["a.png"])
    answers = Answers.of(ledger.gate(workspace.photos, purpose="MODEL_TRAINING"))
    assert answers.of_path("photos/a.png").may_be_used
    assert not answers.of_path("photos/again.png").may_be_used
    ledger.scan(workspace.photos, manifest=workspace.manifest)
    answers = Answers.of(ledger.gate(workspace.photos, purpose="MODEL_TRAINING"))
    assert not answers.of_bytes(stored["a.png"]).may_be_used
    assert answers.of_bytes(stored["c.png"]).may_be_used


def test_a_file_that_changed_since_the_gate_makes_the_answers_stale(workspace, verdicts, stored):
    (workspace.photos / "a.png").write_bytes(stored["c.png"])
    os.utime(workspace.photos / "a.png", ns=(1, 1))
    with pytest.raises(pv.VerdictsStale):
        Answers.of(verdicts)


def test_the_worst_image_of_a_sample_counts():
    allow, review = Answer(Decision.ALLOW, "x"), Answer(Decision.REVIEW, "y")
    assert strictest([allow, review, allow]) is review
    assert strictest([allow, UNSEEN]) is UNSEEN
    assert strictest([]) is UNSEEN


def test_many_images_are_asked_by_number(workspace, verdicts, stored):
    """The same answers as one by one, whichever way many paths are looked up."""
    pa = pytest.importorskip("pyarrow")
    answers = pickle.loads(pickle.dumps(Answers.of(verdicts)))
    numbers = answers.numbers_of_bytes([*stored.values(), None, b"never seen"])
    assert [answers.kinds[number] for number in numbers] == [*map(answers.of_bytes, stored.values()), UNSEEN, UNSEEN]
    paths = [str(workspace.photos / name) for name in stored]
    asked = [*paths, f"{workspace.photos}/./a.png", None, "", "nowhere.png"]
    for times in (1, 40):  # a few paths, and more than the gate has seen
        for kind in (pa.string(), pa.large_string()):
            found = answers.numbers_of_paths(pa.array(asked * times, kind))
            said = [answers.of_path(path) if path else UNSEEN for path in asked]
            assert [answers.kinds[number] for number in found] == said * times
    usable = answers.usable(answers.numbers_of_paths(pa.array(paths)))
    assert usable.tolist() == [answers.of_path(path).may_be_used for path in paths]


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=6))
def test_of_several_images_the_worst_number_is_that_of_the_worst_answer(rows):
    kinds = [(Decision.REVIEW, "r"), (Decision.ALLOW, "a"), (Decision.BLOCK, "b"), (Decision.ALLOW_BY_REVIEW, "w")]
    answers = Answers(Named(f"{place}.png", None, *said) for place, said in enumerate(kinds))
    numbers = np.array([number for row in rows for number in row], np.uint16)
    worst = answers.strictest(numbers, np.array([len(row) for row in rows], np.int64))
    for row, number in zip(rows, worst, strict=True):
        expected = strictest(answers.kinds[one] for one in row)
        assert answers.kinds[number].decision.severity == expected.decision.severity
        assert number == 0 or number in row


class Named(NamedTuple):
    """What `Answers` needs of an image."""

    path: str
    sha256: bytes | None
    decision: Decision
    reason: str


def seen(*numbers):
    return np.array(numbers, np.uint16)


def test_a_dataset_of_which_nothing_was_seen_raises_and_some_of_it_is_told_once(caplog):
    watch = Watch("the photos")
    watch.note(seen(0, 0), ["x", "y"].__getitem__)
    with pytest.raises(pv.UsageError, match="no path was seen by the gate: none of 2 images of the photos, such as x"):
        watch.tell()
    Watch("an empty dataset").tell()
    whole = Watch("the photos")
    whole.note(seen(1, 2), ["x", "y"].__getitem__)
    whole.tell()
    assert caplog.records == []
    whole.note(seen(1, 0, 0), ["z", "v", "w"].__getitem__)
    whole.tell()
    whole.note(seen(0), ["u"].__getitem__)
    whole.tell()
    assert [record.getMessage() for record in caplog.records] == [
        "2 of 5 images of the photos were not seen by the gate and may not be used, such as v"
    ]
