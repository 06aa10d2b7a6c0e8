"""Debian's wallpaper packages from their own copyright files to a gate that passes, or does not.

The files made here have the shapes of three packages: one paragraph a picture, one for everything, and one that is
written for people only. The packages themselves are tried where they are unpacked: `DEBIAN_ROOT` names the folder into
which `dpkg-deb -x` put them, the system's own root unless it is given.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

DEP5 = (
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nSource: https://git.example/papers/\n"
)
BY_PICTURE = (
    DEP5 + "\nFiles: abstract/Silk.png\n       abstract/Waves.png\nCopyright: 2008, P. Zed <p@zed.example>\n"
    "License: GPL-2+\nComment: Copyright holders are found in AUTHORS file.\n"
    "\nFiles: desktop/Stripes-*.png\nCopyright: 2014 A. Erd\nLicense: CC-BY-SA-4.0\n"
    "\nFiles: nature/Aqua.jpg\nCopyright: 2020, L. Mar\nLicense: Expat or GPL-2+, and CC-BY-4.0\n"
    "\nFiles: nature/Wood.jpg\nCopyright: 2020, L. Mar\nLicense: MIT-like\n Do as you like.\n"
    "\nFiles: .build.yml\n       NEWS\nCopyright: *No copyright*\nLicense: GPL-2+\n"
    "\nLicense: GPL-2+\n This package is free software; you can redistribute it\n .\n and so on.\n"
)
PICTURES = ("abstract/Silk.png", "abstract/Waves.png", "desktop/Stripes-Dark.png", "nature/Aqua.jpg", "nature/Wood.jpg")
FOR_ALL = f"\n{DEP5}\nFiles: *\nCopyright: 2014 The Group http://group.example/\nLicense: GPL-2+\n"
PROSE = (
    "This package was debianized by S. B. on\nWed, 16 Feb 2005 16:07:44 +0100.\n\nImage Authors:\n\n - Mirror.jpg:\n"
    "   Copyright 2011 J. S.\n   Licensed under Creative Commons Attribution-ShareAlike 3.0 License.\n"
)
SET = (
    "--set", "acquired_at=2026-06-01T10:00:00Z", "--set", "acquisition_method=PUBLIC_ARCHIVE",
    "--set", "jurisdictions=CA", "--set", "persons_status=NONE", "--set", "reviewer=J. Morin",
)  # fmt: skip


def convert(workspace: Any, copyright_file: Path, images: Path) -> Any:
    """The command with what whoever downloaded and looked at the package knows of all its pictures."""
    return workspace.run(
        "convert", "dep5", copyright_file, "--images", images, "-o", workspace.manifest, *SET
    )  # fmt: skip


def gate(workspace: Any, images: Path, *more: str) -> Any:
    manifest = ["--manifest", workspace.manifest] if workspace.manifest.exists() else []
    given = ("--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING", "--format", "jsonl")
    return workspace.run("gate", images, *given, *manifest, *more)


def waive(workspace: Any, *items: str) -> Path:
    """A counsel takes share-alike upon herself."""
    file: Path = workspace.root / "waivers.toml"
    file.write_text(
        f'[[waiver]]\ncode = "LICENCE_CONDITIONAL"\nitems = {json.dumps(items)}\npurpose = "MODEL_TRAINING"\n'
        'reason = "the notice goes out with the model"\napprover = "J. Morin"\nticket = "LEGAL-9"\n'
        "date = 2026-06-02\nexpires = 2026-11-01\n"
    )
    return file


def reasons(ran: Any) -> dict[str, str]:
    return {item: verdict["reason"] for item, verdict in ran.by_item.items()}


def test_a_paragraph_a_picture(workspace: Any, image: Any) -> None:
    for seed, name in enumerate(PICTURES, 1):
        workspace.add(name, image(seed, kind="JPEG" if name.endswith(".jpg") else "PNG"))
    (workspace.root / "copyright").write_text(BY_PICTURE)
    assert convert(workspace, workspace.root / "copyright", workspace.photos).status == 0
    assert "zed" not in workspace.manifest.read_text().lower()  # nobody's name is taken over

    ran = gate(workspace, workspace.photos)
    assert ran.status == 1
    assert reasons(ran) == {
        "abstract/Silk.png": "LICENCE_CONDITIONAL",
        "abstract/Waves.png": "LICENCE_CONDITIONAL",
        "desktop/Stripes-Dark.png": "LICENCE_CONDITIONAL",
        "nature/Aqua.jpg": "NO_PERSON_DEPICTED",  # Expat is chosen, and CC BY asks for a notice only
        "nature/Wood.jpg": "LICENCE_UNRECOGNISED",
    }
    waivers = waive(workspace, "abstract/", "desktop/")
    waived = gate(workspace, workspace.photos, "--waivers", str(waivers), "--as-of", "2026-06-10T10:00:00Z")
    # Whoever waives the condition of a licence has not waived that another one is not known.
    assert {item for item, one in waived.by_item.items() if one["decision"] == "REVIEW"} == {"nature/Wood.jpg"}


def test_one_paragraph_for_everything(workspace: Any, image: Any) -> None:
    for seed, name in enumerate(("Altai/contents/images/1080x1920.png", "Altai/contents/screenshot.png"), 1):
        workspace.add(name, image(seed))
    (workspace.root / "copyright").write_text(FOR_ALL)
    assert convert(workspace, workspace.root / "copyright", workspace.photos).status == 0
    waivers = waive(workspace, "Altai/")
    ran = gate(workspace, workspace.photos, "--waivers", str(waivers), "--as-of", "2026-06-10T10:00:00Z")
    assert ran.status == 0
    assert {verdict["decision"] for verdict in ran.verdicts} == {"ALLOW_BY_REVIEW"}


def test_a_copyright_file_for_people_fails_closed(workspace: Any, image: Any) -> None:
    workspace.add("gnome/Mirror.jpg", image(1, kind="JPEG"))
    (workspace.root / "copyright").write_text(PROSE)
    ran = convert(workspace, workspace.root / "copyright", workspace.photos)
    assert ran.status == 2
    assert "not in the machine-readable format" in ran.err
    assert not workspace.manifest.exists()
    assert reasons(gate(workspace, workspace.photos)) == {"gnome/Mirror.jpg": "SOURCE_MISSING"}


ROOT = Path(os.environ.get("DEBIAN_ROOT", "/"))


def unpacked(package: str, folder: str) -> tuple[Path, Path]:
    """The copyright file and the pictures of a package; the test is skipped where it is not unpacked."""
    copyright_file, images = ROOT / "usr/share/doc" / package / "copyright", ROOT / "usr/share" / folder
    if not copyright_file.is_file() or not images.is_dir():
        pytest.skip(f"{package} is not unpacked below {ROOT}")
    return copyright_file, images


def rows(workspace: Any) -> Iterable[dict[str, Any]]:
    return map(json.loads, workspace.manifest.read_text().splitlines())


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.parametrize(
    ("package", "folder", "licences"),
    [
        ("mate-backgrounds", "backgrounds/mate", {"GPL-2+", "CC-BY-SA-4.0"}),
        ("plasma-workspace-wallpapers", "wallpapers", {"GPL-2+"}),
    ],
)
def test_the_packages_themselves(workspace: Any, package: str, folder: str, licences: set[str]) -> None:
    copyright_file, images = unpacked(package, folder)
    assert convert(workspace, copyright_file, images).status == 0
    assert {row["licence"] for row in rows(workspace)} == licences
    waivers = waive(workspace, *(f"{one.name}/" for one in sorted(images.iterdir()) if one.is_dir()))
    ran = gate(workspace, images, "--waivers", str(waivers), "--as-of", "2026-06-10T10:00:00Z", "--no-windows")
    assert {row["file_name"] for row in rows(workspace)} == ran.by_item.keys()
    allowed = [one for one in ran.verdicts if one["decision"] == "ALLOW_BY_REVIEW"]
    # Some drawings hold colours under transparency that cannot be compared; all else passes.
    assert {one["reason"] for one in ran.verdicts if one not in allowed} <= {"PART_NOT_COMPARED"}
    assert len(allowed) > 0.8 * len(ran.verdicts)


@pytest.mark.corpus
def test_the_package_that_says_it_to_people_only(workspace: Any) -> None:
    copyright_file, images = unpacked("gnome-backgrounds", "backgrounds/gnome")
    assert convert(workspace, copyright_file, images).status == 2
    ran = gate(workspace, images, "--no-windows")
    assert ran.status == 1
    assert {verdict["decision"] for verdict in ran.verdicts} == {"BLOCK"}
