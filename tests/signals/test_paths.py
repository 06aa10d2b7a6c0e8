"""Paths, file names and addresses are read for signs of minors alone, and the signal says that it was a path."""

from __future__ import annotations

import pytest

from provenance.model import ManifestRow, SignalSubject
from provenance.run.gather import from_declaration
from provenance.signals import precedence
from provenance.signals.text import read_path


@pytest.mark.parametrize(
    "path",
    [
        "train/person/0001.jpg",
        "no_person/0001.jpg",
        "people/women/0001.jpg",
        "baby_carriage/0001.jpg",
        "children_books/0001.jpg",
        "kids-toys/0001.jpg",
        "toys/baby doll/0001.jpg",
        "dataset/kid_goat/1.png",
        "student-notes/0001.jpg",
        "babylon/tower.jpg",
        "https://example.org/women/portrait.jpg",
    ],
)
def test_classes_of_datasets_say_nothing_of_who_is_shown(path):
    assert read_path("file_name", path) == ()
    facts = precedence.sum_up(from_declaration(ManifestRow(file_name=path), path, None))
    assert not facts.person_shown
    assert not facts.minor_suspected


@pytest.mark.parametrize("path", ["kids/0001.jpg", "school/LittleGirl_7.jpg", "toddler-at-beach.png", "bebes/1.jpg"])
def test_a_path_that_speaks_of_minors_is_named_as_a_path(path):
    found = [signal for signal in read_path("file_name", path) if signal.subject is SignalSubject.MINOR]
    assert found
    assert all(signal.name.endswith(" in path") and signal.location == "file_name" for signal in found)
    facts = precedence.sum_up(from_declaration(ManifestRow(file_name=path), path, None))
    assert facts.minor_suspected
    assert facts.minor_suspected_by_path
    assert not facts.person_shown


def test_a_caption_beside_the_path_is_more_than_a_path():
    row = ManifestRow(file_name="kids/1.jpg", caption="A girl, 7, on a swing")
    facts = precedence.sum_up(from_declaration(row, "kids/1.jpg", None))
    assert facts.minor_suspected
    assert not facts.minor_suspected_by_path
    assert facts.person_shown


@pytest.mark.parametrize(
    ("path", "fact"),
    [
        ("do-not-train/0001.jpg", "reservation_in_words"),
        ("archive/Not for AI training/0001.jpg", "reservation_in_words"),
        ("x/nicht zum Training von KI/1.jpg", "reservation_in_words"),
        ("all_rights_reserved/0001.jpg", "nothing_granted"),
        ("scans/for editorial use only/0001.jpg", "nothing_granted"),
        ("scans\\all rights reserved\\0001.jpg", "nothing_granted"),
        ("hill (all rights reserved).jpg", "nothing_granted"),
    ],
)
def test_a_folder_that_states_a_rule_is_read_like_a_caption(path, fact):
    facts = precedence.sum_up(from_declaration(None, path, None))
    assert getattr(facts, fact).startswith("file_name in path ")


@pytest.mark.parametrize(
    "path",
    [
        "no_ai/1.jpg",
        "noai/1.jpg",
        "ai/train/1.jpg",
        "rights/1.jpg",
        "nsfw/1.jpg",
        "three-friends/1.jpg",
        "train/no/1.jpg",
        "IMG_20210304_120000_no_flash.jpg",
        "no training wheels bicycle/1.jpg",
    ],
)
def test_other_words_of_a_path_refuse_nothing(path):
    """A folder is called after a topic as often as after a rule."""
    assert precedence.sum_up(from_declaration(None, path, None)) == precedence.sum_up([])
