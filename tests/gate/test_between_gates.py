"""What changes between two gates changes the verdict, and what does not change leaves it alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import provenance as pv
from provenance import policy
from provenance.errors import LedgerError, UsageError
from provenance.gate import decide
from provenance.gate.decide import PolicyVersion
from provenance.ledger import schema
from provenance.model import Context
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import Decision

PACKS = Path(policy.__file__).parent / "packs"
GIVEN = [("GIVEN", "2026-05-01T00:00:00+00:00")]


def reasons(ledger, photos):
    """The primary reason of each image, by a gate that does not scan."""
    return {one.item: one.reason for one in ledger.gate(photos, purpose="MODEL_TRAINING")}


def altered(folder: Path, name: str, old: str, new: str) -> Path:
    folder.mkdir()
    text = (PACKS / f"{name}.toml").read_text()
    assert old in text
    (folder / f"{name}.toml").write_text(text.replace(old, new))
    return folder


def test_evidence_is_looked_at_by_every_gate(workspace, consented):
    records = consented("a.png", GIVEN)
    release = workspace.root / "release.pdf"
    signed = release.read_bytes()
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, records=records)
        assert reasons(ledger, workspace.photos) == {"a.png": "LAWFUL_BASIS_VERIFIED"}
        release.write_bytes(b"%PDF another")
        assert reasons(ledger, workspace.photos) == {"a.png": "EVIDENCE_HASH_MISMATCH"}
        release.unlink()
        assert reasons(ledger, workspace.photos) == {"a.png": "EVIDENCE_MISSING"}
        release.mkdir()
        assert reasons(ledger, workspace.photos) == {"a.png": "EVIDENCE_MISSING"}
        release.rmdir()
        release.write_bytes(signed)
        assert reasons(ledger, workspace.photos) == {"a.png": "LAWFUL_BASIS_VERIFIED"}
    # What was seen of it each time is on record.
    engine = sa.create_engine(f"sqlite:///{workspace.ledger}")
    with engine.connect() as connection:
        looks = connection.execute(sa.select(sa.func.count()).select_from(schema.evidence_check)).scalar_one()
    engine.dispose()
    assert looks >= 4, "as signed, another, gone, as signed again"


def test_a_record_that_was_replaced_is_judged_as_it_stands_now(workspace, consented):
    records = consented("a.png", GIVEN)
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, records=records)
        assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING").passed()
        stated = json.loads(records.read_text())
        for change in ({"purposes": ["SCIENTIFIC_RESEARCH"]}, {"basis": "PUBLICLY_AVAILABLE"}, {"evidence": None}):
            records.write_text(json.dumps({**stated, **change}) + "\n")
            ledger.scan(workspace.photos, manifest=workspace.manifest, records=records)
            assert not ledger.gate(workspace.photos, purpose="MODEL_TRAINING").passed(), change
        records.write_text(json.dumps(stated) + "\n")
        ledger.scan(workspace.photos, manifest=workspace.manifest, records=records)
        assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING").passed()


REGISTER = """record_id,person,basis,purposes,form,notice_version,evidence,evidence_kind,given_at,Left on
r1,p1,EXPLICIT_CONSENT,MODEL_TRAINING,EXPRESS,v3,release.pdf,MODEL_RELEASE,2026-05-01T00:00:00Z,2026-06-01T00:00:00Z
"""


def test_a_corrected_map_of_columns_takes_effect_on_the_same_register(workspace, consented):
    """The first map left the column out in which the person takes the consent back."""
    consented("a.png", GIVEN)
    register = workspace.root / "register.csv"
    register.write_text(REGISTER)
    wrong, right = workspace.root / "wrong.toml", workspace.root / "right.toml"
    wrong.write_text('[records]\nignore = ["Left on"]\n')
    right.write_text('[records.rename]\n"Left on" = "withdrawn_at"\n')
    with pv.open(workspace.ledger) as ledger:
        given = {"manifest": workspace.manifest, "records": register}
        ledger.scan(workspace.photos, **given, columns=wrong)
        assert reasons(ledger, workspace.photos) == {"a.png": "LAWFUL_BASIS_VERIFIED"}
        ledger.scan(workspace.photos, **given, columns=right)
        assert reasons(ledger, workspace.photos) == {"a.png": "CONSENT_WITHDRAWN"}
        ledger.scan(workspace.photos, **given, columns=wrong)
        assert reasons(ledger, workspace.photos) == {"a.png": "CONSENT_WITHDRAWN"}, "a refusal stays"


def test_a_corrected_map_of_columns_takes_effect_on_the_same_manifest(workspace, image, row):
    workspace.add("a.png", image(1))
    workspace.declare([{**row("a.png"), "Wer": "PRESENT"}])
    wrong, right = workspace.root / "wrong.toml", workspace.root / "right.toml"
    wrong.write_text('[manifest]\nignore = ["Wer"]\n')
    right.write_text(
        '[manifest]\nignore = ["persons_status", "persons_determined_by"]\n[manifest.rename]\nWer = "persons_status"\n'
    )
    with pv.open(workspace.ledger) as ledger:
        found = []
        for columns in (wrong, right, wrong):
            ledger.scan(workspace.photos, manifest=workspace.manifest, columns=columns)
            found.append(ledger.gate(workspace.photos, purpose="MODEL_TRAINING").passed())
    assert found == [True, False, True]


def test_decisions_are_kept_for_the_packs_that_they_were_made_with(workspace, consented, tmp_path):
    """At 15 a person may consent alone in Canada, and may not under a pack that says 16."""
    records = consented("a.png", GIVEN, age=15, age_status="MINOR_VERIFIED")
    stricter = altered(tmp_path / "stricter", "CA", "self_consent_age = 13", "self_consent_age = 16")
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, records=records)
    found = []
    for packs in (None, stricter, None, stricter):
        with pv.open(workspace.ledger, packs=packs) as ledger:
            found.append([one.decision for one in ledger.gate(workspace.photos, purpose="MODEL_TRAINING")])
    assert found == [[Decision.REVIEW], [Decision.BLOCK]] * 2


@pytest.mark.parametrize("part", ["packs", "version", "context"])
def test_decisions_of_another_policy_are_not_taken_for_this_ones(tmp_path, monkeypatch, part):
    context = Context(as_of=datetime(2026, 6, 1, tzinfo=UTC))
    before = PolicyVersion.of(context, load_packs(), load_reasons()).digest
    packs = load_packs()
    if part == "packs":
        packs = load_packs(altered(tmp_path / "own", "CA", "self_consent_age = 13", "self_consent_age = 16"))
    elif part == "version":
        monkeypatch.setattr(decide, "__version__", "0.0.0.other")
    else:
        context = Context(as_of=context.as_of, strict=True)
    assert PolicyVersion.of(context, packs, load_reasons()).digest != before


def test_what_came_of_every_gate_is_on_record(workspace, image, row):
    for seed in range(5):
        workspace.add(f"{seed}.png", image(seed))
    rows = [row(f"{seed}.png", **({"licence": None} if seed < 2 else {})) for seed in range(4)]
    workspace.declare(rows)
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        expected = {Decision.REVIEW: 3, Decision.ALLOW: 2}
        assert verdicts.counts[Decision.ALLOW] == 2
        assert sum(verdicts.counts.values()) == 5
    engine = sa.create_engine(f"sqlite:///{workspace.ledger}")
    with engine.connect() as connection:
        stored = connection.execute(sa.select(schema.gate.c.counts)).scalar_one()
    engine.dispose()
    told = {Decision(name): count for name, count in json.loads(stored).items()}
    assert told == dict(verdicts.counts)
    assert told[Decision.ALLOW] == expected[Decision.ALLOW]


def test_images_of_one_base_name_are_told_apart(workspace, image, row):
    """A dataset of `a/1.png` and `b/1.png`: what one may do is no permission for the other."""
    for seed, name in enumerate(("a/1.png", "b/1.png")):
        workspace.add(name, image(seed))
    workspace.declare([row("a/1.png"), row("b/1.png", licence=None)])
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        dataset = [workspace.photos / "b" / "1.png", workspace.photos / "a" / "1.png"]
        assert verdicts.indices(dataset, path_of=dataset.__getitem__) == [1]
        for unknown in ([Path("1.png")], [workspace.photos / "c" / "1.png"]):
            with pytest.raises(UsageError):
                verdicts.indices(unknown, path_of=unknown.__getitem__)


@pytest.mark.parametrize("before", ["readable", "damaged"])
def test_a_file_that_became_readable_or_unreadable_differs(workspace, image, before):
    good = image(1)
    broken = good[:100]
    workspace.add("a.png", good if before == "readable" else broken)
    workspace.add("b.png", image(2))
    workspace.clear("a.png", "b.png")
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        workspace.add("a.png", broken if before == "readable" else good)
        found = {one.item: one for one in ledger.gate(workspace.photos, purpose="MODEL_TRAINING")}
        assert found["a.png"].decision is Decision.BLOCK
        assert "scan" in " ".join(one.detail for one in found["a.png"].reasons)
        assert found["b.png"].decision is Decision.ALLOW
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        unreadable = "IMAGE_UNREADABLE"
        assert (reasons(ledger, workspace.photos)["a.png"] == unreadable) is (before == "readable")


def test_a_file_that_cannot_be_read_any_more_does_not_pass(workspace, image):
    workspace.add("a.png", image(1))
    workspace.clear("a.png")
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING").passed()
        (workspace.photos / "a.png").unlink()
        (workspace.photos / "a.png").symlink_to("nowhere.png")
        assert not ledger.gate(workspace.photos, purpose="MODEL_TRAINING").passed()


def test_a_file_that_can_be_read_by_now_is_told_as_another(workspace, image):
    (workspace.photos / "a.png").symlink_to("nowhere.png")
    workspace.add("b.png", image(2))
    workspace.clear("a.png", "b.png")
    with pv.open(workspace.ledger) as ledger:
        assert ledger.scan(workspace.photos, manifest=workspace.manifest).unreadable == 1
        before = {one.item: one for one in ledger.gate(workspace.photos, purpose="MODEL_TRAINING")}["a.png"]
        (workspace.photos / "a.png").unlink()
        workspace.add("a.png", image(1))
        after = {one.item: one for one in ledger.gate(workspace.photos, purpose="MODEL_TRAINING")}["a.png"]
    assert before.decision is after.decision is Decision.BLOCK
    assert {one.code for one in after.reasons} - {one.code for one in before.reasons} == {"FINGERPRINT_MISMATCH"}


def test_copies_are_looked_for_by_the_gate_where_a_scan_did_not_come_to_it(workspace, image, row, monkeypatch):
    """As where the scan was killed behind its last image, or its index could not be written."""
    from provenance.copies import near_duplicates

    workspace.add("bad.png", image(1))
    workspace.add("copy.png", image(1) + b"again")
    workspace.declare([row("bad.png", source_url=None, page_url=None), row("copy.png")])
    with pv.open(workspace.ledger) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(near_duplicates, "keep_up", lambda _: None)
            ledger.scan(workspace.photos, manifest=workspace.manifest)
        found = reasons(ledger, workspace.photos)
    assert found == {"bad.png": "SOURCE_MISSING", "copy.png": "NEAR_DUPLICATE_OF_BLOCKED"}


def test_images_that_were_not_compared_with_a_list_stop_the_gate(workspace, image):
    """The list asks for PDQ, of which this scan took none: nobody knows that the image is not on it."""
    workspace.add("a.png", image(1))
    workspace.clear("a.png")
    listed = workspace.root / "pdq.txt"
    listed.write_text("f" * 64 + "\n")
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        ledger.add_list(listed, kind="pdq", purpose="suppression")
        with pytest.raises(LedgerError, match="could not be compared"):
            ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
