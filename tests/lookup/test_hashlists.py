"""Lists of hashes: every line is taken, refused by name, or counted."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import InputError, RowErrors
from provenance.lookup import hashlists
from provenance.lookup.hashlists import HashType, parse_list, read_list, write_list

A, B = "0f" * 32, "A1" * 32


def parse(text: str | bytes, hash_type: HashType = HashType.SHA256):
    return parse_list(io.BytesIO(text.encode() if isinstance(text, str) else text), hash_type, name="list.txt")


@given(
    st.sampled_from([HashType.PHASH256, HashType.PDQ]),
    st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.none() | st.integers(0, 100))),
)
def test_what_is_written_is_read(hash_type, entries):
    out = io.StringIO()
    assert write_list(out, entries, hash_type) == len(entries)
    back = parse(out.getvalue(), hash_type)
    kept = [value for value, quality in entries if quality is None or quality >= 50]
    assert [row.tobytes() for row in back.hashes] == kept
    assert back.low_quality == len(entries) - len(kept)


def test_comments_empty_lines_windows_ends_and_letter_case():
    found = parse(f"\ufeff# list\r\n\r\n{A}\r\n  {B}  \n#{A}\n{B.lower()}")
    assert found.lines.tolist() == [3, 4, 6]
    assert [row.tobytes().hex() for row in found.hashes] == [A, B.lower(), B.lower()]
    assert len(parse("")) == 0


def test_a_name_after_the_quality_is_not_read():
    assert parse(f"{A},100,some, file.jpg\n", HashType.PDQ).lines.tolist() == [1]


FAULTS = {
    "short": (A[:-1], "64 hexadecimal"),
    "long": (A + "0", "64 hexadecimal"),
    "not hexadecimal": ("g" * 64, "64 hexadecimal"),
    "arabic digits": ("\u0661" * 64, "64 hexadecimal"),
    "quality of 101": (f"{A},101", "0 to 100"),
    "negative quality": (f"{A},-1", "0 to 100"),
    "quality with a sign": (f"{A},+50", "0 to 100"),
    "no quality after the comma": (f"{A},", "0 to 100"),
    "a float": (f"{A},50.0", "0 to 100"),
    "binary": (b"\xff\xfe\0" * 20, "64 hexadecimal"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_its_line_and_nothing_is_taken(fault):
    text, problem = FAULTS[fault]
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(RowErrors, match=problem) as raised:
        parse(f"{A},80\n".encode() + raw + b"\n", HashType.PDQ)
    (error,) = raised.value.errors
    assert (error.file, error.line) == ("list.txt", 2)
    assert error.value.isascii() or error.value.endswith("…")
    assert error.value.isprintable()


def test_a_quality_has_no_place_in_a_list_of_files():
    with pytest.raises(RowErrors, match="nothing more"):
        parse(f"{A},100")


def test_every_fault_is_counted_and_the_first_are_listed():
    with pytest.raises(RowErrors) as raised:
        parse("x\n" * 250)
    assert (len(raised.value.errors), raised.value.more) == (100, 150)


def test_a_line_without_end_is_refused_before_it_is_held():
    with pytest.raises(InputError, match=r"list\.txt:1: a line of more than"):
        parse(b"0" * 10_000)


def test_too_many_hashes(monkeypatch):
    monkeypatch.setattr(hashlists, "MAX_ENTRIES", 2)
    assert len(parse(f"{A}\n" * 2)) == 2
    with pytest.raises(InputError, match="more than 2 hashes"):
        parse(f"{A}\n" * 3)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_list(tmp_path / "none", HashType.SHA256)


@pytest.mark.parametrize("entry", [(bytes(31), None), (bytes(32), 101)])
def test_only_hashes_are_written(entry):
    with pytest.raises(ValueError, match="32 bytes"):
        write_list(io.StringIO(), [entry], HashType.PDQ)
    with pytest.raises(ValueError, match="32 bytes"):
        write_list(io.StringIO(), [(bytes(32), 80)], HashType.SHA256)
