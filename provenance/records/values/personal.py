"""Personal data in a value: addresses by which somebody is reached, official numbers, names, vectors of a face.

Telephone numbers are recognised by `phonenumbers`, check digits by `stdnum`; what has a shape of its own is in
`personal.toml`. A whole value of such a kind is refused by the caller; inside a longer text, which is read for signals,
it is masked.

>>> masked("Ask jane.doe@x.example or +1 514 555 0199 for prints")
'Ask (e-mail address) or (telephone number) for prints'
>>> kind_of("jane.doe@x.example"), kind_of("a dog")
('an e-mail address', None)
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from provenance.placeholders import folded
from provenance.tables import parted, table

_FILE: Final = ("provenance.records.values", "personal.toml")
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+([^\W\d_]{2,24})(?![\w-])")
_INTERNATIONAL: Final = re.compile(r"\+[\s(]*\d[\d\s()./-]{5,25}\d")
_MANY_DIGITS: Final = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){5}")
"""Six digits close together: fewer are no number of a person's."""

_NUMBERS: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_LIST_OF_NUMBERS: Final = re.compile(r"[\s\[\](){}<>;,|0-9eE+.-]*")
_PACKED: Final = re.compile(r"[A-Za-z0-9+/_-]{300,}={0,2}|(?:[0-9a-fA-F]{2}){256,}")

MIN_VECTOR: Final = 16
"""Numbers from which on a list may be a face template; boxes, points and colours are shorter, or whole."""

_DIMENSIONS: Final = frozenset(
    (
        128, 256, 320, 384, 512, 576, 640, 768, 1024, 1152, 1280, 1408, 1536, 1664, 1792, 2048, 2560, 3072, 3584, 4096,
    )
)  # fmt: skip
"""Lengths of the vectors that networks for faces and pictures give, by which one without a negative number is known."""

