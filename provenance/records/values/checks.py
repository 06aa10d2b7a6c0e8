"""Checks of single values: texts, references, names of people, numbers, flags, values of enums, codes.

What is not said is not granted: a blank text, a placeholder (`provenance.placeholders`), a bare yes where a reference
belongs is absent, so that none of them can stand for evidence, a licence or a reviewer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from provenance.armour import unarmoured
from provenance.keys import display, key_of, path_problem
from provenance.placeholders import is_absence, is_placeholder, is_reference, leads_somewhere, names_somebody
from provenance.records.values.jurisdictions import jurisdiction_of, parts_near
from provenance.records.values.local_times import LocalTimes
from provenance.records.values.person_ref import ref_problem
from provenance.records.values.personal import masked
from provenance.records.values.terms import NEVER_ANY, flag_of, is_any_purpose, is_doubted, said_of, term_of, wide_terms
from provenance.vocabulary import UNKNOWN_JURISDICTION, Purpose, Term

MAX_TEXT: Final = 1 << 20
"""Characters of a caption or another free text."""

MAX_NAME: Final = 4096
"""Characters of a path, a URL or an identifier."""

MAX_LIST: Final = 10_000
"""Entries of a list, such as persons or keywords."""

MAX_ITEMS: Final = 1_000_000
"""File names in the scope of one basis record."""

_FLAGS: Final = ("true", "false")
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_WHOLE_TEXT: Final = re.compile(r"[+]?(\d{1,6})(?:[.,]0{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checking:
    """What a check is told beside the value: codes of the user's own packs, what times without an offset mean."""

    jurisdictions: Collection[str] = ()
    local: LocalTimes | None = None


NO_CHECKING: Final = Checking()


def wrong(problem: str, **context: Any) -> PydanticCustomError:
    """The error that a check raises.

    In the context `among` lists the valid values, `wide` those of them that must not be proposed, `hide` keeps the
    value unshown, `at` names the field.
    """
    return PydanticCustomError("provenance", "{problem}", {"problem": problem, **context})


# --- texts -------------------------------------------------------------------------------------------------------


