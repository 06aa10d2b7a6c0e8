"""Packs: what ships is complete and says what the law notes say; what a user adds is checked and merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from provenance.errors import PackError
from provenance.model import Context
from provenance.policy.facts import FactSet, ItemFacts
from provenance.policy.judge import Judge
from provenance.policy.pack import CONSENTS, Pack, Source
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import (
    EU_MEMBER_STATES,
    JURISDICTIONS,
    LawfulBasis,
    NonBasis,
    Purpose,
    is_jurisdiction,
    known_jurisdictions,
)

SHIPPED = load_packs()

NEW_ZEALAND = """
id = "NZ"
name = "New Zealand"
law = "Privacy Act 2020"
sources = ["https://www.legislation.govt.nz/act/public/2020/0031/latest/LMS23223.html"]
version = "2026.11"
review_by = 2027-02-22
in_force = 2020-12-01

[[bases]]
basis = "CONSENT"
citation = "IPP 2-4"
verified = false

[public]
rule = "none"
note = "a test"
citation = "IPP 2"
verified = false

[minors]
self_consent_age = 16
signer = "parent or guardian"
statutory = false
citation = "a test"
verified = false

[faces]
trigger = "a test"
citation = "a test"
verified = false
"""


def write(folder: Path, text: str, name: str = "NZ") -> Path:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_jurisdiction_of_the_vocabulary_has_a_pack() -> None:
    assert {pack.id for pack in SHIPPED} == {*JURISDICTIONS, *(f"EU-{state}" for state in EU_MEMBER_STATES)}


@pytest.mark.parametrize("pack", list(SHIPPED), ids=lambda pack: pack.id)
def test_a_shipped_pack_is_complete(pack: Pack) -> None:
    assert pack.version in {"2026.11", "2026.11.26"}
    # Where a date is known by which the law will move the pack is looked at by then.
    moves = {"AU": date(2026, 12, 10), "EU-AIA": date(2026, 12, 2)}
    assert pack.review_by == moves.get(pack.id, date(2027, 2, 22))
    assert all(source.startswith("https://") for source in pack.sources)
    assert pack.sources
    assert all(entry.citation for entry in pack.bases)
    for section in (pack.public, pack.minors, pack.faces):
        assert section.citation


# Sections of the law notes: the age from which a person signs alone, by law or as the cautious reading.
@pytest.mark.parametrize(
    ("code", "age"),
    [
        ("CA", 13), ("CA-QC", 14), ("CA-BC", 18), ("CA-AB", 18), ("EU", 16), ("GB", 13), ("US", 13), ("US-IL", 18),
        ("US-TX", 18), ("US-CA", 13), ("AU", 15), ("BR", 12), ("IN", 18), ("JP", 16), ("KR", 14), ("EU-AT", 14),
        ("EU-BE", 13), ("EU-DE", 16), ("EU-DK", 15), ("EU-FR", 15), ("EU-ES", 14), ("EU-NO", 13), ("EU-SI", 15),
    ],
)  # fmt: skip
def test_the_age_of_consent_to_processing(code: str, age: int) -> None:
    assert SHIPPED[code].minors.consent_age == age


@pytest.mark.parametrize("code", ["CA", "CA-QC", "CA-BC", "CA-AB", "US-IL", "IN", "JP", "AU"])
def test_legitimate_interest_is_unknown_to(code: str) -> None:
    assert not SHIPPED[code].lists(LawfulBasis.LEGITIMATE_INTEREST)


@pytest.mark.parametrize("code", ["EU", "EU-IE", "GB", "BR", "KR"])
def test_legitimate_interest_is_known_to(code: str) -> None:
    assert SHIPPED[code].lists(LawfulBasis.LEGITIMATE_INTEREST)


def test_implied_consent_is_known_in_canada_only() -> None:
    assert {pack.id for pack in SHIPPED if pack.lists(LawfulBasis.IMPLIED_CONSENT)} == {"CA", "CA-QC", "CA-BC", "CA-AB"}


def test_the_ai_act_only_forbids() -> None:
    assert (SHIPPED["EU-AIA"].kind, SHIPPED["EU-AIA"].bases) == ("constraint", ())


def sources(pack: Pack) -> Iterator[tuple[str, Source]]:
    yield from ((f"bases.{entry.basis}", entry) for entry in pack.bases)
    yield from ((name, getattr(pack, name)) for name in ("public", "minors", "faces", "sensitive", "withdrawal"))
    yield "retention", pack.retention
    if pack.faces.declaration is not None:
        yield "faces.declaration", pack.faces.declaration


def test_only_what_was_read_in_an_official_text_is_verified_with_the_day() -> None:
    verified = {(pack.id, name) for pack in SHIPPED for name, source in sources(pack) if source.verified}
    # The law notes, sections 1b, 1c and 10: pages marked as official.
    assert verified == {
        *(("CA", f"bases.{entry.basis}") for entry in SHIPPED["CA"].bases),
        ("CA", "public"),
        ("CA", "withdrawal"),
        ("AU", "public"),
        ("CA-QC", "bases.EXPLICIT_CONSENT"),
        ("CA-QC", "faces"),
        ("CA-QC", "faces.declaration"),
        ("US-IL", "bases.EXPLICIT_CONSENT"),
        ("US-IL", "faces"),
        ("US-IL", "withdrawal"),
        ("US-IL", "retention"),
        ("US-TX", "public"),
    }
    for pack in SHIPPED:
        for name, source in sources(pack):
            assert source.verified == (source.verified_on is not None), (pack.id, name)


def test_how_long_measured_faces_may_be_kept() -> None:
    kept = {pack.id: pack.retention.faces_years for pack in SHIPPED if pack.retention.faces_years is not None}
    assert kept == {"US-IL": 3, "US-TX": 1}
    assert SHIPPED.strictest.retention.faces_years == 1


def test_research_in_canada_is_use_and_disclosure_and_no_collection() -> None:
    entry = next(entry for entry in SHIPPED["CA"].bases if entry.basis is LawfulBasis.RESEARCH_EXEMPTION)
    assert "7(2)(c)" in entry.citation
    assert "no collection" in entry.condition


def test_texas_excepts_its_own_publication_only_where_faces_are_measured() -> None:
    public = SHIPPED["US-TX"].public
    assert (public.contested_claims, public.contested_if_measured) == ((), (NonBasis.SELF_PUBLISHED,))
    assert [pack.id for pack in SHIPPED if pack.public.contested_if_measured] == ["US-TX"]


@pytest.mark.parametrize(
    ("code", "name", "pack"),
    [
        ("CA-QC", "CA-QC", "CA-QC"),
        ("CA-ON", "CA", "CA"),
        ("US-NY", "US", "US"),
        ("GB-SCT", "GB", "GB"),
        ("DE", "EU-DE", "EU-DE"),
        ("EU-DE", "EU-DE", "EU-DE"),
        ("DE-BY", "EU-DE", "EU-DE"),
        ("NO", "EU-NO", "EU-NO"),
        ("EU-AIA", "EU-AIA", "EU-AIA"),
        ("NZ", "NZ", "UNKNOWN"),
        ("NZ-AUK", "NZ-AUK", "UNKNOWN"),
        ("UNKNOWN", "UNKNOWN", "UNKNOWN"),
    ],
)
def test_a_part_is_under_its_whole_and_what_has_no_pack_under_all(code: str, name: str, pack: str) -> None:
    assert is_jurisdiction(code)
    found, applied = SHIPPED.applying(code)
    assert (found, applied.id) == (name, pack)


def test_every_code_of_iso_3166_can_be_declared_and_no_other() -> None:
    known = known_jurisdictions()
    assert len(set(known)) == len(known) > 5_000
    assert {"NZ", "CA-ON", "DE", "EU-DE", "EU", "US-TX", "UNKNOWN"} <= set(known)
    assert all(is_jurisdiction(code) for code in known)
    assert not any(is_jurisdiction(code) for code in ("UK", "XX", "CA-ZZ", "ca", "CANADA", "CA-ON-1", "", "EU-BY"))


def test_a_pack_may_only_prohibit_a_zone_that_there_is(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="prohibits: no zone"):
        load_packs(write(tmp_path, NEW_ZEALAND.replace('name = "New', 'prohibits = ["emotions"]\nname = "New')))


def test_a_pack_needs_its_citations(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"public\.citation: missing"):
        load_packs(write(tmp_path, NEW_ZEALAND.replace('note = "a test"\ncitation = "IPP 2"', 'note = "a test"')))


def test_the_strictest_pack_is_the_union_of_every_demand() -> None:
    strictest = SHIPPED.strictest
    assert {entry.basis for entry in strictest.bases} == {LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.GUARDIAN_CONSENT}
    assert strictest.minors.consent_age == 18
    # France asks for two; whoever is somewhere unknown may be there.
    assert strictest.minors.signatures == 2
    assert strictest.faces.written_release
    assert strictest.faces.regulated
    assert strictest.faces.declaration == SHIPPED["CA-QC"].faces.declaration
    assert strictest.sensitive.condition_required
    assert strictest.prohibits == ("emotions-at-work", "special-categorisation")
    assert strictest.review_by == min(pack.review_by for pack in SHIPPED if pack.kind == "law")
    assert (strictest.public.rule, strictest.public.classes, strictest.public.contested_claims) == ("none", (), ())


def test_a_member_state_takes_over_what_it_does_not_set() -> None:
    union, state = SHIPPED["EU"], SHIPPED["EU-FR"]
    same = {field.name for field in fields(Pack) if getattr(union, field.name) == getattr(state, field.name)}
    assert {"law", "bases", "public", "faces", "sensitive", "withdrawal"} <= same
    assert state.minors.signatures == 2
    assert state.minors.signer == union.minors.signer


def test_a_users_pack_adds_a_jurisdiction(tmp_path: Path) -> None:
    packs = load_packs(write(tmp_path, NEW_ZEALAND))
    assert len(packs) == len(SHIPPED) + 1
    assert packs["NZ"].lists(*CONSENTS)
    assert packs.digest != SHIPPED.digest


def test_a_users_pack_may_replace_a_shipped_one_and_reaches_those_that_inherit(tmp_path: Path) -> None:
    write(tmp_path, 'id = "EU"\ninherits = "GB"\n[minors]\nself_consent_age = 17\n', "EU")
    packs = load_packs(tmp_path)
    assert packs["EU"].minors.consent_age == 17
    assert packs["EU-DE"].law == SHIPPED["GB"].law
    assert load_packs()["EU"].minors.consent_age == 16


def test_a_stricter_law_makes_the_union_stricter(tmp_path: Path) -> None:
    text = NEW_ZEALAND.replace('basis = "CONSENT"', 'basis = "LEGAL_OBLIGATION"')
    assert load_packs(write(tmp_path, text)).strictest.bases == ()


def test_the_digest_follows_the_facts_and_not_the_files(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    write(first, NEW_ZEALAND)
    # Other order of keys, other spacing, a comment: the same facts.
    head, rest = NEW_ZEALAND.split("\n\n", 1)
    write(second, "# note\n" + "\n\n".join(reversed([*head.strip().splitlines()])) + "\n\n" + rest)
    assert load_packs(first).digest == load_packs(second).digest
    write(second, NEW_ZEALAND.replace("self_consent_age = 16", "self_consent_age = 17"))
    assert load_packs(first).digest != load_packs(second).digest


def test_a_stale_pack_of_the_user_asks_for_review(tmp_path: Path) -> None:
    packs = load_packs(write(tmp_path, NEW_ZEALAND.replace("2027-02-22", "2026-11-21")))
    context = Context(as_of=datetime(2026, 11, 22, tzinfo=UTC), purpose=Purpose.MODEL_TRAINING)
    for places, stale in ((("NZ",), {"NZ"}), (("CA",), set()), ((), {"UNKNOWN"})):
        judgement = Judge(context, packs, load_reasons()).judge(FactSet(ItemFacts(jurisdictions=places)))
        assert {found.jurisdiction for found in judgement.findings if found.code == "RULEPACK_STALE"} == stale


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('rule = "none"', 'rule = "open"', "public.rule"),
        ("self_consent_age = 16", "self_consent_age = 21", "minors.self_consent_age"),
        ("self_consent_age = 16", "self_consent_age = 0", "minors.self_consent_age"),
        ("self_consent_age = 16", "selfconsent_age = 16", "minors.selfconsent_age"),
        ("review_by = 2027-02-22", 'review_by = "soon"', "review_by"),
        ("review_by = 2027-02-22", "", "review_by"),
        ('basis = "CONSENT"', 'basis = "CONSNET"', "bases.0.basis"),
        ('id = "NZ"', 'id = "NX"', "id"),
        ('id = "NZ"', 'id = "NZ"\ninherits = "XX"', "inherits"),
        ('id = "NZ"', 'id = "NZ"\ninherits = "NZ"', "inherits"),
        ('id = "NZ"', 'id = "NZ"\ninherits = ["CA"]', "inherits"),
        ('version = "2026.11"', 'version = ""', "version"),
        ('id = "NZ"', 'id = "NZ"\nkind = "constraint"', "bases"),
        ("[faces]", "[faces", "TOML"),
        ('name = "New Zealand"', "name = " + "[" * 30_000, "TOML"),
        ('name = "New Zealand"', 'name = "' + "x" * 70_000 + '"', "larger"),
    ],
)
def test_a_faulty_pack_is_refused_by_name(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in NEW_ZEALAND
    write(tmp_path, NEW_ZEALAND.replace(old, new))
    with pytest.raises(PackError) as error:
        load_packs(tmp_path)
    assert "NZ.toml" in str(error.value)
    assert told in str(error.value)
    assert error.value.remedy


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "NZ.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PackError, match=r"NZ\.toml is not TOML"):
        load_packs(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="not a folder"):
        load_packs(tmp_path / "none")


def test_a_file_in_lower_case_is_refused_rather_than_ignored(tmp_path: Path) -> None:
    write(tmp_path, NEW_ZEALAND.replace('"NZ"', '"nz"'), "nz")
    with pytest.raises(PackError, match="capitals"):
        load_packs(tmp_path)


def test_the_pack_in_the_documentation_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert load_packs(write(tmp_path, example))["NZ"].minors.consent_age == 16
    uncommented = example.replace("# [[public", "[[public").replace("# [faces", "[faces")
    for key in ("id =", "condition =", "related_purposes =", "to =", "days_before_service ="):
        uncommented = uncommented.replace(f"\n# {key}", f"\n{key}")
    pack = load_packs(write(tmp_path, uncommented))["NZ"]
    assert pack.public.classes
    assert pack.faces.declaration
