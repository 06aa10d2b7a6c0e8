"""What a gate said, asked by bytes and by path."""

from __future__ import annotations

import os
import pickle

import pytest

import provenance as pv
from provenance.ml.answers import GRACE, UNSEEN, Answer, Answers, Watch, strictest
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


def test_a_stream_of_which_nothing_was_seen_raises_early_and_at_its_end():
    watch = Watch("the shards")
    for _ in range(GRACE - 1):
        watch.note(UNSEEN, "w")
    with pytest.raises(pv.UsageError, match="no path was seen by the gate: none of 64 images of the shards, such as x"):
        watch.note(UNSEEN, "x")
    short = Watch("the shards")
    short.note(UNSEEN, "x")
    with pytest.raises(pv.UsageError, match="no path was seen"):
        short.end()
    Watch("an empty stream").end()
    seen = Watch("the shards")
    seen.note(Answer(Decision.BLOCK, "REFUSED"), "x")
    for _ in range(200):
        seen.note(UNSEEN, "y")
    seen.end()