def _text_of(value: object, limit: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong("it must be a text")
    if len(value) > limit:
        raise wrong(f"it is longer than {limit} characters")
    return value if value.strip() else None


def is_said(value: str) -> bool:
    """Whether a text says anything: it is neither blank nor a placeholder."""
    return bool(value.strip()) and not is_placeholder(value)


def text(value: object) -> str | None:
    """A free text, which is read for signals; addresses and numbers of people in it are not kept."""
    text = _text_of(value, MAX_TEXT)
    return text if text is None else masked(text)


def identifier(value: object) -> str | None:
    """An id or a word of somebody else's; nought and yes can be one."""
    text = _text_of(value, MAX_NAME)
    return None if text is None or is_placeholder(text) else text


def reference(value: object) -> str | None:
    """What names a document, a version, an approval or a place where something lies."""
    text = _text_of(value, MAX_NAME)
    return text if text is not None and is_reference(text) else None


def told(value: object) -> str | None:
    """A statement in words that proves something: no placeholder, no bare yes."""
    text = _text_of(value, MAX_TEXT)
    return masked(text) if text is not None and is_reference(text) else None


def licence(value: object) -> str | None:
    text = _text_of(value, MAX_NAME)
    return None if text is None or is_placeholder(text) else masked(text)


def somebody(value: object) -> str | None:
    """Whoever looked, decided or vouches. A program and a placeholder are nobody."""
    text = _text_of(value, MAX_NAME)
    return text if text is not None and names_somebody(text) else None


def address(value: object) -> str | None:
    """Where something was taken from. A password in it is not kept, so it is refused."""
    text = _text_of(value, MAX_NAME)
    if text is None or not leads_somewhere(text):
        return None
    if "@" in text and "://" in text:
        try:
            held = urlsplit(text).password
        except ValueError:
            held = None
        if held is not None:
            raise wrong("an address must not hold a password", hide=True)
    return text


def absolute(value: object) -> str | None:
    text = address(value)
    if text is not None and "://" not in text:
        raise wrong("it must be an address such as https://…; a file is named by file_name")
    return text


def file_name(value: object) -> str | None:
    """The normal form of a path (`provenance.keys`), so that one file has one spelling."""
    text = _text_of(value, MAX_NAME)
    if text is None or is_absence(text):  # a picture may well be called `test`
        return None
    key = key_of(text)
    problem = path_problem(key)
    if problem:
        raise wrong(problem)
    return display(key)


def item(value: object) -> str:
    if isinstance(value, str) and not is_said(value):
        value = None
    return required(address if isinstance(value, str) and "://" in value else file_name)(value)


def ref(value: object) -> str | None:
    text = _text_of(value, MAX_NAME)
    if text is None or is_placeholder(text):
        return None
    problem = ref_problem(text)
    if problem:
        raise wrong(problem, hide=True)
    return text


def required(check: Callable[[object], str | None]) -> Callable[[object], str]:
    """The check of a field that must be filled. A placeholder fills nothing."""

    def checked(value: object) -> str:
        text = check(value)
        if text is None:
            raise wrong(
                "it must not be empty" if value is None or value == "" else "it says nothing; it must be filled"
            )
        return text

    return checked


# --- numbers and flags -------------------------------------------------------------------------------------------


def flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if is_placeholder(value) and flag_of(value) is None:
            return None
        flag = flag_of(value)
        if flag is not None:
            return flag
    raise wrong("it must be true or false", among=_FLAGS if isinstance(value, str) else (), wide=_FLAGS)


def whole(low: int, high: int) -> Callable[[object], int | None]:
    def check(value: object) -> int | None:
        if isinstance(value, str):
            value = _digits(value)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():  # dataframes turn a column with gaps into floats
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("it must be a whole number")
        if not low <= value <= high:
            raise wrong(f"it must be from {low} to {high}")
        return value

    return check


def _digits(text: str) -> object:
    """The number that a text is; None for a placeholder, the text itself where it is neither."""
    match = _WHOLE_TEXT.fullmatch(text.strip())
    if match:
        return int(match[1])
    return None if is_placeholder(text) else text


def number(low: float, high: float) -> Callable[[object], float | None]:
    def check(value: object) -> float | None:
        if value is None or (isinstance(value, str) and is_placeholder(value)):
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise wrong("it must be a number")
        if not low <= value <= high:  # true for NaN and infinity as well
            raise wrong(f"it must be from {low:g} to {high:g}")
        return float(value)

    return check


# --- enums and codes ---------------------------------------------------------------------------------------------


def sha256(value: object) -> bytes | None:
    if value is None or (isinstance(value, str) and is_placeholder(value)):
        return None
    if isinstance(value, bytes) and len(value) == 32:
        return value
    bare = value.strip() if isinstance(value, str) else ""
    if not _SHA256.fullmatch(bare):
        raise wrong("it must be a SHA-256 of 64 hexadecimal digits")
    return bytes.fromhex(bare)


def signature(value: object) -> bytes:
    if value is None or value == "":
        return b""
    try:
        return unarmoured(str(value))
    except ValueError as error:
        raise wrong(str(error)) from None


def jurisdiction(value: object, info: ValidationInfo) -> str:
    text = value if isinstance(value, str) else ""
    code = jurisdiction_of(text, checking_of(info).jurisdictions) if text.strip() else UNKNOWN_JURISDICTION
    doubted = is_doubted(text) and code != UNKNOWN_JURISDICTION
    if code is None or doubted or (value is not None and not isinstance(value, str)):
        raise wrong(
            "it is no known jurisdiction: a code of ISO 3166, such as GB or CA-QC, or EU",
            among=parts_near(text),
            wide=parts_near(text),
        )
    return code


def one_of(*kinds: type[Term]) -> Callable[[object], Term]:
    def check(value: object) -> Term:
        found = _term(value, kinds)
        if found is None:
            raise wrong("it must not be empty" if not value else "it says nothing; it must be filled", **_valid(kinds))
        return found

    return check


def optional(*kinds: type[Term]) -> Callable[[object], Term | None]:
    return lambda value: _term(value, kinds)


def intended(value: object) -> Term | None:
    """The purpose of a build. It permits nothing, so a misspelling may be proposed."""
    try:
        return _term(value, (Purpose,))
    except PydanticCustomError as error:
        context = error.context or {}
        raise wrong(str(context["problem"]), among=context["among"]) from None


def _term(value: object, kinds: tuple[type[Term], ...]) -> Term | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str):
        raise wrong(f"it is no {_named(kinds)}", **_valid(kinds))
    for kind in kinds:
        if value in kind.__members__:
            return kind(value)
    if is_placeholder(value):
        return None
    term = term_of(value, *kinds)
    if term is None:
        said = said_of(value, *kinds)
        raise wrong(f"it is no {_named(kinds)}" + (f" ({said})" if said else ""), **_valid(kinds))
    return term


def _named(kinds: tuple[type[Term], ...]) -> str:
    return " or ".join(kind.__name__ for kind in kinds)


def _valid(kinds: tuple[type[Term], ...]) -> dict[str, tuple[str, ...]]:
    return {"among": tuple(str(term) for kind in kinds for term in kind), "wide": tuple(wide_terms(*kinds))}


def purposes(value: object) -> object:
    """`any` covers every purpose, which is not specific; what says nothing covers none."""
    if not isinstance(value, list | tuple):
        return told_list(value)
    if any(isinstance(one, str) and is_any_purpose(one) for one in value):
        return [purpose for purpose in Purpose if purpose not in NEVER_ANY]
    return told_entries(value)


def told_entries(value: object) -> object:
    """A list without the entries that say nothing."""
    if isinstance(value, str) and not is_said(value):
        return None
    if not isinstance(value, list | tuple):
        return value
    return [one for one in value if one is not None and not (isinstance(one, str) and is_placeholder(one))]


def told_list(value: object) -> object:
    """A list as it is; None for a text that says nothing in its place."""
    return None if isinstance(value, str) and not is_said(value) else value


def filled_scope(value: object) -> object:
    """A list that narrows what a record covers. An empty one is no list of everything."""
    if isinstance(value, list | tuple | str) and not value:
        raise wrong("it must not be empty: leave it out where the record covers every image of the person")
    return value


def checking_of(info: ValidationInfo) -> Checking:
    return info.context if isinstance(info.context, Checking) else NO_CHECKING