_LOOKED_AT: Final = 4096
_LARGEST: Final = 32
"""What no number of such a vector reaches; the places of points in a picture do."""
_SUM: Final = 0.01
"""How far the sum of shares, or the length of a vector that was brought to 1, may be off by rounding."""
_ADDRESS: Final = re.compile(r"\d.*[^\W\d].*\d|[^\W\d].*\d.*\d", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A kind of number: how it is written, as a word of its own, and by which check digits it is told from others."""

    kind: str
    pattern: re.Pattern[str]
    check: str | None

    def masked_in(self, text: str) -> str:
        return self.pattern.sub(lambda found: self._told(found[0]), text)

    def is_whole(self, text: str) -> bool:
        return self.pattern.fullmatch(text) is not None and self._is_right(text)

    def _told(self, number: str) -> str:
        return f"({self.kind.partition(' ')[2]})" if self._is_right(number) else number

    def _is_right(self, number: str) -> bool:
        return self.check is None or _checks()[self.check](number)


def masked(text: str) -> str:
    """A text without e-mail addresses, telephone numbers and official numbers, each replaced by what it was."""
    if "@" in text:
        text = _EMAIL.sub(lambda match: match[0] if _is_file(match) else "(e-mail address)", text)
    if _MANY_DIGITS.search(text):
        if "+" in text:
            text = _INTERNATIONAL.sub(lambda match: "(telephone number)" if _is_phone(match[0]) else match[0], text)
        for shape in _shapes():
            text = shape.masked_in(text)
    return text


def kind_of(text: str) -> str | None:
    """What a whole value is, in words: an e-mail address, a telephone, official or bank number, a postal address."""
    bare = text.strip().removeprefix("mailto:").removeprefix("tel:").strip(" <>\"'")
    if not 5 <= len(bare) <= 200:
        return None
    email = _EMAIL.search(bare) if "@" in bare else None
    if email and not _is_file(email) and (len(email[0]) == len(bare) or "<" in text):
        return "an e-mail address"
    if not _MANY_DIGITS.search(bare):
        return "a postal address" if _is_address(bare) else None
    if _INTERNATIONAL.fullmatch(bare) and _is_phone(bare):
        return "a telephone number"
    found = next((shape.kind for shape in _shapes() if shape.is_whole(bare)), None)
    return found or ("a postal address" if _is_address(bare) else None)


def is_vector(value: object) -> bool:
    """Whether a value is a vector such as a network gives: many fractions, as numbers, text or packed.

    One without a negative number has the length 1, or as many numbers as networks give. Boxes, polygons of another
    number of points, shares that sum to 1 and whole numbers are none.

    >>> is_vector([0.1, -0.2] * 8), is_vector([10.5, 20.25] * 8), is_vector("[0.1, -0.2, 0.3]"), is_vector([0.5] * 512)
    (True, False, False, True)
    """
    if isinstance(value, str):
        return _is_written_vector(value)
    if isinstance(value, bytes):
        return _is_packed(value)
    if not isinstance(value, Sequence) or len(value) < MIN_VECTOR:
        return False
    numbers = [one for one in value[:_LOOKED_AT] if isinstance(one, int | float) and not isinstance(one, bool)]
    return len(numbers) == len(value[:_LOOKED_AT]) and _is_embedding(numbers)


def is_person_name(text: str) -> bool:
    """Whether a text has the shape of a person's name: two to four words, each with a capital, or a title and one.

    >>> [is_person_name(text) for text in ("Jane Doe", "María de la Cruz", "golden retriever", "IMG 0001", "Dr. Who")]
    [True, True, False, False, True]
    """
    if len(text) > 80 or any(character.isdigit() for character in text) or "/" in text or "_" in text:
        return False
    words = text.replace(",", " ").split()
    small = parted(table(*_FILE)["small"])
    told = [word for word in words if folded(word) not in small]
    titled = any(folded(word) in parted(table(*_FILE)["titles"]) for word in words)
    told = [re.sub(r"^[dlDL]['\u2019]", "", word) for word in told]
    shaped = all(word[:1].isupper() and re.sub(r"[.'\u2019-]", "", word).isalpha() for word in told)
    return shaped and 2 <= len(told) <= 4 and (titled or not all(word.isupper() and len(word) > 3 for word in told))


def _is_file(match: re.Match[str]) -> bool:
    """`icon@2x.png` is the name of a file."""
    return match[1].lower() in parted(table(*_FILE)["extensions"])


def _is_phone(text: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, None))
    except phonenumbers.NumberParseException:
        return False


def _is_address(text: str) -> bool:
    """A street with a number, and a postcode: the place of a picture has seldom both."""
    if not _ADDRESS.search(text):
        return False
    words = folded(text)
    return bool(_street().search(words)) and bool(_postcode().search(text))


def _is_embedding(numbers: Sequence[int | float]) -> bool:
    fractions = sum(1 for one in numbers if isinstance(one, float) and math.isfinite(one) and one != int(one))
    if fractions * 4 < len(numbers) or not all(abs(one) < 1e3 for one in numbers):
        return False
    return any(one < 0 for one in numbers) or _is_positive_embedding(numbers)


def _is_positive_embedding(numbers: Sequence[int | float]) -> bool:
    """Whether numbers without a sign are a vector: of length 1, or as many as networks give, and no shares."""
    of_one = abs(math.fsum(one * one for one in numbers) - 1) < _SUM
    shares = abs(math.fsum(numbers) - 1) < _SUM
    return not shares and (of_one or (len(numbers) in _DIMENSIONS and max(numbers) < _LARGEST))


def _is_written_vector(text: str) -> bool:
    if len(text) < 2 * MIN_VECTOR:
        return False
    head = text[: 1 << 16]
    if _LIST_OF_NUMBERS.fullmatch(head):
        return "." in head and _is_embedding([float(number) for number in _numbers(head)])
    return len(text) < 1 << 20 and _PACKED.fullmatch(text.strip()) is not None and any(map(_is_packed, _unpacked(text)))


def _numbers(text: str) -> Iterator[str]:
    found = [match[0] for _, match in zip(range(_LOOKED_AT), _NUMBERS.finditer(text), strict=False)]
    yield from found if len(found) >= MIN_VECTOR else ()


def _unpacked(text: str) -> Iterator[bytes]:
    plain = text.strip()
    with suppress(ValueError):
        yield bytes.fromhex(plain)
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(plain.replace("-", "+").replace("_", "/") + "=" * (-len(plain) % 4), validate=True)


def _is_packed(data: bytes) -> bool:
    """Whether bytes are an array of floating-point numbers of a network's size: chance bytes never are."""
    for size, code in ((4, "f"), (8, "d"), (2, "e")):
        if len(data) % size or len(data) < 64 * size:
            continue
        numbers = struct.unpack(f"<{min(len(data) // size, _LOOKED_AT)}{code}", data[: _LOOKED_AT * size])
        usual = all(math.isfinite(one) and (one == 0 or 1e-9 < abs(one) < 1e3) for one in numbers)
        varied = any(one < 0 for one in numbers) and len(set(numbers)) > len(numbers) // 4
        if usual and (varied or _is_positive_embedding(numbers)):
            return True
    return False


@cache
def _shapes() -> tuple[_Shape, ...]:
    listed: list[dict[str, Any]] = table(*_FILE)["shape"]
    return tuple(
        _Shape(
            one["kind"],
            re.compile(rf"(?<![\w.]){one['pattern']}(?![\w])", re.ASCII),
            one.get("check"),
        )
        for one in listed
    )


@cache
def _checks() -> Mapping[str, Callable[[str], bool]]:
    """The checks that `personal.toml` names; they are loaded once a number looks like one."""
    from stdnum import iban, luhn
    from stdnum.es import nif
    from stdnum.fr import nir
    from stdnum.gb import nhs
    from stdnum.util import clean

    return {
        "luhn": lambda number: luhn.is_valid(clean(number, " -")),
        "iban": iban.is_valid,
        "nif": nif.is_valid,
        "nir": nir.is_valid,
        "nhs": nhs.is_valid,
    }


@cache
def _street() -> re.Pattern[str]:
    data = table(*_FILE)["address"]
    streets = "|".join(sorted(map(re.escape, parted(data["streets"])), key=len, reverse=True))
    ends = "|".join(sorted(parted(data["endings"]), key=len, reverse=True))
    before = rf"\b\d{{1,5}}[a-z]?\b(?: \w+){{0,4}}? (?:{streets})\b"
    after = rf"\b(?:(?:{streets})(?: \w+){{1,5}}?|\w+(?:{ends})) \d{{1,5}}\b"
    return re.compile(f"{before}|{after}")


@cache
def _postcode() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in table(*_FILE)["address"]["postcodes"]))
