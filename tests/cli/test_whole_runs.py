"""What must hold of whole command lines: nothing that restricts makes a verdict milder, nothing that permits outlives
its removal, and neither order nor what a ledger saw before decides anything."""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.vocabulary import Decision

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SIGNED = b"%PDF signed"
NAMES = ("portrait.png", "shore/wave.png", "shore/rock.png")
PERSON = {"ref": "p-17", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
CONSENT = {
    "record_id": "r1",
    "person": "p-17",
    "basis": "EXPLICIT_CONSENT",
    "purposes": ["MODEL_TRAINING"],
    "form": "EXPRESS",
    "notice_version": "v3",
    "written_release": True,
    "evidence": {"kind": "MODEL_RELEASE", "uri": "release.pdf", "sha256": sha256(SIGNED).hexdigest()},
    "given_by": {"role": "SELF"},
    "events": [{"state": "GIVEN", "at": "2026-05-01T00:00:00+00:00"}],
}


@dataclass(frozen=True)
class Project:
    """The rows of a manifest, the records of a register, and whether its evidence lies there."""

    rows: tuple[dict[str, Any], ...]
    records: tuple[dict[str, Any], ...] = (CONSENT,)
    evidence: bool = True
    columns: tuple[str, ...] = field(default=())

    def written(self, folder: Path) -> tuple[Path, Path]:
        if self.evidence:
            (folder / "release.pdf").write_bytes(SIGNED)
        else:
            (folder / "release.pdf").unlink(missing_ok=True)
        manifest, register = folder / "manifest.jsonl", folder / "records.jsonl"
        order = {name: place for place, name in enumerate(self.columns)}
        ordered = [dict(sorted(row.items(), key=lambda pair: order.get(pair[0], 99))) for row in self.rows]
        manifest.write_text("".join(json.dumps(row) + "\n" for row in ordered))
        register.write_text("".join(json.dumps(record) + "\n" for record in self.records))
        return manifest, register


@pytest.fixture
def base(row: Callable[..., dict[str, Any]]) -> Project:
    shown = row(NAMES[0], persons_status="PRESENT", persons_determined_by=None, persons=[PERSON])
    return Project((shown, *(row(name) for name in NAMES[1:])))


@dataclass
class Gates:
    """Runs the command over a project in a fresh folder, or in one that has seen others."""

    run: Callable[..., Any]
    folder: Path

    def __call__(self, project: Project, *, ledger: str = "fresh.db", photos: str = "photos") -> dict[str, Decision]:
        """The decision on each image; nothing where the command refused its input."""
        if ledger == "fresh.db":
            (self.folder / ledger).unlink(missing_ok=True)
            for extra in self.folder.glob("fresh.db?*"):
                shutil.rmtree(extra) if extra.is_dir() else extra.unlink()
        manifest, register = project.written(self.folder)
        ran = self.run(
            "gate", self.folder / photos, "--ledger", self.folder / ledger, "--manifest", manifest, "--records",
            register, "--purpose", "MODEL_TRAINING", "--format", "jsonl", "-q",
        )  # fmt: skip
        if ran.status == 2:
            assert not ran.out, "a run that refuses its input gives no verdicts"
            return {}
        told = [one for one in ran.verdicts if one["item"] is not None]
        found = {one["item"]: Decision(one["decision"]) for one in told}
        assert found.keys() >= set(NAMES)
        passing = all(one["decision"].startswith(("ALLOW", "INFO")) for one in ran.verdicts)
        assert (ran.status == 0) == passing
        return found


@pytest.fixture
def gates(workspace: Any, image: Callable[..., bytes]) -> Iterator[Gates]:
    with tempfile.TemporaryDirectory() as place:
        for seed, name in enumerate(NAMES):
            path = Path(place) / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image(seed))
        yield Gates(workspace.run, Path(place))


