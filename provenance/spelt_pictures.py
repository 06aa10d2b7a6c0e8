"""Pictures that stand in a text, spelt by an encoding: base64 and its kin, numbers, escapes, and mail of old.

Base16 to Base64 are RFC 4648's, Base85 Adobe's and Git's, quoted-printable RFC 2045's, uuencode POSIX's, BinHex RFC
1741's. All but the last two are known by how the first bytes of a picture look in them, which is worked out from the
encoding and not listed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import takewhile
from typing import Final

_STARTS: Final = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"RIFF", b"II*\0", b"MM\0*", b"\0\0\0\x18ftyp",
    b"\0\0\0\x1cftyp", b"\0\0\0\x20ftyp", b"\x1f\x8b\x08\0", b"\x1f\x8b\x08\x08", b"PK\3\4", b"BZh91AY&SY",
    b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c",
)  # fmt: skip
"""How JPEG, PNG, GIF, WebP, TIFF, HEIC and AVIF begin, and what they may be packed in: gzip without and with a name,
ZIP, bzip2, xz and 7z."""
_LEAST: Final = 1_000
"""Characters: 750 bytes in base64, more than an icon takes."""
_SHORTEST: Final = 500
"""Characters below which no text is long enough for a picture in any of the encodings."""

_ENCODINGS: Final[dict[str, tuple[Callable[[bytes], bytes], str]]] = {
    "base64": (base64.b64encode, "A-Za-z0-9+/="),
    "base64 for addresses": (base64.urlsafe_b64encode, "A-Za-z0-9_=-"),
    "base32": (base64.b32encode, "A-Z2-7="),
    "base85": (base64.b85encode, "0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-"),
    "ASCII85": (base64.a85encode, "!-uz"),
}
_BREAK: Final = r"(?:\\?[\r\n]|\\[nr])"
_INDENT: Final = re.compile(r"\n[ \t]+")
"""How a line begins that is set in, as in YAML."""

_HEX: Final = (r"[\s,;:|'\"]{0,4}+(?:0x|\\x|\\u00|&#x)?+", "[0-9a-f]{2}")
_DECIMAL: Final = (r"[\s,;]{1,4}+", r"-?+\d{1,3}+")
"""What may stand between the numbers, and a number. No pattern here goes back, so that the time is bounded."""
_UNBROKEN: Final = bytes(range(0x21, 0x7F)) + b"\r\n"
"""What the alphabets of `_ENCODINGS` and breaks of lines are made of."""
_DIGITS: Final = b"0123456789-,; \t\r\n[](){}"
_HEX_DIGITS: Final = _DIGITS + b"abcdef:|'\"x\\u&#."
"""What numbers are spelt with, and what stands between them. Each is looked for only where there is a long run of it,
since one pass tells whether there is, and a search for every start takes thirty times as long."""
_SECOND_LINE: Final = re.compile(r"\n0{2,15}(?:8|10|20|40):?[ \t]")
_DUMP: Final = r"[^\n]{0,120}+(?:\n[0-9a-f]{4,16}+:?+[ \t]++(?:[0-9a-f]{2,8}+[ \t]{0,2}+){4}[^\n]{0,120}+){12}"
"""The lines behind the first of a hexadecimal dump: an offset, bytes, and mostly the characters that these are."""

_ESCAPES: Final = ("=", "%", "\\x", "\\u00")
"""What stands before a byte in quoted-printable, in an address, in the source of programs and in JSON."""
_ESCAPED: Final = 200
_WINDOW: Final = 4_096

_MAIL: Final = re.compile(
    r"^begin [0-7]{3,4} [^\r\n]{1,255}\r?\n(?:(?:M[ -`]{60,62}\r?\n){8}|(?:h[+\-0-9A-Za-z]{60,62}\r?\n){8})"
    r"|\(This file must be converted with BinHex",
    re.MULTILINE,
)
_MAIL_MARKS: Final = ("begin ", "BinHex")
_PIXELS: Final = re.compile(r"(?<!\d)(?:\d++(?:[ ,;\t]{1,2}+|\s{0,4}+[\])}]{1,3}+[\s,;]{0,40}+[\[({]{1,3}+\s{0,4}+))++")
"""Numbers in a line, or in lists of lists as programs print what they hold of a picture."""
_BETWEEN: Final = re.compile(r"\D+")
_FEWEST_PIXELS: Final = 783
"""A line of 28 by 28 numbers of one byte, as tables keep faces and digits, of which the last may end the line."""
_LABELS: Final = 16
"""Different numbers up to which such a line is a list of labels."""


def spelling_of(text: str) -> str:
    """How a picture is spelt that stands in a text, in words; "" where there is none.

    >>> spelling_of("photo: " + base64.b64encode(b"\\xff\\xd8\\xff\\xe0" + bytes(900)).decode())
    'base64'
    >>> spelling_of("begin 644 lines of a poem")
    ''
    """
    if len(text) < _SHORTEST:
        return ""
    even = _INDENT.sub("\n", text)
    if _has_run(even, _UNBROKEN, _LEAST):
        for name, starts, run in _encodings():
            if any(_is_run(even, start, run) for start in starts if _may_hold(even, start)):
                return name
    if any(mark in text for mark in _MAIL_MARKS) and _MAIL.search(text):
        return "an encoding for mail"
    lowered = text.lower()
    if any(_is_escaped(lowered, mark) for mark in _ESCAPES if mark[0] in lowered):
        return "escaped bytes"
    # Every start has a digit, in whatever numbers.
    in_numbers = any(digit in text for digit in "0123456789") and (
        _SECOND_LINE.search(lowered) or _has_run(lowered, _HEX_DIGITS, _SHORTEST)
    )
    for name, start, run in _spelt_bytes() if in_numbers else ():
        if _are_numbers(lowered, start, run):
            return name
    if in_numbers and _dump().search(lowered):
        return "a hexadecimal dump"
    lines = _PIXELS.finditer(text) if _has_run(lowered, _DIGITS, _SHORTEST) else ()
    return "numbers" if any(_are_pixels(line[0]) for line in lines) else ""


def _may_hold(text: str, start: str) -> bool:
    """Whether a text has every character of a start, which one that repeats a few has not."""
    return all(one in text for one in start)


def _is_run(text: str, start: str, run: re.Pattern[str]) -> bool:
    """Whether a long run of an alphabet begins with the start of a picture. What begins within a run is no longer."""
    at = text.find(start)
    while at >= 0:
        found = run.match(text, at)
        end = found.end() if found else at
        if end - at >= _LEAST:
            return True
        at = text.find(start, max(end, at + 1))
    return False


def _are_numbers(text: str, start: re.Pattern[str], run: re.Pattern[str]) -> bool:
    """The same of numbers, each a byte."""
    begun = start.search(text)
    while begun is not None:
        found = run.match(text, begun.end())
        end = found.end() if found else begun.end()
        if end - begun.end() >= _LEAST:
            return True
        begun = start.search(text, end)
    return False


def _are_pixels(line: str) -> bool:
    """Whether enough numbers in a row are bytes, and more than a few differ."""
    if len(line) < 2 * _FEWEST_PIXELS:
        return False
    in_row, distinct = 0, set[str]()
    for number in _BETWEEN.split(line):
        if len(number) > 3 or not number or int(number) > 0xFF:
            in_row = 0
            distinct.clear()
            continue
        in_row += 1
        distinct.add(number)
        if in_row >= _FEWEST_PIXELS and len(distinct) > _LABELS:
            return True
    return False


def _has_run(text: str, alphabet: bytes, least: int) -> bool:
    """Whether a text has so long a run of an alphabet; one of other characters may count as well."""
    plain = text.encode("latin-1", "replace")
    return b"1" * least in plain.translate(bytes(49 * (byte in alphabet) for byte in range(256)))


def _places(text: str, start: str) -> Iterator[int]:
    at = text.find(start)
    while at >= 0:
        yield at
        at = text.find(start, at + 1)


def _is_escaped(lowered: str, mark: str) -> bool:
    """Whether the start of a picture and many bytes behind it are escaped; letters are left as they are."""
    starts = (f"{mark}ff{mark}d8{mark}ff", f"{mark}89png")
    return any(lowered.count(mark, at, at + _WINDOW) >= _ESCAPED for start in starts for at in _places(lowered, start))


@cache
def _encodings() -> tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...]:
    """For each encoding how pictures start in it, and a long run of its alphabet."""
    return tuple(
        (
            name,
            tuple({_common(encode, start) for start in _STARTS}),
            re.compile(rf"(?:[{alphabet}]++|{_BREAK})++"),
        )
        for name, (encode, alphabet) in _ENCODINGS.items()
    )


def _common(encode: Callable[[bytes], bytes], start: bytes) -> str:
    """The characters that an encoded start has whatever follows."""
    low, high = (encode(start + filling * 16).decode() for filling in (b"\1", b"\xfe"))
    same = takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False))
    return "".join(one for one, _ in same)


@cache
def _spelt_bytes() -> tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]:
    """How pictures start where each byte is a number of its own, and a run of such numbers. In small letters."""
    decimal = [[str(byte) for byte in start] for start in _STARTS]
    signed = [[str(byte - 256 if byte > 0x7F else byte) for byte in start] for start in _STARTS]
    kinds = (
        ("hexadecimal", _hexadecimal(), _HEX),
        ("decimal numbers", decimal, _DECIMAL),
        ("decimal numbers", signed, _DECIMAL),
    )
    return tuple(
        (name, re.compile(rf"(?<![0-9.]){_any_of(starts, gap)}"), re.compile(f"(?:{gap}{one})++"))
        for name, starts, (gap, one) in kinds
    )


@cache
def _dump() -> re.Pattern[str]:
    return re.compile(_any_of(_hexadecimal(), " ?") + _DUMP)


def _hexadecimal() -> list[list[str]]:
    return [[f"{byte:02x}" for byte in start] for start in _STARTS]


def _any_of(starts: Iterable[list[str]], gap: str) -> str:
    return "(?:" + "|".join(gap.join(start) for start in starts) + ")"
