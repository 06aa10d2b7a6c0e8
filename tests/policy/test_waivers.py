"""Files of waivers: what an entry needs, and that every fault of one is named."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from decided import NEVER_WAIVED, entry, waivers
from provenance.errors import PackError
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import MAX_DAYS, parse_waivers, read_waivers
from provenance.vocabulary import Decision, Purpose


@pytest.mark.parametrize("rule", [rule for rule in load_reasons() if not rule.overridable], ids=lambda rule: rule.code)
def test_what_nobody_can_waive_is_refused_by_name(rule: object) -> None:
    code = rule.code  # type: ignore[attr-defined]
    with pytest.raises(PackError, match=rf"waivers.toml: waiver 2: code: {code} .*cannot be waived"):
        waivers(entry(), entry(code=code))


def test_the_codes_that_nobody_can_waive_are_those_of_the_table() -> None:
    stopping = {rule.number for rule in load_reasons() if rule.decision in (Decision.REVIEW, Decision.BLOCK)}
    assert {rule.number for rule in load_reasons() if not rule.overridable} & stopping == NEVER_WAIVED


FINDING = {"finding": "ab" * 16, "code": None, "items": None, "purpose": None}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"reason": None}, "reason"),
        ({"reason": "  "}, "reason"),
        ({"reason": "TBD"}, "reason"),
        ({"approver": None}, "approver"),
        ({"approver": "\u200b"}, "approver"),
        ({"approver": "\u3164"}, "approver"),
        ({"approver": "\u2800"}, "approver"),
        ({"approver": "-"}, "approver"),
        ({"approver": "nan"}, "approver"),
        ({"approver": "n/a"}, "approver"),
        ({"approver": "auto"}, "approver"),
        ({"approver": "retinaface-resnet50"}, "approver"),
        ({"ticket": None}, "ticket"),
        ({"ticket": 7}, "ticket"),
        ({"ticket": "n/a"}, "ticket"),
        ({"ticket": "\u200b"}, "ticket"),
        ({"date": None}, "date"),
        ({"expires": None}, "expires"),
        ({"expires": "2027-01-31"}, "expires"),
        ({"expires": date(2026, 9, 30)}, "expires"),
        ({"expires": date(2026, 10, 1) + timedelta(days=MAX_DAYS + 1)}, "expires"),
        ({"items": None}, "finding"),
        ({"items": []}, "items"),
        ({"items": "archive/"}, "items"),
        ({"items": ["../a.jpg"]}, "items"),
        ({"items": ["/photos/a.jpg"]}, "items"),
        ({"items": ["/"]}, "items"),
        ({"items": ["./"]}, "items"),
        ({"code": None}, "finding"),
        ({"code": "LICENSE_MISSING"}, "code"),
        ({"jurisdictions": []}, "jurisdictions"),
        ({"jurisdictions": ["EUROPE"]}, "jurisdictions"),
        ({"purpose": "TRAINING"}, "purpose"),
        ({"purpose": ["MODEL_TRAINING"]}, "purpose"),
        ({"recipients": []}, "recipients"),
        ({"recipients": ["n/a"]}, "recipients"),
        ({"face_templates": "no"}, "face_templates"),
        ({"finding": "ab" * 16}, "items"),
        ({**FINDING, "purpose": "MODEL_TRAINING"}, "purpose"),
        ({**FINDING, "recipients": ["acme"]}, "recipients"),
        ({**FINDING, "face_templates": True}, "face_templates"),
        ({**FINDING, "finding": "xy" * 16}, "finding"),
        ({**FINDING, "finding": "ab"}, "finding"),
        ({"comment": "x"}, "comment"),
    ],
)
def test_a_fault_is_named_with_its_entry_and_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(PackError, match=rf"waivers.toml: waiver 1: {key}: "):
        waivers(entry(**changes))


def test_a_misspelt_limit_is_an_error_that_names_the_keys() -> None:
    with pytest.raises(PackError, match=r"expires_on: there is no such key; the keys are .*expires"):
        waivers(entry(expires=None, expires_on=date(2027, 1, 31)))


def test_what_an_entry_leaves_out_it_does_not_cover() -> None:
    bare = waivers(entry(purpose=None)).entries[0]
    assert (bare.purpose, bare.recipients, bare.face_templates, bare.jurisdictions) == (None, (), False, ())


def test_a_name_is_brought_to_its_normal_form() -> None:
    held = waivers(entry(items=["./archive//a.jpg", "misc/", "win\\b.jpg"], purpose="AGE_VERIFICATION")).entries[0]
    assert held.items == ("archive/a.jpg", "misc/", "win/b.jpg")
    assert held.purpose is Purpose.AGE_VERIFICATION


def test_an_entry_is_named_by_what_it_says() -> None:
    first, moved = waivers(entry()).entries[0], waivers(entry(ticket="L-1"), entry()).entries[1]
    assert first.digest == moved.digest
    assert waivers(entry(expires=date(2027, 1, 30))).entries[0].digest != first.digest


def test_the_longest_term_is_accepted() -> None:
    waivers(entry(expires=date(2026, 10, 1) + timedelta(days=MAX_DAYS)))


@pytest.mark.parametrize("text", ["waiver = 3", "[other]\na = 1", "not toml", "\udcff", "waiver = [1]"])
def test_a_file_that_is_no_list_of_waivers_is_refused(text: str) -> None:
    with pytest.raises(PackError):
        parse_waivers(text.encode("utf-8", "surrogateescape"), "waivers.toml", load_reasons())


def test_a_file_is_read_and_a_missing_one_named(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(entry())
    assert len(read_waivers(path).entries) == 1
    with pytest.raises(PackError, match="cannot be read"):
        read_waivers(tmp_path / "none.toml")


def test_the_entries_in_the_documentation_are_waivers(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "waivers.md").read_text(encoding="utf-8")
    path = tmp_path / "waivers.toml"
    path.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    by_code, by_finding = read_waivers(path).entries
    assert (by_code.purpose, by_finding.finding is not None) == (Purpose.MODEL_TRAINING, True)
