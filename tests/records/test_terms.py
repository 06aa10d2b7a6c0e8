"""Values as people write them: aliases that are certain, errors that mislead nobody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.placeholders import is_placeholder
from provenance.records.faults import nearest
from provenance.records.values.jurisdictions import jurisdiction_of, parts_near
from provenance.records.values.terms import ENUMS, flag_of, said_of, term_of, wide_terms
from provenance.tables import parted, table
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    Decision,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    Purpose,
    Term,
    is_jurisdiction,
)  # fmt: skip

TERMS = [(kind, term) for kind in ENUMS.values() for term in kind]


@pytest.mark.parametrize(("kind", "term"), TERMS, ids=str)
def test_a_value_is_known_in_any_letter_case_and_with_anything_between_its_words(kind: type[Term], term: Term) -> None:
    for spelling in (
        term,
        term.lower(),
        term.title(),
        term.replace("_", " "),
        term.replace("_", "-").lower(),
        f" {term} ",
    ):
        assert term_of(spelling, kind) is term


@pytest.mark.parametrize("kind", ENUMS.values())
def test_the_aliases_are_of_values_and_of_one_each(kind: type[Term]) -> None:
    data = table("provenance.records.values", "aliases.toml").get(kind.__name__, {})
    assert set(data) <= {"aliases", "wide", "says"}
    assert wide_terms(kind) <= set(kind)
    words = [word for value, text in data.get("aliases", {}).items() for word in parted(text) if kind(value)]
    assert sorted(word for word in words if words.count(word) > 1) == []
    # An alias that says nothing would make a fact of a placeholder.
    assert [word for word in words if is_placeholder(word)] == []
    assert [word for one in data.get("says", ()) for word in parted(one["words"]) if term_of(word, kind)] == []


ALIASES: list[tuple[str, type[Term], Term | None]] = [
    ("Legal Guardian", GiverRole, GiverRole.GUARDIAN), ("vormund", GiverRole, GiverRole.GUARDIAN),
    ("tuteur légal", GiverRole, GiverRole.GUARDIAN), ("myself", GiverRole, GiverRole.SELF),
    ("mother", GiverRole, None), ("father", GiverRole, None), ("Mère", GiverRole, None), ("parent", GiverRole, None),
    ("photographer", GiverRole, None), ("school", GiverRole, None), ("model", GiverRole, None), ("friend",
    GiverRole, None),
    ("written", ConsentForm, ConsentForm.EXPRESS), ("verbal", ConsentForm, ConsentForm.EXPRESS),
    ("opt-in", ConsentForm, ConsentForm.EXPRESS), ("opt-out", ConsentForm, ConsentForm.IMPLIED),
    ("yes", ConsentForm, None), ("schriftlich", ConsentForm, ConsentForm.EXPRESS),
    ("Yes", PersonsStatus, PersonsStatus.PRESENT), ("no people", PersonsStatus, PersonsStatus.NONE),
    ("no", PersonsStatus, None), ("false", PersonsStatus, None), ("0", PersonsStatus, None),
    ("adult", AgeStatus, AgeStatus.ADULT_DECLARED), ("minor", AgeStatus, AgeStatus.MINOR_VERIFIED),
    ("18", AgeStatus, None), ("revoked", ConsentStatus, ConsentStatus.WITHDRAWN), ("Widerrufen",
    ConsentStatus, ConsentStatus.WITHDRAWN),
    ("declined", ConsentStatus, ConsentStatus.REFUSED), ("active", ConsentStatus, None), ("yes", ConsentStatus, None),
    ("scraped", AcquisitionMethod, AcquisitionMethod.UNTARGETED_SCRAPE), ("downloaded", AcquisitionMethod, None),
    ("CC BY", NonBasis, NonBasis.COPYRIGHT_LICENCE), ("release", LawfulBasis, None),
    ("non commercial research", Purpose, Purpose.NON_COMMERCIAL_RESEARCH), ("research", Purpose, None),
    ("training", Purpose, None), ("machine learning", Purpose, Purpose.MODEL_TRAINING),
    ("approve", Decision, None), ("yes", Decision, None), ("reject", Decision, Decision.BLOCK),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "term"), ALIASES)
def test_an_alias_stands_only_where_it_is_certain(text: str, kind: type[Term], term: Term | None) -> None:
    assert term_of(text, kind) is term


@pytest.mark.parametrize("word", ["mother", "Father", "parents", "mère", "Mutter", "photographer", "Agency", "School"])
def test_who_is_no_giver_is_told_why(word: str) -> None:
    assert said_of(word, GiverRole)


@given(st.sampled_from(TERMS), st.data())
def test_no_misspelling_leads_to_what_lets_more_through(pair: tuple[type[Term], Term], data: st.DataObject) -> None:
    kind, term = pair
    place = data.draw(st.integers(0, len(term) - 1))
    letter = data.draw(st.sampled_from("ABCXYZ_ "))
    wrong = data.draw(
        st.sampled_from([term[:place] + term[place + 1 :], term[:place] + letter + term[place + 1 :], term + letter])
    )
    proposed = nearest(wrong, tuple(map(str, kind)), wide_terms(kind))
    assert proposed not in wide_terms(kind)


@given(st.sampled_from(sorted(ENUMS)), st.text(max_size=12))
def test_what_is_far_from_every_value_is_near_none(name: str, text: str) -> None:
    kind = ENUMS[name]
    proposed = nearest(text, tuple(map(str, kind)))
    if proposed is not None:
        shared = set(proposed.casefold()) & set(text.casefold())
        assert len(shared) >= len(set(proposed.casefold())) / 2


@pytest.mark.parametrize(
    ("text", "flag"),
    [("Yes", True), ("y", True), ("TRUE", True), ("oui", True), ("ja", True), ("sí", True), ("1", True), ("x",
    True), ("☑ checked", True),
     ("No", False), ("nein", False), ("não", False), ("0", False), ("false", False), ("perhaps", None), ("",
     None), ("n/a", None), ("2", None)],
)  # fmt: skip
def test_yes_and_no(text: str, flag: bool | None) -> None:
    assert flag_of(text) is flag


# --- jurisdictions -----------------------------------------------------------------------------------------------

PLACES = {
    "CA-QC": ["ca-qc", "CA_QC", "Québec", "Quebec", "QUEBEC", " ca-qc "],
    "GB": ["UK", "U.K.", "uk", "Great Britain", "United Kingdom", "Royaume-Uni", "Vereinigtes Königreich",
    "Reino Unido", "GBR"], "DE": ["Germany", "Deutschland", "Allemagne", "Alemania", "Alemanha", "DEU", "de"],
    "US": ["USA", "U.S.A.", "United States", "États-Unis", "Vereinigte Staaten", "Estados Unidos"],
    "US-CA": ["California", "us-ca"], "GB-ENG": ["England"], "GB-SCT": ["Scotland"], "KR": ["South Korea", "KOR"],
    "EU": ["European Union", "Union européenne", "EEA"], "NL": ["Netherlands", "Holland",
    "Pays-Bas"], "CZ": ["Czechia", "Czech Republic"], "JP": ["Japan", "Japon",
    "Japón"], "CA-ON": ["Ontario"], "BR-SP": ["São Paulo"], "DE-BY": ["Bayern",
    "Bavaria"], "EU-DE": ["EU-DE"], "UNKNOWN": ["n/a", "unknown", "UNKNOWN", "?", "-", "nan", "TBD"],
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in PLACES.items() for text in texts])
def test_places_as_people_name_them(code: str, text: str) -> None:
    assert jurisdiction_of(text) == code


@pytest.mark.parametrize(
    "text",
    ["Georgia", "XY", "CA-QU", "Mars", "Europe", "everywhere", "CA, GB", "Saint John", "London", "UKK", "1", "ZZZ"],
)
def test_what_names_no_one_place_is_not_resolved(text: str) -> None:
    assert jurisdiction_of(text) is None


def test_every_country_and_part_of_iso_3166_is_known() -> None:
    import pycountry

    codes = [country.alpha_2 for country in pycountry.countries] + [part.code for part in pycountry.subdivisions]
    assert len(codes) > 5_000
    assert [code for code in codes if jurisdiction_of(code) != code or not is_jurisdiction(code)] == ["NA"]
    # NA is Namibia, and what other programs write for nothing: so it is somewhere unknown, which is the strictest.
    assert (jurisdiction_of("NA"), jurisdiction_of("Namibia"), jurisdiction_of("NAM")) == ("UNKNOWN", "NA", "NA")


@given(st.text(max_size=30))
def test_whatever_is_resolved_is_a_jurisdiction(text: str) -> None:
    code = jurisdiction_of(text)
    assert code is None or is_jurisdiction(code)
    assert all(is_jurisdiction(part) for part in parts_near(text))


def test_a_wrong_part_lists_the_parts_of_its_country(manifest_faults: Any) -> None:
    (fault,) = manifest_faults("file_name,jurisdictions", "a.jpg,CA-QU", name="m.csv")
    assert fault.nearest is None
    assert fault.valid == tuple(sorted(fault.valid))
    assert len(fault.valid) == 13  # ten provinces and three territories


@pytest.mark.parametrize(
    "text",
    [
        "MODEL_TRAINING?",
        "☐ model training",
        "✗ MODEL_TRAINING",
        "!MODEL_TRAINING",
        "-MODEL_TRAINING",
        "\u2212 model training",
        "[ ] model training",
        "≠ MODEL_TRAINING",
        "M̶O̶D̶E̶L̶_TRAINING",
        "¿model training?",
    ],
)
def test_what_is_doubted_negated_or_crossed_out_is_not_said(record_faults: Any, text: str) -> None:
    assert term_of(text, Purpose) is None
    (fault,) = record_faults({"record_id": "R-1", "person": "p1", "basis": "CONSENT", "purposes": [text], "events": []})
    assert fault.field == "purposes[0]"


def test_a_doubted_yes_is_none() -> None:
    assert (flag_of("yes?"), flag_of("☒ yes"), flag_of("yes!")) == (None, None, True)
