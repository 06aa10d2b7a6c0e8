"""What people write when they record something: a name, a reason, a purpose, the file that shows it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from provenance.errors import InputError, UsageError
from provenance.files import open_regular
from provenance.placeholders import is_reference, names_somebody
from provenance.vocabulary import Purpose, is_jurisdiction

_BLOCK: Final = 1 << 20
_LONGEST: Final = 200
_SHOWN: Final = 80


def purpose_named(given: Purpose | str) -> Purpose:
    """The purpose of that name. Raises UsageError.

    >>> purpose_named("MODEL_TRAINING").value
    'MODEL_TRAINING'
    """
    try:
        return Purpose(given)
    except ValueError:
        raise UsageError(f"{given} is no purpose", remedy=f"write one of {', '.join(Purpose)}") from None


def require_named(by: str) -> None:
    """Raise UsageError where nobody takes upon themself what is recorded: a placeholder or a program is nobody.

    >>> require_named("A. Lee")
    """
    if not names_somebody(by):
        raise UsageError("it is not said who does this", remedy="name the person")


def require_words(**words: str) -> None:
    """Raise UsageError for the first of these that says nothing.

    >>> require_words(reason="set aside by the court")
    """
    for name, text in words.items():
        if not is_reference(text):
            raise UsageError(f"nothing is said under {name}", remedy="write what is known, in words")


def require_one_line(**names: str) -> None:
    """Raise UsageError for the first of these that is empty, longer than a line, or more than one.

    >>> require_one_line(name="lab-2026")
    """
    for what, text in names.items():
        if not text.strip() or len(text) > _LONGEST or not text.isprintable():
            raise UsageError(
                f"{what.replace('_', ' ')}: {text[:_SHOWN]!a} is no name",
                remedy=f"write 1 to {_LONGEST} characters on one line",
            )


def require_said(**texts: str) -> None:
    """Raise UsageError for the first of these that is empty.

    >>> require_said(note="letter of 12 May")
    """
    for what, text in texts.items():
        if not text.strip():
            raise UsageError(f"the {what} is missing", remedy="write it")


def required_jurisdiction(code: str) -> str:
    """A jurisdiction in capitals. Raises UsageError for what is none.

    >>> required_jurisdiction("ca-qc")
    'CA-QC'
    """
    if not is_jurisdiction(code.upper()):
        raise UsageError(f"{code} is no jurisdiction", remedy="write an ISO 3166 code, such as CA-QC, or EU")
    return code.upper()


def digest_of_evidence(path: Path) -> bytes:
    """The SHA-256 of the file that shows something. Raises InputError, also for an empty one."""
    try:
        with open_regular(path) as file:
            hasher, size = hashlib.sha256(), 0
            while block := file.read(_BLOCK):
                hasher.update(block)
                size += len(block)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", remedy="name the file that shows it") from error
    if not size:
        raise InputError(f"{path} is empty, and shows nothing", remedy="name the file that shows it")
    return hasher.digest()
