"""Looking over packs: every broken file is named, and what is overdue or unverified is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from provenance.policy.lint import Level, lint, unverified
from provenance.policy.packs import load_packs

TODAY = date(2026, 11, 22)
SOUND = """
id = "NZ"
name = "New Zealand"
law = "Privacy Act 2020"
sources = []
version = "1"
review_by = 2027-02-22
in_force = 2020-12-01
[[bases]]
basis = "CONSENT"
citation = "IPP 2"
verified = true
[public]
rule = "none"
note = ""
citation = "IPP 2"
verified = true
[minors]
self_consent_age = 16
signer = "parent"
statutory = false
citation = "x"
verified = false
[faces]
trigger = ""
citation = "y"
verified = true
"""


def pack(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text)


def test_the_packs_that_ship_have_no_error_and_no_overdue_review() -> None:
    assert {notice.level for notice in lint(None, TODAY)} == {Level.NOTE}


def test_every_pack_is_overdue_the_day_after_its_review_date() -> None:
    packs = load_packs()
    last = {pack.id: pack.review_by for pack in packs}
    on_the_day = {n.pack for n in lint(None, max(last.values())) if n.level is Level.STALE}
    assert on_the_day == {code for code, day in last.items() if day < max(last.values())}
    late = date.fromordinal(max(last.values()).toordinal() + 1)
    assert {n.pack for n in lint(None, late) if n.level is Level.STALE} == last.keys()


def test_only_the_packs_of_the_folder_are_spoken_of(tmp_path: Path) -> None:
    pack(tmp_path, "NZ", SOUND)
    [notice] = lint(tmp_path, TODAY)
    assert (notice.level, notice.pack) == (Level.NOTE, "NZ")
    assert notice.text == "1 of its citations not verified: minors"


def test_a_pack_that_inherits_answers_for_its_own_citations_only() -> None:
    packs = load_packs()
    assert unverified(packs["EU-FR"], packs["EU"]) == ("minors",)
    assert "bases.CONSENT" in unverified(packs["EU"])


def test_a_law_that_is_not_yet_in_force_is_noted(tmp_path: Path) -> None:
    pack(tmp_path, "NZ", SOUND.replace("2020-12-01", "2030-01-01"))
    assert lint(tmp_path, TODAY)[0].text == "is in force from 2030-01-01 and applied ahead of that"


def test_every_broken_file_is_named_at_once(tmp_path: Path) -> None:
    pack(tmp_path, "NZ", SOUND)
    pack(tmp_path, "AA", "id = ")
    pack(tmp_path, "BB", SOUND.replace('id = "NZ"', 'id = "BB"').replace('"CONSENT"', '"CONCENT"'))
    pack(tmp_path, "CC", 'id = "CC"\ninherits = "QQ"\n')
    pack(tmp_path, "DD", SOUND)
    pack(tmp_path, "EE", 'id = "EE"\n' + "#" * 70_000)
    errors = lint(tmp_path, TODAY)
    assert {notice.level for notice in errors} == {Level.ERROR}
    assert sorted(Path(notice.text.split(":")[0].split(" ")[0]).name for notice in errors) == [
        "AA.toml",
        "BB.toml",
        "CC.toml",
        "DD.toml",
        "EE.toml",
    ]
    told = next(notice.text for notice in errors if "BB.toml" in notice.text)
    assert told.startswith(f"{tmp_path}/BB.toml: bases.0.basis: ")
    assert "'CONCENT'" in told


def test_a_file_too_large_to_look_at_is_an_error(tmp_path: Path) -> None:
    pack(tmp_path, "NZ", SOUND)
    pack(tmp_path, "AA", 'id = "AA"\n' + "#" * (2 << 20))
    [notice] = lint(tmp_path, TODAY)
    assert notice.level is Level.ERROR
    assert "AA.toml" in notice.text


@pytest.mark.parametrize("name", ["nz", "N Z"])
def test_a_file_that_is_not_named_after_a_jurisdiction_is_an_error(tmp_path: Path, name: str) -> None:
    pack(tmp_path, name, SOUND.replace('"NZ"', f'"{name}"'))
    assert [notice.level for notice in lint(tmp_path, TODAY)] == [Level.ERROR]
