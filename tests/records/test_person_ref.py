"""What may stand for a person: codes pass, names, addresses and vectors do not."""

import uuid

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provenance.records import ref_problem


@pytest.mark.parametrize(
    "ref",
    [
        "p1", "P1", "p", "A", "subj-0042", "participant_17", "person.3",
        "study2:subject-9", "urn:uuid:6f9619ff-8b86-d011",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff", "deadbeef01", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "42", "child-1", "mother_2",
        "acme-0042", "AB", "adult-a", "unknown-person-7", "0" * 128, "photo-player-left-3",
    ],
)  # fmt: skip
def test_codes_pass(ref: str) -> None:
    assert ref_problem(ref) is None


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("Jane Doe", "name"), ("jane_doe", "name"), ("JaneDoe", "name"), ("doe.jane", "name"), ("JANE-DOE", "name"),
        ("jane_doe_1984", "name"), ("jane", "name"), ("Müller", "letters"), ("山田太郎", "letters"),
        ("Jane\tDoe", "name"),
        ("jane@example.org", "e-mail"), ("p1@host", "e-mail"), ("@jane", "e-mail"), ("[0.12, 0.5]", "vector"),
        ("[0.12,0.5]", "vector"), ("0.123456789", "vector"), ("1,2,3,4", "vector"), ("0.1:0.2:0.3", "vector"),
        ("{1}", "vector"), ("", "1 to 128"), ("1" * 129, "1 to 128"), ("p1\n", "name"), ("p1/../x", "letters"),
        ("-p1", "letters"), ("p1\0", "letters"), ("p1;DROP", "letters"),
    ],
)  # fmt: skip
def test_names_addresses_and_vectors_do_not(ref: str, why: str) -> None:
    problem = ref_problem(ref)
    assert problem is not None
    assert why in problem


@given(st.uuids())
def test_every_uuid_passes(code: uuid.UUID) -> None:
    text = str(code)
    if any(character.isdigit() for character in text):
        assert ref_problem(text) is None
        assert ref_problem(code.hex) is None


@given(st.integers(0, 10**18), st.sampled_from(["p", "subject-", "participant_", "model.", "U", "person:"]))
def test_every_role_with_a_number_passes(number: int, role: str) -> None:
    assume(len(str(number)) not in (6, 8))  # it may be a date of birth
    assert ref_problem(f"{role}{number}") is None


@given(
    st.sampled_from(["maria", "John", "WEI", "Fatima", "olu"]),
    st.sampled_from(["garcia", "Smith", "ZHANG", "Khan", "ade"]),
    st.sampled_from([" ", "_", "-", ".", ":", "  ", "__"]),
    st.sampled_from(["", "1", "_1984", "-2"]),
)
def test_first_and_last_name_never_pass(first: str, last: str, between: str, tail: str) -> None:
    assert ref_problem(first + between + last + tail) is not None


@given(st.text(max_size=200))
def test_any_text_gets_an_answer_and_what_passes_is_narrow(ref: str) -> None:
    if ref_problem(ref) is None:
        assert ref.isascii()
        assert 1 <= len(ref) <= 128
        assert not set(ref) & set("@ ,/\\\"'<>[]{}")
