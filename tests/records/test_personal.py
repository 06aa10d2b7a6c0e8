"""Personal data by its shape: what is found, and what only looks so."""

from __future__ import annotations

import base64
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.records.values.person_ref import ref_problem
from provenance.records.values.personal import is_person_name, is_vector, kind_of, masked

WHOLE = {
    "an e-mail address": ["a@b.co", "jane.doe+x@mail.example.org", "<jane@x.example>", "mailto:jane@x.example",
    "é.è@exämple.org"], "a telephone number": ["+1 555 0100 199", "+49 30 901820", "+33 (0)1 23 45 67 89",
    "tel:+15145550199", "(514) 555-0199", "514-555-0199", "514.555.0199", "06 12 34 56 78", "030/901820",
    "0171-1234567"], "an official number": ["123-45-6789", "123.456.789-09", "1 84 12 76 451 089 46",
    "AB 12 34 56 C", "046 454 286", "046-454-286", "943 476 5919", "12345678Z", "X1234567L", "184127645108946",
    "RSSMRA85T10A562S"], "a bank account number": ["DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19",
    "DE89370400440532013000"],
    "a card number": ["4111 1111 1111 1111", "5500-0000-0000-0004"],
    "a postal address": ["12 High Street, London SW1A 1AA", "Hauptstr. 5, 10115 Berlin",
    "12 Rue de la Paix, 75002 Paris", "Calle Mayor 3, 28013 Madrid", "1600 Pennsylvania Avenue, Washington 20500",
    "Rua Augusta 12, 1100-053 Lisboa"],
}  # fmt: skip
NOTHING = [
    "", "a dog", "2026-06-01", "2026-06-01T10:00:00+02:00", "10:00:00", "1024x768", "45.5017,-73.5673",
    "192.168.1.1", "1.2.3", "icon@2x.png", "12345@N00", "@home", "a@b", "550e8400-e29b-41d4-a716-446655440000",
    "978-3-16-148410-0", "10115", "SW1A 1AA", "12 Rue de la Paix", "img/0001.jpg", "IMG_20260601_101530",
    "0001-0002-0003", "2026-06", "3.14159", "1,234,567.89", "ISO 12233", "f/2.8 1/250 ISO 100",
    "046 454 287", "046-454 286", "943 476 5918", "12345678A", "X1234567M", "184127645108947", "DE89370400440532013001",
    "S2A_MSIL2A_20200101T101021", "6f9619ff8b86d011b42d00c04fc964ff", "+", "+1", "++12345678901234567890123",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in WHOLE.items() for text in texts])
def test_a_whole_value_is_told_by_its_kind(kind: str, text: str) -> None:
    assert kind_of(text) == kind
    assert kind_of(f"  {text} ") == kind


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_so_is_none_and_stays_as_it_is(text: str) -> None:
    assert kind_of(text) is None
    assert masked(text) == text


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, ts in WHOLE.items() if k != "a postal address" for t in ts])
def test_the_same_inside_a_text_is_masked(kind: str, text: str) -> None:
    bare = text.removeprefix("mailto:").removeprefix("tel:").strip("<>")
    told = masked(f"Ask {bare} for prints of the sea")
    assert told == f"Ask ({kind.partition(' ')[2]}) for prints of the sea"


@given(st.text(max_size=300))
def test_masking_twice_is_masking_once_and_leaves_nothing_whole(text: str) -> None:
    once = masked(text)
    assert masked(once) == once
    assert kind_of(once) in (None, "a postal address")


def vector(size: int, seed: int = 1) -> list[float]:
    rnd = random.Random(seed)
    return [round(rnd.gauss(0, 0.3), 6) for _ in range(size)]


@pytest.mark.parametrize("size", [16, 128, 512, 4096, 10_000])
def test_a_vector_is_one_in_whatever_form(size: int) -> None:
    numbers = vector(size)
    for written in (
        str(numbers),
        " ".join(map(str, numbers)),
        ";".join(map(str, numbers)),
        "{" + ", ".join(map(str, numbers)) + "}",
    ):
        assert is_vector(written)
    assert is_vector(numbers)
    if size >= 128:
        for code in "fd":
            packed = struct.pack(f"<{size}{code}", *numbers)
            assert is_vector(packed)
            assert size > 4096 or is_vector(base64.b64encode(packed).decode())
            assert size > 4096 or is_vector(packed.hex())


@pytest.mark.parametrize(
    "value",
    [[1, 2, 3] * 20, [0.5] * 64, [10.25, 20.5] * 30, [0.1, -0.2], [], "a text - with - hyphens", "1 2 3 4",
    [True, False] * 20,
     ["a"] * 20, [1e9, -1.5] * 20, b"", None, 7, {"a": 1}, [[0.1, -0.2]] * 20, "-" * 100, ["0.1"] * 30],
)  # fmt: skip
def test_what_is_no_vector(value: object) -> None:
    assert not is_vector(value)


@pytest.mark.parametrize("size", [128, 512, 2048])
def test_a_vector_without_a_sign_is_one_by_its_length_or_by_as_many_numbers_as_networks_give(size: int) -> None:
    plain = [abs(one) for one in vector(size)]
    odd = [abs(one) for one in vector(size + 1)]
    length = sum(one * one for one in odd) ** 0.5
    for numbers in (plain, [0.5] * size, [0.1] * size, [one / length for one in odd]):
        assert is_vector(numbers)
        assert is_vector(str(numbers))
    assert is_vector(struct.pack(f"<{size}f", *plain))
    shares = [one / sum(plain) for one in plain]
    for numbers in (shares, [1 / size] * size, plain[1:], [640 * one for one in plain], [1.0] * size, [0] * size):
        assert not is_vector(numbers)
        assert not is_vector(str(numbers))


@given(st.binary(min_size=256, max_size=2048))
def test_chance_bytes_are_no_vector(data: bytes) -> None:
    """Three in four bit patterns of a float lie outside what networks give; 64 of them in a row never do by chance."""
    if len(set(data)) > 32:
        assert not is_vector(base64.b64encode(data).decode())


@pytest.mark.parametrize(
    "text", ["Jane Doe", "María de la Cruz", "Jean-Luc Picard", "J. R. R. Tolkien", "Dr. Who", "O'Neill, Sam"]
)
def test_shapes_of_names(text: str) -> None:
    assert is_person_name(text)


@pytest.mark.parametrize(
    "text", ["golden retriever", "Jane", "IMG 0001", "sea_at_dusk", "GOLDEN RETRIEVER", "a Jane Doe photo of me", ""]
)
def test_shapes_that_name_nobody(text: str) -> None:
    assert not is_person_name(text)


@pytest.mark.parametrize(
    "ref",
    [
        "1984-05-20",
        "19840520",
        "20.05.1984",
        "dob-1984-05-20",
        "born1984-05-20",
        "geb19840520",
        "1984_05_20",
        "20-05-1984",
    ],
)
def test_a_birth_date_is_no_pseudonym(ref: str) -> None:
    assert ref_problem(ref) is not None


@pytest.mark.parametrize("ref", ["123-45-6789", "514-555-0199", "123.456.789-09"])
def test_an_official_number_is_no_pseudonym(ref: str) -> None:
    assert ref_problem(ref) is not None


@pytest.mark.parametrize(
    "ref", ["p1", "session-20260115-03", "subj-0042", "2026-17", "20260115-003", "12345678", "p19999999"]
)
def test_numbers_that_are_no_date_stay_pseudonyms(ref: str) -> None:
    assert ref_problem(ref) is None
