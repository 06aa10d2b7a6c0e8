"""Waivers: what they need, what they can and cannot do, and that none goes unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import PackError
from provenance.model import Reason, Verdict
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import (
    MAX_DAYS,
    Waivers,
    WaiverState,
    apply,
    fingerprint,
    leftovers,
    parse_waivers,
    read_waivers,
    waive,
)
from provenance.vocabulary import Decision

NOW = datetime(2026, 10, 15, 9, 30, tzinfo=UTC)
SHA = bytes(range(32))
NEVER_WAIVED = {5, 6, 10, 11, 12, 13, 14, 43, 44, 60}


def reason(code: str, jurisdiction: str | None = None, person: str | None = None) -> Reason:
    rule = load_reasons()[code]
    return Reason(code, rule.number, rule.decision, rule.sentence, rule.citation, jurisdiction, person)


def verdict(*reasons: Reason, item: str = "archive/a.jpg") -> Verdict:
    primary = max(reasons, key=lambda one: (one.decision.severity, -one.number))
    return Verdict(item, "archive", SHA, primary.decision, primary.code, reasons, NOW, {"CA": "2026.11"})


def entry(**changes: object) -> str:
    values: dict[str, object] = {
        "code": "LICENCE_MISSING",
        "items": ["archive/"],
        "reason": "our own archive",
        "approver": "J. Morin",
        "ticket": "LEGAL-77",
        "date": date(2026, 10, 1),
        "expires": date(2027, 1, 31),
        **changes,
    }
    lines = []
    for key, value in values.items():
        if value is not None:
            lines.append(f"{key} = {value}" if isinstance(value, date) else f"{key} = {value!r}")
    return "\n".join(["[[waiver]]", *lines, ""])


def waivers(*entries: str) -> Waivers:
    return parse_waivers("\n".join(entries).encode(), "waivers.toml", load_reasons())


LICENCE, GROUP = reason("LICENCE_MISSING"), reason("PROTECTED_GROUP_REVIEW", person="p-1")


def test_every_reason_waived_is_allowed_by_review_and_says_by_whom() -> None:
    got = waive(verdict(LICENCE, reason("LAWFUL_BASIS_VERIFIED", "CA", "p-1")), waivers(entry()), NOW)
    assert (got.verdict.decision, got.verdict.reason) == (Decision.ALLOW_BY_REVIEW, "LICENCE_MISSING")
    assert got.used == {1}
    kept = got.verdict.reasons[0]
    assert (kept.code, kept.decision) == ("LICENCE_MISSING", Decision.ALLOW_BY_REVIEW)
    assert "J. Morin" in kept.detail
    assert "LEGAL-77" in kept.detail


def test_one_reason_unwaived_keeps_the_decision() -> None:
    got = apply(verdict(LICENCE, GROUP), waivers(entry()), NOW)
    assert (got.decision, got.reason) == (Decision.REVIEW, "PROTECTED_GROUP_REVIEW")


def test_a_waived_block_leaves_the_review_that_remains() -> None:
    got = apply(verdict(reason("SOURCE_MISSING"), LICENCE), waivers(entry(code="SOURCE_MISSING")), NOW)
    assert (got.decision, got.reason) == (Decision.REVIEW, "LICENCE_MISSING")


def test_nothing_waived_leaves_the_verdict_as_it_is() -> None:
    before = verdict(LICENCE)
    assert apply(before, waivers(entry(items=["other/"])), NOW) is before


@pytest.mark.parametrize(
    ("at", "decision"),
    [
        (datetime(2026, 9, 30, 23, 59, tzinfo=UTC), Decision.REVIEW),
        (datetime(2026, 10, 1, tzinfo=UTC), Decision.ALLOW_BY_REVIEW),
        (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), Decision.ALLOW_BY_REVIEW),
        (datetime(2027, 2, 1, tzinfo=UTC), Decision.REVIEW),
        (datetime.fromisoformat("2027-01-31T23:00:00-05:00"), Decision.REVIEW),
    ],
)
def test_a_waiver_counts_on_its_days_in_utc(at: datetime, decision: Decision) -> None:
    assert apply(verdict(LICENCE), waivers(entry()), at).decision is decision


@pytest.mark.parametrize(
    ("items", "reached"),
    [
        (["archive/a.jpg"], True),
        (["archive/"], True),
        (["archive"], False),
        (["archive/a"], False),
        (["a.jpg"], False),
        (["other/", "archive/a.jpg"], True),
    ],
)
def test_a_scope_names_files_or_whole_folders(items: list[str], reached: bool) -> None:
    assert (apply(verdict(LICENCE), waivers(entry(items=items)), NOW).decision is Decision.ALLOW_BY_REVIEW) is reached


def test_a_scope_can_be_narrowed_to_a_law() -> None:
    held = waivers(entry(code="LIA_REVIEW", jurisdictions=["EU"]))
    assert apply(verdict(reason("LIA_REVIEW", "EU")), held, NOW).decision is Decision.ALLOW_BY_REVIEW
    assert apply(verdict(reason("LIA_REVIEW", "GB")), held, NOW).decision is Decision.REVIEW
    assert apply(verdict(reason("LIA_REVIEW")), held, NOW).decision is Decision.REVIEW


def test_a_fingerprint_follows_a_moved_file_and_nothing_else() -> None:
    mark = fingerprint(GROUP, SHA)
    held = waivers(entry(code=None, items=None, finding=mark))
    assert apply(verdict(GROUP, item="moved/b.jpg"), held, NOW).decision is Decision.ALLOW_BY_REVIEW
    for other in (
        replace(GROUP, person="p-2"),
        replace(GROUP, jurisdiction="CA"),
        replace(GROUP, person=None),
        LICENCE,
    ):
        assert fingerprint(other, SHA) != mark
        assert apply(verdict(other), held, NOW).decision is Decision.REVIEW
    assert fingerprint(GROUP, bytes(32)) != mark
    assert fingerprint(replace(GROUP, detail="in other words", citation="x"), SHA) == mark
    assert fingerprint(GROUP, None) is None


def test_the_fingerprint_is_what_the_documentation_says() -> None:
    from hashlib import sha256

    person = sha256(b"p-1").hexdigest()
    text = f"finding 1\0LIA_REVIEW\0{SHA.hex()}\0EU\0{person}\0"
    assert fingerprint(reason("LIA_REVIEW", "EU", "p-1"), SHA) == sha256(text.encode()).hexdigest()[:32]


@pytest.mark.parametrize("rule", [rule for rule in load_reasons() if not rule.overridable], ids=lambda rule: rule.code)
def test_what_nobody_can_waive_is_refused_by_name(rule: object) -> None:
    code = rule.code  # type: ignore[attr-defined]
    with pytest.raises(PackError, match=rf"waivers.toml: waiver 2: code: {code} .*cannot be waived"):
        waivers(entry(), entry(code=code))


def test_the_codes_that_nobody_can_waive_are_those_of_the_table() -> None:
    stopping = {rule.number for rule in load_reasons() if rule.decision in (Decision.REVIEW, Decision.BLOCK)}
    assert {rule.number for rule in load_reasons() if not rule.overridable} & stopping == NEVER_WAIVED


@pytest.mark.parametrize("rule", [r for r in load_reasons() if r.number in NEVER_WAIVED], ids=lambda rule: rule.code)
def test_not_even_a_fingerprint_waives_it(rule: object) -> None:
    found = reason(rule.code)  # type: ignore[attr-defined]
    held = waivers(entry(code=None, items=None, finding=fingerprint(found, SHA)))
    got = waive(verdict(found), held, NOW)
    assert got.verdict == verdict(found)
    assert (got.used, got.refused) == (frozenset(), {1})
    assert [one.state for one in leftovers(held, got.used, NOW, refused=got.refused)] == [WaiverState.REFUSED]


def test_a_waiver_out_of_its_time_or_without_use_is_reported() -> None:
    held = waivers(
        entry(date=date(2026, 1, 1), expires=date(2026, 5, 1)),
        entry(date=date(2026, 11, 1), expires=date(2026, 12, 1)),
        entry(items=["nowhere/"]),
        entry(),
    )
    got = waive(verdict(LICENCE), held, NOW)
    found = leftovers(held, got.used, NOW)
    assert [(one.waiver.place, one.state) for one in found] == [
        (1, WaiverState.EXPIRED),
        (2, WaiverState.NOT_YET),
        (3, WaiverState.UNUSED),
    ]
    assert found[0].detail == "waivers.toml: waiver 1 (LICENCE_MISSING, LEGAL-77) expired on 2026-05-01"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"reason": None}, "reason"),
        ({"reason": "  "}, "reason"),
        ({"approver": None}, "approver"),
        ({"ticket": None}, "ticket"),
        ({"ticket": 7}, "ticket"),
        ({"date": None}, "date"),
        ({"expires": None}, "expires"),
        ({"expires": "2027-01-31"}, "expires"),
        ({"expires": date(2026, 9, 30)}, "expires"),
        ({"expires": date(2026, 10, 1) + timedelta(days=MAX_DAYS + 1)}, "expires"),
        ({"items": None}, "finding"),
        ({"items": []}, "items"),
        ({"items": "archive/"}, "items"),
        ({"code": None}, "finding"),
        ({"code": "LICENSE_MISSING"}, "code"),
        ({"finding": "ab" * 16}, "items"),
        ({"finding": "xy" * 16, "items": None}, "finding"),
        ({"finding": "ab", "items": None}, "finding"),
        ({"comment": "x"}, "comment"),
    ],
)
def test_an_incomplete_entry_is_named(changes: dict[str, object], key: str) -> None:
    with pytest.raises(PackError, match=rf"waivers.toml: waiver 1: {key}: "):
        waivers(entry(**changes))


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


CODES = [rule.code for rule in load_reasons()]


@given(st.lists(st.sampled_from(CODES), min_size=1, unique=True), st.lists(st.sampled_from(CODES), unique=True))
def test_waivers_only_ever_lead_to_allow_by_review(held: list[str], waived: list[str]) -> None:
    overridable = [code for code in waived if load_reasons()[code].overridable]
    before = verdict(*map(reason, held))
    after = apply(before, waivers(*(entry(code=code) for code in overridable)), NOW)
    consent_state = {one.code for one in before.reasons if one.decision in (Decision.REVIEW, Decision.BLOCK)}
    if consent_state - set(overridable):
        worst = max(
            (load_reasons()[code].decision for code in consent_state - set(overridable)), key=lambda d: d.severity
        )
        assert after.decision is worst
        assert after.reason not in overridable
    elif consent_state:
        assert after.decision is Decision.ALLOW_BY_REVIEW
    else:
        assert after == before
    assert [one.code for one in after.reasons] == [one.code for one in before.reasons]
