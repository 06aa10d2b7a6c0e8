"""Searches bytes for prohibitions and minor codes without parsing anything: the net under every reader.

A block that cannot be parsed, and the parts of a file that no reader knows, may still spell out a prohibition. A code
found so counts as a deny; nothing found so ever counts as an allow.

>>> scan(b'...plus:DataMining="DMI-PROHIBITED"...')
('DMI-PROHIBITED',)
"""

from __future__ import annotations

import re
from typing import Final

# Each begins with plain letters, which lets the search skip through megabytes; an alternation would not.
_MINING: Final = re.compile(rb"DMI-PROHIBITED[A-Z-]{0,64}")
_AGE: Final = re.compile(rb"AG-(?:U14|A1[567])(?![0-9])")
_LABEL: Final = b"training-mining"
_REFUSALS: Final = (b"notAllowed", b"constrained")
_MAX_CODES: Final = 32
TRAINING_MINING: Final = "training-mining notAllowed"
"""What `scan` returns for a training-mining assertion that refuses something."""


def scan(data: bytes) -> tuple[str, ...]:
    """The distinct prohibiting codes spelt in `data`, as ASCII or UTF-16, those on mining first.

    >>> scan("AG-A15".encode("utf-16-le"))
    ('AG-A15',)
    """
    found = _codes(data)
    if b"\0-\0" in data:
        found |= _codes(data.replace(b"\0", b""))
    if _LABEL in data and any(word in data for word in _REFUSALS):
        found[TRAINING_MINING] = None
    return tuple(found)


def hints(data: bytes) -> bool:
    """Whether a whole file is worth a `scan`: one search, for the address that every PLUS code begins with.

    >>> hints(bytes(100))
    False
    """
    return b"//ns.useplus.org/ldf/vocab/" in data


def _codes(data: bytes) -> dict[str, None]:
    found: dict[str, None] = {}
    for pattern in (_MINING, _AGE):
        for match in pattern.finditer(data):
            # FLAG-A15 is somebody's product.
            if pattern is _MINING or not data[max(0, match.start() - 1) : match.start()].isalnum():
                found[match[0].decode("ascii").rstrip("-")] = None
            if len(found) >= _MAX_CODES:
                break
    return found
