"""What the signature of a person's word comes to: of a review, a waiver or a look. Pure."""

from __future__ import annotations

from typing import Final, TypeAlias

from provenance.model import Look, Review
from provenance.policy.waivers import Waiver

Given: TypeAlias = Review | Waiver | Look
"""What somebody gives under their name, with its signature, and with why that counts for nothing."""


def is_sound(given: Given, signed_only: bool) -> bool:  # noqa: FBT001 - its callers hold a flag
    """Whether what permits or clears counts as far as its signature goes: one that is there has to fit."""
    return not given.fault and (bool(given.signature) or not signed_only)


def said_of(given: Given) -> str:
    """Whether it is signed, in a word or two."""
    return "signature refused" if given.fault else _SIGNED[bool(given.signature)]


def why_not(given: Given) -> str:
    """Why it does not count, of what is not sound."""
    return given.fault or "it is not signed, and that is required"


_SIGNED: Final = {True: "signed", False: "unsigned"}
