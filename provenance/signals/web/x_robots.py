"""`X-Robots-Tag` headers and their HTML twin, `<meta name="robots">`.

`noai` and `noimageai` (DeviantArt, 2022), `noml` (noml.info) and `notrain` refuse training. `noindex`, `noimageindex`
and `none` ask not to be indexed at all; they deny too, as in img2dataset's default, since who may not even be found
did not offer to be learned from. Letter case never matters and a missing header clears nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.model import Signal, SignalVerdict
from provenance.signals.web.agents import speaks_to_us
from provenance.signals.web.finding import training

AI_DIRECTIVES: Final = frozenset({"noai", "noimageai", "noml", "notrain"})
INDEX_DIRECTIVES: Final = frozenset({"noindex", "noimageindex", "none"})
_VALUED: Final = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
"""Directives that hold a colon of their own, which is therefore no user agent's."""


def read_headers(values: tuple[str, ...]) -> tuple[Signal, ...]:
    """The signals of every `X-Robots-Tag` header of one response.

    >>> [s.verdict.value for s in read_headers(("NoAI",))]
    ['DENY', 'DENY']
    """
    return tuple(
        signal
        for value in values
        for agent, directive in _directives(value)
        for signal in _signals("X-Robots-Tag", "http:X-Robots-Tag", value, agent, directive)
    )


def read_meta(name: str, content: str) -> tuple[Signal, ...]:
    """The signals of one `<meta name=… content=…>` whose name is `robots` or a crawler's token.

    >>> read_meta("viewport", "noai")
    ()
    """
    agent = "*" if name.strip().lower() == "robots" else name
    if not speaks_to_us(agent):
        return ()
    words = content.replace(",", " ").replace(";", " ").lower().split()
    return tuple(
        signal
        for word in dict.fromkeys(words)
        for signal in _signals("meta robots", f"html:meta[name={name.strip().lower()[:40]}]", content, agent, word)
    )


def _directives(value: str) -> Iterator[tuple[str, str]]:
    """Each distinct (user agent, directive); a `agent:` prefix holds until the next one of the same header."""
    agent, seen = "*", set()
    for part in value.split(","):
        before, colon, after = part.partition(":")
        directive = part
        if colon and before.strip().lower() not in _VALUED:
            agent, directive = before.strip(), after
        for word in directive.lower().split():
            if (agent, word) not in seen:
                seen.add((agent, word))
                yield agent, word


def _signals(name: str, location: str, raw: str, agent: str, directive: str) -> tuple[Signal, ...]:
    if directive not in AI_DIRECTIVES and directive not in INDEX_DIRECTIVES:
        return ()
    # What is said to another crawler alone is kept, and decides nothing.
    verdict = SignalVerdict.DENY if speaks_to_us(agent) else SignalVerdict.UNKNOWN
    return training(verdict, name, location, raw, directive if agent == "*" else f"{agent}: {directive}")
