"""Marks of sensitive content in files, rows and keywords."""

from __future__ import annotations

import pytest

from fuzz import files
from provenance.model import ManifestRow, SignalSubject
from provenance.run.gather import from_declaration
from provenance.signals import precedence
from provenance.signals.columns import read_columns
from provenance.signals.embedded import read_embedded
from provenance.signals.sensitive import mark_in


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Content warning: blood", "content warning"),
        ("Trigger warning, graphic violence", "graphic violence"),
        ("RTA-5042-1996-1400-1577-RTA", "rta 5042 1996 1400 1577 rta"),
        ("Nur für Erwachsene", "nur fur erwachsene"),
        ("A naked hill", None),
        ("A warning sign", None),
        ("The contents of a box", None),
        ("Explicit instructions for the kitchen", None),
        ("", None),
    ],
)
def test_marks_in_texts(text, mark):
    assert mark_in(text, keywords=False) == mark


@pytest.mark.parametrize(
    ("keywords", "mark"),
    [
        ("beach; nude", "nude"),
        ("#NSFW", "nsfw"),
        ("18+", "18+"),
        ("birthday; 18", None),
        ("nude mouse model; lab", None),
        ("Akt", "akt"),
        ("hill, river", None),
    ],
)
def test_keywords(keywords, mark):
    assert mark_in(keywords, keywords=True) == mark


def test_files_rows_and_columns():
    packet = files.packet("<dc:subject><rdf:Bag><rdf:li>nsfw</rdf:li></rdf:Bag></dc:subject>")
    told = [
        read_embedded(files.jpeg(files.xmp_segment(packet))),
        from_declaration(ManifestRow(keywords=("NSFW",)), "a.jpg", None),
        from_declaration(ManifestRow(caption="Viewer discretion is advised"), "a.jpg", None),
        read_columns({"nsfw": "NSFW"}),
        read_columns({"punsafe": 0.9}),
        read_columns({"tags": "beach,nude"}),
    ]
    for signals in told:
        assert precedence.sum_up(signals).sensitive
    quiet = [read_columns({"nsfw": "UNLIKELY"}), read_columns({"punsafe": 0.01}), read_columns({"tags": "beach"})]
    for signals in quiet:
        assert not [signal for signal in signals if signal.subject is SignalSubject.SENSITIVE]
