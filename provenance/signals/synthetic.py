"""Whether the file says that no camera made the picture. It clears nothing: a generated face may be a real person's.

Source: IPTC NewsCodes Digital Source Type (2024-10-23), IPTC Photo Metadata Standard 2025.1.

>>> source_type("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "n", "x").verdict.value
'DENY'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from provenance.carriers.xmp import Property
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import MAX_RAW, own_texts, qualified

_SYNTHETIC: Final = frozenset(
    {
        "trainedalgorithmicmedia",
        "trainedalgorithmicdata",
        "compositewithtrainedalgorithmicmedia",
        "compositesynthetic",
        "algorithmicmedia",
    }
)
_TYPES: Final = frozenset({"Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:DigitalSourcefileType"})
_GENERATORS: Final = frozenset(
    {"Iptc4xmpExt:AISystemUsed", "Iptc4xmpExt:AISystemVersionUsed", "Iptc4xmpExt:AIPromptInformation"}
)


def source_type(raw: str, name: str, location: str, trust: Trust = Trust.DECLARED) -> Signal:
    """The signal of a digital source type: DENY where it says generated, UNKNOWN otherwise."""
    term = raw.strip().rstrip("/").rpartition("/")[2]
    verdict = SignalVerdict.DENY if term.lower() in _SYNTHETIC else SignalVerdict.UNKNOWN
    return Signal(SignalSubject.SYNTHETIC, verdict, name, location, raw[:MAX_RAW], term[:MAX_RAW], trust)


def read_synthetic(properties: Iterable[Property], location: str) -> Iterator[Signal]:
    """The SYNTHETIC signals of properties as `xmp.walk` gives them."""
    for prop in properties:
        name = qualified(prop.namespace, prop.name)
        if name in _TYPES:
            for raw in own_texts(prop.value):
                yield source_type(raw, name, location)
        elif name in _GENERATORS:
            for raw in own_texts(prop.value):
                yield Signal(SignalSubject.SYNTHETIC, SignalVerdict.DENY, name, location, raw[:MAX_RAW])
