"""What an age or age bucket in a dataset column says: "9", "10-19", "[18-30)", "more than 70", "Young"."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Final

from provenance.signals.fields import table
from provenance.signals.text.tokens import fold
from provenance.vocabulary import ADULT_AGE

OLDEST: Final = 120
_NUMBER: Final = re.compile(r"(?<![\d.])-?\d{1,4}(?:\.\d{1,6})?")


class Age(StrEnum):
    """Whether a value may mean somebody under 18. ADULT is kept apart only so that it is not taken for unreadable."""

    MINOR = "MINOR"
    ADULT = "ADULT"
    UNKNOWN = "UNKNOWN"
    UNREADABLE = "UNREADABLE"


def ages_of(value: object) -> Age:
    """Read one cell. A bucket that reaches below 18 may be a minor; its lower end is what counts.

    >>> [ages_of(each).value for each in (9, "10-19", "[18-30)", "more than 70", "Young", -3, "", "40+", "under 20")]
    ['MINOR', 'MINOR', 'ADULT', 'ADULT', 'MINOR', 'UNREADABLE', 'UNKNOWN', 'ADULT', 'MINOR']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Age.UNKNOWN
    if isinstance(value, bool):
        return Age.UNREADABLE
    if isinstance(value, int | float):
        return _of_numbers([float(value)] if abs(value) < 10_000 else [math.inf], upper_only=False)
    if not isinstance(value, str):
        return Age.UNREADABLE
    text = fold(value.strip()[:60])
    words = table("columns.toml")["ages"]
    if text in words["unknown"]:
        return Age.UNKNOWN
    # A dash between two numbers is a range, not a minus.
    numbers = [float(match) for match in _NUMBER.findall(re.sub(r"(?<=\d)\s{0,3}[-\u2013]", " ", text))]
    if numbers:
        return _of_numbers(numbers, upper_only=text.startswith(("<", "under", "below", "less", "up to", "younger")))
    parts = re.split(r"[^a-z]+", text)
    if any(part in words["minor"] for part in parts):
        return Age.MINOR
    return Age.UNKNOWN


def _of_numbers(numbers: list[float], *, upper_only: bool) -> Age:
    if any(number < 0 or number > OLDEST for number in numbers):
        return Age.UNREADABLE
    # "under 20" has no lower end, so a child falls under it.
    return Age.MINOR if upper_only or min(numbers) < ADULT_AGE else Age.ADULT