def few(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def not_milder(before: dict[str, Decision], after: dict[str, Decision]) -> bool:
    return not after or all(after[name].severity >= before[name].severity for name in before)


def test_the_project_that_all_else_starts_from_passes(base: Project, gates: Gates) -> None:
    assert set(gates(base).values()) == {Decision.ALLOW}


LIMITS = (
    "do_not_use", "opt_out", "valid_until", "Expires", "embargo", "not_for_ai", "restrictions", "usage terms",
    "territory", "consent", "consent_given", "Einwilligung", "age", "Alter", "minor", "number_of_people",
    "nb_personnes", "no_training", "withdrawn_on", "release", "allowed_purposes",
)  # fmt: skip
SAID = ("yes", "no", "true", "2026-01-01", "editorial only", "12", "3", "Canada only", "refused", "x")
WORDS = (
    "no AI training", "Not for machine learning.", "All rights reserved, no text and data mining", "a child of 6",
    "school class", "kein KI-Training", "interdit aux moteurs d'apprentissage", "three friends", "editorial use only",
)  # fmt: skip
REFUSALS = st.builds(
    lambda state, scope, person, on: {
        **CONSENT,
        "record_id": "r9",
        "person": person,
        "events": [CONSENT["events"][0], {"state": state, "at": f"2026-06-{on:02}T00:00:00+00:00"}],
        **scope,
    },
    st.sampled_from(["WITHDRAWN", "REFUSED"]),
    st.sampled_from([{}, {"items": [NAMES[0]]}, {"items": ["Portrait.png"]}, {"sources": ["https://photos.example/"]}]),
    st.sampled_from(["p-17", "P-17", "p-18"]),
    st.integers(1, 28),
)
WORSE_ROWS = st.fixed_dictionaries(
    {},
    optional={
        "licence": st.sampled_from(["CC-BY-NC-ND-4.0", "all rights reserved", "see website", None]),
        "acquisition_method": st.sampled_from(["UNTARGETED_SCRAPE", "UNKNOWN"]),
        "persons_status": st.sampled_from(["UNKNOWN", "PRESENT"]),
        "caption": st.sampled_from(WORDS),
        "keywords": st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
    },
)


@st.composite
def restricted(draw: st.DrawFn, base: Project) -> Project:
    """The project with one to three things more that restrict, and nothing less."""
    rows, records = [copy.deepcopy(row) for row in base.rows], list(base.records)
    for what in draw(st.lists(st.sampled_from(["column", "row", "word", "event"]), min_size=1, max_size=3)):
        which = draw(st.integers(0, len(NAMES) - 1))
        if what == "column":
            rows[which].setdefault(draw(st.sampled_from(LIMITS)), draw(st.sampled_from(SAID)))
        elif what == "row":
            rows.append({**rows[which], **draw(WORSE_ROWS)})
        elif what == "word":
            rows[which]["caption"] = ". ".join(
                [*filter(None, [rows[which].get("caption")]), draw(st.sampled_from(WORDS))]
            )
        else:
            records.append(draw(REFUSALS))
    records = list({record["record_id"]: record for record in records}.values())
    return replace(base, rows=tuple(rows), records=tuple(records))


@few(25)
@given(data=st.data())
def test_what_restricts_never_makes_milder(base: Project, gates: Gates, data: st.DataObject) -> None:
    before = dict.fromkeys(NAMES, Decision.ALLOW)
    more = data.draw(restricted(base))
    after = gates(more)
    assert not_milder(before, after)
    again = gates(data.draw(restricted(more)))
    assert not_milder(after or before, again)


ROW_PERMISSIONS = ("source_url", "acquired_at", "acquisition_method", "licence", "persons_status")
RECORD_PERMISSIONS = ("basis", "purposes", "evidence", "events", "person")


@pytest.mark.parametrize("gone", [*ROW_PERMISSIONS, "persons_determined_by"])
@pytest.mark.parametrize("how", ["left out", "emptied", "placeholder"])
def test_an_image_without_a_permission_of_its_row_does_not_pass(
    base: Project, gates: Gates, gone: str, how: str
) -> None:
    changed = {key: value for key, value in base.rows[1].items() if key != gone}
    if how != "left out":
        changed[gone] = "" if how == "emptied" else "n/a"
    if gone == "source_url":
        changed.pop("page_url", None)
    after = gates(replace(base, rows=(base.rows[0], changed, base.rows[2])))
    assert not after or after[NAMES[1]] is not Decision.ALLOW
    assert not after or after[NAMES[2]] is Decision.ALLOW


@pytest.mark.parametrize("gone", [*RECORD_PERMISSIONS, "the record", "the evidence file", "the row"])
def test_a_person_without_a_permission_of_the_record_does_not_pass(base: Project, gates: Gates, gone: str) -> None:
    if gone == "the record":
        fewer = replace(base, records=())
    elif gone == "the evidence file":
        fewer = replace(base, evidence=False)
    elif gone == "the row":
        fewer = replace(base, rows=base.rows[1:])
    else:
        fewer = replace(base, records=({key: value for key, value in CONSENT.items() if key != gone},))
    for ledger in ("fresh.db", "old.db"):
        if ledger == "old.db":
            assert set(gates(base, ledger=ledger).values()) == {Decision.ALLOW}
        after = gates(fewer, ledger=ledger)
        assert not after or after[NAMES[0]] is not Decision.ALLOW, ledger
        assert not after or after[NAMES[1]] is Decision.ALLOW, ledger


PERMITTED = st.fixed_dictionaries(
    {},
    optional={
        "licence": st.sampled_from(["CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0", None]),
        "caption": st.sampled_from(["a rock", "the sea", "no AI training"]),
        "acquisition_method": st.sampled_from(["LICENSED", "OWN_CAMERA", "UNKNOWN"]),
    },
)


@st.composite
def varied(draw: st.DrawFn, base: Project) -> Project:
    """Another state of the project, in which nobody refuses anything."""
    rows = [{**row, **draw(PERMITTED)} for row in base.rows]
    purposes = draw(st.sampled_from([["MODEL_TRAINING"], ["SCIENTIFIC_RESEARCH"], ["MODEL_TRAINING", "ANALYTICS"]]))
    records = draw(st.sampled_from([(), ({**CONSENT, "purposes": purposes},)]))
    return replace(base, rows=tuple(rows), records=records, evidence=draw(st.booleans()))


@few(8)
@given(data=st.data())
def test_neither_order_nor_an_old_ledger_changes_a_verdict(base: Project, gates: Gates, data: st.DataObject) -> None:
    now = data.draw(varied(base))
    fresh = gates(now)
    columns = data.draw(st.permutations(sorted(now.rows[0])))
    mixed = replace(now, rows=tuple(data.draw(st.permutations(now.rows))), columns=tuple(columns))
    assert gates(mixed) == fresh
    (gates.folder / "old.db").unlink(missing_ok=True)
    for before in data.draw(st.lists(varied(base), min_size=1, max_size=2)):
        gates(before, ledger="old.db")
    assert gates(now, ledger="old.db") == fresh


@few(4)
@given(data=st.data())
def test_two_collections_of_one_ledger_lend_each_other_nothing(
    base: Project, gates: Gates, image: Callable[..., bytes], data: st.DataObject
) -> None:
    """Two projects with equal names and pseudonyms and other pictures: each comes out as it does alone."""
    one, other = data.draw(varied(base)), data.draw(varied(base))
    alone = gates(one)
    with tempfile.TemporaryDirectory() as place:
        beside = Gates(gates.run, Path(place))
        for seed, name in enumerate(NAMES, start=len(NAMES)):
            path = beside.folder / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image(seed))
        there = beside(other)
        shared = gates.folder / "shared.db"
        shared.unlink(missing_ok=True)
        assert gates(one, ledger=str(shared)) == alone
        assert beside(other, ledger=str(shared)) == there
        assert gates(one, ledger=str(shared)) == alone
