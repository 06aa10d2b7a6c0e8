"""URL paths and the patterns that robots.txt, tdmrep.json and RSL share: prefix, `*` and a closing `$`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit

Rule = TypeVar("Rule")


def target_of(url: str | None) -> str | None:
    """Path and query of a URL in one spelling, or None where there is no usable URL.

    >>> target_of("https://example.org/a b.jpg?x=1")
    '/a%20b.jpg?x=1'
    """
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    path = parts.path or "/"
    if not path.startswith("/") or (not parts.netloc and parts.scheme):
        return None
    return _one_spelling(path + (f"?{parts.query}" if parts.query else ""))


def host_of(url: str | None) -> str | None:
    """The host name of a URL in lower case, or None.

    >>> host_of("https://Photos.Example.CA:8080/a.jpg")
    'photos.example.ca'
    """
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".").lower() or None if url else None
    except ValueError:
        return None


def matches(pattern: str, target: str) -> bool:
    """Whether a path pattern covers a path (RFC 9309 section 2.2.2), in linear time.

    >>> matches("/img/*.jpg$", "/img/a/b.jpg")
    True
    """
    anchored = pattern.endswith("$")
    first, *others = _one_spelling(pattern.removesuffix("$")).split("*")
    if not target.startswith(first):
        return False
    at = len(first)
    if not others:
        return not anchored or at == len(target)
    *middle, last = others
    for part in middle:
        found = target.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if anchored:
        return len(target) - len(last) >= at and target.endswith(last)
    return target.find(last, at) >= 0


def most_specific(rules: Iterable[tuple[str, Rule]], target: str) -> list[Rule]:
    """The rules whose pattern covers the path and is as long as the longest that does.

    >>> most_specific([("/", 1), ("/ok/", 2)], "/ok/a.jpg")
    [2]
    """
    covering = [(len(pattern), rule) for pattern, rule in rules if matches(pattern, target)]
    longest = max((length for length, _ in covering), default=0)
    return [rule for length, rule in covering if length == longest]


def _one_spelling(path: str) -> str:
    # A lone surrogate, which JSON can hold, has no place in a URL.
    return quote(unquote(path), errors="replace", safe="/*?&=;:@!,+$~'()")
