"""What the words of fields refuse: AI training and mining, any use at all, commercial use, changes.

Every field that people write about rights or about the picture is read, whatever carrier it stands in. A refusal in
words is for a person to look at (code 96 or 93), never a permission, and a condition counts like that of a licence.

>>> field = Field("dc:rights", "All rights reserved. No AI training.", "jpeg:APP1/xmp")
>>> [(s.subject.value, s.raw, s.value) for s in read_words([field])]
[('NOTHING_GRANTED', 'All rights reserved', 'en'), ('RESERVATION', 'No AI training', 'en')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import Field, names
from provenance.signals.text.refusals import Refusal, RefusalKind, TextKind, find_refusals
from provenance.signals.text.tokens import MAX_TEXT, MAX_TOKENS, tokenise
from provenance.signals.web.finding import clean

MAX_TOTAL: Final = 100_000
"""Characters read of all fields of one image."""
_CALL: Final = 100
"""Characters that a short text counts as, since it costs its call too."""
_KEYWORD_END: Final = re.compile(r"[,;|\n]")
_MAX_KEYWORDS: Final = 1_000
_MAX_NAME: Final = 200
_RIGHTS_NAME: Final = re.compile(
    r"right|usage|terms|licen[sc]|copyright|constraint|instruct|permission|policy|notice", re.IGNORECASE
)
_SUBJECTS: Final = {
    RefusalKind.RESERVATION: SignalSubject.RESERVATION,
    RefusalKind.NOTHING_GRANTED: SignalSubject.NOTHING_GRANTED,
}
_LICENCES: Final = {
    RefusalKind.NON_COMMERCIAL: "LicenseRef-non-commercial",
    RefusalKind.NO_DERIVATIVES: "LicenseRef-no-derivatives",
}


def read_words(fields: Iterable[Field]) -> Iterator[Signal]:
    """The refusals in the words of an image's fields, within one bound for them together.

    What lies beyond the bound is UNREADABLE, once: it might refuse.
    """
    return words_within((field, kind) for field in fields if (kind := kind_of(field.name)) is not None)


def words_within(fields: Iterable[tuple[Field, TextKind]]) -> Iterator[Signal]:
    """The same for fields whose kind of text is known."""
    left = MAX_TOTAL
    for field, kind in fields:
        left -= max(min(len(field.text), MAX_TEXT), _CALL)
        if left < 0:
            yield _unread(field, "more words than are read")
            return
        if len(field.text) > MAX_TOKENS and not tokenise(field.text).whole:
            yield _unread(field, "longer than what is read")
        text = field.text[:MAX_TEXT]
        for part in _KEYWORD_END.split(text)[:_MAX_KEYWORDS] if kind is TextKind.KEYWORDS else [text]:
            for refusal in find_refusals(part, kind):
                yield _signal(field, refusal)


def kind_of(name: str) -> TextKind | None:
    """What kind of text a field holds; None for one that holds no words, such as a date or a number.

    A field that no standard knows is read by what its name speaks of.

    >>> kind_of("xmpRights:UsageTerms"), kind_of("dc:subject"), kind_of("png:House-rights")
    (<TextKind.RIGHTS: 'RIGHTS'>, <TextKind.KEYWORDS: 'KEYWORDS'>, <TextKind.RIGHTS: 'RIGHTS'>)
    """
    if name in names("silent"):
        return None
    if name in names("keywords"):
        return TextKind.KEYWORDS
    if name in names("rights") or name in names("creators"):
        return TextKind.RIGHTS
    return TextKind.RIGHTS if _RIGHTS_NAME.search(name) else TextKind.PROSE


def _unread(field: Field, why: str) -> Signal:
    name, location = clean(field.name, _MAX_NAME), clean(field.location, _MAX_NAME)
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, name, location, "", why)


def _signal(field: Field, refusal: Refusal) -> Signal:
    name, location, span = clean(field.name, _MAX_NAME), clean(field.location, _MAX_NAME), clean(refusal.span)
    if refusal.kind in _LICENCES:
        value, verdict = _LICENCES[refusal.kind], SignalVerdict.UNKNOWN
        return Signal(SignalSubject.LICENCE, verdict, name, location, span, value, Trust.SUSPECTED)
    subject = _SUBJECTS[refusal.kind]
    return Signal(subject, SignalVerdict.DENY, name, location, span, refusal.language, Trust.SUSPECTED)
