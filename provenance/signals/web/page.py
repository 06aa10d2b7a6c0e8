"""The few elements of a captured HTML page that carry signals: meta, link, and inline RSL.

Only start tags of these three are ever handed to the HTML parser, one by one and each cut to a bound, because the
parser takes quadratic time on some malformed pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

MAX_TAG: Final = 2_048
MAX_TAGS: Final = 2_000
MAX_SCRIPTS: Final = 4

_CANDIDATE: Final = re.compile(r"<(?:meta|link|script)(?=[\s/>])", re.IGNORECASE | re.ASCII)
_SCRIPT_END: Final = re.compile(r"</script", re.IGNORECASE | re.ASCII)
_NAMES: Final = re.compile(r"name|property|http-equiv|rel=|rsl", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag: its name and its attributes, both names in lower case."""

    tag: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What was found. `whole` is False where a bound cut the reading short."""

    metas: tuple[tuple[str, str], ...]
    """(name or http-equiv, content) of each meta element."""
    links: tuple[Mapping[str, str], ...]
    rsl: tuple[str, ...]
    """The text of inline `application/rsl+xml` scripts."""
    whole: bool


def read_page(html: str) -> Page:
    """Scan a page in linear time. Never raises.

    >>> read_page('<META Name="robots" content="noai">').metas
    (('robots', 'noai'),)
    """
    text = _without_comments(html)
    metas: list[tuple[str, str]] = []
    links: list[Mapping[str, str]] = []
    scripts: list[str] = []
    whole = True
    starts = [match.start() for match in _CANDIDATE.finditer(text)]
    ends = [*starts[1:], len(text)]
    seen = 0
    for start, end in zip(starts, ends, strict=False):
        snippet = text[start : min(end, start + MAX_TAG)]
        if not _NAMES.search(snippet):
            continue
        seen += 1
        if seen > MAX_TAGS:
            whole = False
            break
        element = _element(snippet)
        if element is None:
            whole = whole and not snippet.lower().startswith("<meta")
        elif element.tag == "meta":
            name = element.attributes.get("name") or element.attributes.get("http-equiv")
            name = name or element.attributes.get("property") or ""
            metas.append((name.strip(), element.attributes.get("content", "")))
        elif element.tag == "link":
            links.append(element.attributes)
        elif element.attributes.get("type", "").strip().lower() == "application/rsl+xml":
            # Once one of them has no end, none after it has.
            close = _SCRIPT_END.search(text, start) if whole and len(scripts) < MAX_SCRIPTS else None
            whole = whole and close is not None
            if close is not None:
                scripts.append(text[text.find(">", start) + 1 : close.start()])
    return Page(tuple(metas), tuple(links), tuple(scripts), whole)


def _without_comments(html: str) -> str:
    """The page without `<!-- … -->`. What an unclosed comment hides is read all the same."""
    return "".join(_uncommented(html))


def _uncommented(html: str) -> Iterator[str]:
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        end = html.find("-->", start + 4)
        if end < 0:
            break
        yield html[at:start]
        at = end + 3
    yield html[at:]


class _FirstTag(HTMLParser):
    """Keeps the first start tag that it is shown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.element: Element | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.element is None:
            # Of a repeated attribute the first counts, as in browsers.
            self.element = Element(tag, {name: value or "" for name, value in reversed(attrs)})


def _element(snippet: str) -> Element | None:
    parser = _FirstTag()
    try:
        parser.feed(snippet)
    except (AssertionError, ValueError):
        # The standard library's parser asserts on some malformed declarations.
        return None
    return parser.element
