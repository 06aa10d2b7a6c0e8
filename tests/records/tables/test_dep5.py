"""Debian's copyright files: which paragraph speaks of an image, wherever it is installed."""

from __future__ import annotations

import pytest

import provenance as pv
from provenance.records.tables.dep5 import dep5_rows

HEADER = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nSource: https://git.example/p\n\n"
TEXT = HEADER + (
    "Files: *\nCopyright: 2014, The Group\nLicense: GPL-2+\n\n"
    "Files: nature/Aqua.jpg\n       nature/Odd*.png\nCopyright: 2008, A. Roy <roy@x.example>\n"
    "License: CC-BY-4.0\n Some text\n .\n More\n\n"
    "Files: debian/*\nCopyright: nobody\nLicense: ISC\n\n"
    "License: GPL-2+\n The text of it.\n"
)


def licences(text, *images):
    return {row["file_name"]: row["License"] for row in dep5_rows(text, "copyright", images)}


def test_the_last_paragraph_that_matches_counts_wherever_the_image_is_installed():
    images = ("nature/Aqua.jpg", "share/p/nature/Aqua.jpg", "Aqua.jpg", "p/nature/Odd1.png", "p/other.png")
    assert licences(TEXT, *images) == dict(zip(images, ["CC-BY-4.0"] * 4 + ["GPL-2+"], strict=True))
    (row,) = dep5_rows(TEXT, "copyright", ["nature/Aqua.jpg"])
    assert row["Source"] == "https://git.example/p"
    assert row["Copyright"] == "2008, A. Roy <roy@x.example>"


def test_a_name_that_some_pattern_has_in_another_folder_is_not_covered_by_the_star():
    assert licences(TEXT, "abstract/Aqua.jpg") == {}


def test_a_pattern_of_the_root_says_nothing_of_folders():
    text = HEADER + "Files: A*.jpg\nCopyright: x\nLicense: MIT\n"
    assert licences(text, "Abc.jpg") == {"Abc.jpg": "MIT"}
    assert licences(text, "other/Abc.jpg") == {}


@pytest.mark.parametrize(
    ("glob", "name", "meets"),
    [
        ("img/?.png", "img/a.png", True),
        ("img/?.png", "img/ab.png", False),
        ("img/*", "img/deep/er/a.png", True),
        (r"img/\*.png", "img/*.png", True),
        (r"img/\*.png", "img/a.png", False),
        ("img/[ab].png", "img/[ab].png", True),
        ("img/[ab].png", "img/a.png", False),
        ("./img/a.png", "img/a.png", True),
    ],
)
def test_globs_are_those_of_the_format(glob, name, meets):
    found = licences(HEADER + f"Files: {glob}\nCopyright: x\nLicense: MIT\n", name)
    assert found == ({name: "MIT"} if meets else {})


@pytest.mark.timeout(60)
def test_many_stars_do_not_run_away():
    assert licences(HEADER + f"Files: {'a*' * 40}b\nCopyright: x\nLicense: MIT\n", "a" * 200) == {}


@pytest.mark.parametrize("text", ["", "Files: *\nLicense: MIT\n", HEADER + " goes on\n", HEADER + "no field\n"])
def test_what_is_not_in_the_format_is_an_error(text):
    with pytest.raises(pv.InputError):
        list(dep5_rows(text, "copyright", ["a.png"]))
