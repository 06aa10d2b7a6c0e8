"""Every scenario of `tests/scenarios` comes to its verdict, and together they reach every code and every pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance.cli.scenarios import play
from provenance.errors import InputError
from provenance.model import Verdict
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.policy.scenarios import Expected, Scenario, load_scenario, problems
from provenance.vocabulary import JURISDICTIONS, Decision

FOLDER = Path(__file__).resolve().parents[1] / "scenarios"
FILES = sorted(FOLDER.rglob("*.json"))
SHOWN_ALONE = {
    "NOT_REGISTERED": "the command scans before it judges",
    "ILLEGAL_CONTENT_SUSPECTED": "no column of a manifest says so",
    "NEAR_DUPLICATE_OF_BLOCKED": "takes a second picture",
    "CONTENT_NOT_LOOKED_INTO": "every file of a scenario is a picture",
    "DECLARED_FILE_MISSING": "every row of a scenario has its picture",
    "STATEMENT_REACHES_NOTHING": "is found over a run, not over a picture",
}
"""The codes that no single scenario can reach, each with the reason."""


def scenarios() -> list[Scenario]:
    return [load_scenario(path) for path in FILES]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_every_scenario_comes_out_as_expected(part: int) -> None:
    wrong = [(one.scenario.id, one.problems) for one in play(scenarios()[part::4]) if one.problems]
    assert wrong == []


def test_the_first_scenarios_come_out_as_expected() -> None:
    assert [one.problems for one in play(scenarios()[:5])] == [()] * 5


def test_every_code_that_can_be_reached_is_expected_somewhere() -> None:
    expected = {code for s in scenarios() for want in s.expect.values() for code in (*want.reasons, *want.also)}
    assert {rule.code for rule in load_reasons()} - expected == SHOWN_ALONE.keys()


def test_every_pack_is_applied_somewhere() -> None:
    texts = [path.read_text() for path in FILES]
    assert [code for code in JURISDICTIONS if not any(f'"{code}"' in text for text in texts)] == []
    assert sum(f'"{pack.id}"' in text for pack in load_packs() for text in texts if pack.inherits) >= 2


def test_every_scenario_says_why_and_has_its_own_id() -> None:
    stories = scenarios()
    assert len({story.id for story in stories}) == len(stories) >= 250
    assert all(story.why and story.title for story in stories)


SOUND = {"id": "X", "title": "t", "why": "w", "context": {}, "manifest": [], "records": [], "files": {}, "expect": {}}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"files": {"../out.txt": "eA=="}}, "climb"),
        ({"photos": {"/etc/passwd": "eA=="}}, "relative"),
        ({"files": {"a.txt": "not base64!"}}, "base64"),
        ({"expect": {"a.jpg": {"decision": "PERHAPS", "reason": "X"}}}, "PERHAPS"),
        ({"expect": {"a.jpg": {"decision": "ALLOW"}}}, "reason"),
        ({"manifest": {}}, "manifest"),
        ({"manifest": [{"file_name": "../../escaped.jpg"}]}, "climb"),
        ({"manifest": [{"url": "https://a.example"}]}, "file_name"),
        ({"fotos": {}}, "fotos"),
    ],
)
def test_a_broken_scenario_is_named(tmp_path: Path, changes: dict[str, object], word: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**SOUND, **changes}))
    with pytest.raises(InputError, match=word):
        load_scenario(path)


def test_a_verdict_that_differs_is_told_apart(tmp_path: Path) -> None:
    story = scenarios()[0]
    item, want = next(iter(story.expect.items()))
    other = Expected(Decision.BLOCK, ("BASIS_MISSING",), ("PARTIAL_BASIS_COVERAGE",))
    [played] = play(
        [Scenario(**{**{name: getattr(story, name) for name in Scenario.__slots__}, "expect": {item: other}})]
    )
    assert want.decision is Decision.ALLOW
    assert played.problems == (
        f"{item}: wanted BLOCK BASIS_MISSING, got ALLOW LAWFUL_BASIS_VERIFIED",
        f"{item}: not among the reasons: PARTIAL_BASIS_COVERAGE",
    )


def test_a_missing_verdict_is_a_problem() -> None:
    nothing: Verdict | None = None
    assert problems(Expected(Decision.ALLOW, ("NO_PERSON_DEPICTED",)), nothing) == ["no verdict"]
