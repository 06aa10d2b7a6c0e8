"""A key and its text stand for each other one to one, whatever bytes a file system holds."""

from hypothesis import example, given
from hypothesis import strategies as st

from provenance.keys import display, key_of, path_problem

_name = st.binary(min_size=1, max_size=40).filter(
    lambda raw: b"/" not in raw and b"\0" not in raw and raw not in (b".", b"..")
)
_key = st.lists(_name, min_size=1, max_size=5).map(b"/".join)


@given(_key)
@example(rb"a\xe9.jpg")
@example(rb"a\x5cxe9.jpg")
@example(b"a\\\xe9.jpg")
@example(b"\\x5\xff")
@example(b"\\\\x5c")
@example("日本/ひと.jpg".encode())
@example(b"a\nb\r.jpg")
def test_every_key_survives_its_text(key: bytes) -> None:
    assert key_of(display(key)) == key
    assert path_problem(key) is None or key[1:2] == b":"


@given(_key, _key)
def test_two_keys_never_share_a_text(one: bytes, other: bytes) -> None:
    assert (display(one) == display(other)) == (one == other)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_the_normal_form_is_stable(name: str) -> None:
    key = key_of(name)
    assert key_of(display(key)) == key
    assert b"//" not in key
    assert b"/./" not in key


def test_utf8_without_backslash_reads_as_itself() -> None:
    assert display("été/naïve .jpg".encode()) == "été/naïve .jpg"


def test_windows_separators_become_slashes() -> None:
    assert key_of(r"img\2024\0001.jpg") == b"img/2024/0001.jpg"
    assert key_of(r"img\x41.jpg") == b"img/x41.jpg"  # \x41 is no escape: an escape never stands for plain ASCII


def test_dots_and_doubled_slashes_go() -> None:
    assert key_of("./a//b/./c.jpg") == b"a/b/c.jpg"
    assert key_of("a/b/") == b"a/b"
    assert key_of("..a/b..c") == b"..a/b..c"


def test_paths_that_lead_out_are_named() -> None:
    refused = [
        "../a",
        "a/../../b",
        "/etc/passwd",
        "//server/x",
        r"C:\x.jpg",
        r"\\server\x",
        r"a\..\b",
        "",
        ".",
        "./",
        "a\0b",
    ]
    assert [name for name in refused if path_problem(key_of(name)) is None] == []
    allowed = ["a..b", "...", "..a/b", "a/b..", "c:d", "shard.tar::0001/x.jpg"]
    assert [name for name in allowed if path_problem(key_of(name)) is not None] == []
