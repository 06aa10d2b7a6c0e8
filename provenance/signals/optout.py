"""Opt-outs in XMP and keywords beside PLUS: TDMRep's reservation, and the tags that platforms tell people to set.

Source: W3C TDM Reservation Protocol, Community Group Final Report 2024-05-10; the FFHQ dataset's `no_cv` tag.

>>> [signal.verdict.value for signal in tagged(["sunset", "no_cv"], "dc:subject", "x")]
['DENY', 'DENY']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from provenance.carriers.xmp import Property
from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.fields import MAX_RAW, own_texts

_TRAINING: Final = (SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER)
_RESERVATION: Final = {"1": SignalVerdict.DENY, "0": SignalVerdict.ALLOW}
_TAGS: Final = frozenset(
    {"no_cv", "no-cv", "nocv", "noai", "no-ai", "no_ai", "noimageai", "noml", "notrain", "donottrain"}
)


def read_tdm(properties: Iterable[Property], location: str) -> Iterator[Signal]:
    """`tdm:reservation` in either of its namespaces, among properties as `xmp.flattened` gives them."""
    for prop in properties:
        if not prop.namespace.startswith(("http://www.w3.org/ns/tdmrep", "https://www.w3.org/ns/tdmrep")):
            continue
        for raw in own_texts(prop.value):
            name = f"tdm:{prop.name}"
            if prop.name in {"reservation", "tdm-reservation"}:
                verdict = _RESERVATION.get(raw, SignalVerdict.UNKNOWN)
                for subject in _TRAINING:
                    yield Signal(subject, verdict, name, location, raw[:MAX_RAW], raw[:MAX_RAW])
                if raw not in _RESERVATION:
                    # The protocol lets an error set nothing; who wrote "true" meant to reserve, so a person looks.
                    why = "neither 0 nor 1"
                    yield Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, name, location, raw[:MAX_RAW], why)
            elif prop.name == "policy":
                yield Signal(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, name, location, raw[:MAX_RAW])


def tagged(keywords: Iterable[str], name: str, location: str) -> Iterator[Signal]:
    """A DENY for each opt-out tag among an image's keywords."""
    for keyword in keywords:
        tag = keyword.strip().lstrip("#").lower()
        if tag in _TAGS:
            for subject in _TRAINING:
                yield Signal(subject, SignalVerdict.DENY, name, location, keyword[:MAX_RAW], tag, nonstandard=True)
