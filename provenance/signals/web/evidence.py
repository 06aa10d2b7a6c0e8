"""What the source said when the image was captured, as somebody else recorded it. Nothing is fetched here.

The mapping is the `web_evidence` of a manifest row (`headers`, `robots_txt`, `html`, `tdmrep`, `captured_at`), with
`ai_txt`, `rsl` and `url` beside them. Whatever of it cannot be used is kept as a problem, which becomes an
UNREADABLE signal: a damaged capture is not a clean one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

MAX_HEADERS: Final = 512
MAX_HEADER: Final = 16_384
MAX_ROBOTS: Final = 512 * 1024
"""RFC 9309 section 2.5: a crawler reads at least 500 KiB of robots.txt."""
MAX_HTML: Final = 4 * 1024 * 1024
MAX_FILE: Final = 1024 * 1024
MAX_URL: Final = 8_192

_LIMITS: Final = {
    "robots_txt": MAX_ROBOTS,
    "html": MAX_HTML,
    "ai_txt": MAX_ROBOTS,
    "rsl": MAX_FILE,
    "url": MAX_URL,
}


@dataclass(frozen=True, slots=True)
class Capture:
    """A part of the evidence that could not be used whole: which one, what stood there, and why."""

    part: str
    raw: str
    why: str


@dataclass(frozen=True, slots=True)
class WebEvidence:
    """One captured page or file. None means that this part was not captured, "" that it was empty.

    `headers` are (name, value) in the order received, in any letter case and repeated as often as they came.
    `tdmrep` is the text of `/.well-known/tdmrep.json` or its decoded JSON.
    """

    headers: tuple[tuple[str, str], ...] = ()
    robots_txt: str | None = None
    html: str | None = None
    tdmrep: object | None = None
    ai_txt: str | None = None
    rsl: str | None = None
    url: str | None = None
    captured_at: datetime | None = None
    problems: tuple[Capture, ...] = ()

    def header(self, name: str) -> tuple[str, ...]:
        """Every value of one header, whatever its letter case.

        >>> WebEvidence(headers=(("X-Robots-Tag", "noai"),)).header("x-robots-tag")
        ('noai',)
        """
        wanted = name.lower()
        return tuple(value for each, value in self.headers if each.lower() == wanted)


def evidence_from(given: Mapping[str, object]) -> WebEvidence:
    """The evidence in a mapping of any quality, each part cut to its bound. Never raises.

    Headers may be a mapping, a list of pairs, a list of `{name, value}` or raw lines.

    >>> evidence_from({"headers": {"X-Robots-Tag": ["noai", "noindex"]}}).headers
    (('X-Robots-Tag', 'noai'), ('X-Robots-Tag', 'noindex'))
    """
    problems: list[Capture] = []
    texts = {part: _text(given, part, limit, problems) for part, limit in _LIMITS.items()}
    return WebEvidence(
        headers=_headers(given.get("headers"), problems),
        robots_txt=texts["robots_txt"],
        html=texts["html"],
        tdmrep=_tdmrep(given.get("tdmrep"), problems),
        ai_txt=texts["ai_txt"],
        rsl=texts["rsl"],
        url=texts["url"],
        captured_at=_time(given.get("captured_at"), problems),
        problems=tuple(problems),
    )


def _decoded(value: object) -> str | None:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _text(given: Mapping[str, object], part: str, limit: int, problems: list[Capture]) -> str | None:
    value = given.get(part)
    if value is None:
        return None
    text = _decoded(value)
    if text is None:
        problems.append(Capture(part, _shown(value), f"{part} is not text"))
        return None
    if len(text) > limit:
        problems.append(Capture(part, text[:100], f"only the first {limit} characters were read"))
    return text[:limit]


def _tdmrep(value: object, problems: list[Capture]) -> object | None:
    text = _decoded(value)
    if text is None:
        return value
    if len(text) > MAX_FILE:
        problems.append(Capture("tdmrep", text[:100], f"longer than {MAX_FILE} characters"))
        return None
    return text


def _time(value: object, problems: list[Capture]) -> datetime | None:
    if value is None:
        return None
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value)[:64])
        if when.tzinfo is not None:
            return when.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    problems.append(Capture("captured_at", _shown(value), "not an ISO 8601 time with an offset"))
    return None


def _headers(value: object, problems: list[Capture]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for name, content in _pairs(value):
        if len(found) == MAX_HEADERS:
            problems.append(Capture("headers", "", f"only the first {MAX_HEADERS} headers were read"))
            break
        key, text = _decoded(name), _decoded(content)
        if key is None or text is None:
            problems.append(Capture("headers", _shown((name, content)), "a header is not a name and a text"))
            continue
        if len(text) > MAX_HEADER or len(key) > MAX_HEADER:
            problems.append(Capture("headers", key[:100], f"only the first {MAX_HEADER} characters were read"))
        found.append((key[:MAX_HEADER].strip(), text[:MAX_HEADER].strip()))
    return tuple(found)


def _pairs(value: object) -> Iterator[tuple[object, object]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for name, content in value.items():
            for each in content if isinstance(content, list | tuple) else (content,):
                yield name, each
    elif isinstance(value, str | bytes | bytearray):
        for line in (_decoded(value) or "").splitlines():
            name, colon, content = line.partition(":")
            # The status line and blank lines are no headers.
            if colon:
                yield name, content
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _pair(entry)
    else:
        yield value, None


def _pair(entry: object) -> Iterator[tuple[object, object]]:
    if isinstance(entry, Mapping):
        yield entry.get("name"), entry.get("value")
    elif isinstance(entry, list | tuple) and len(entry) == 2:
        yield entry[0], entry[1]
    elif isinstance(entry, str | bytes | bytearray):
        yield from _pairs(entry)
    else:
        yield entry, None


def _shown(value: object) -> str:
    """A short text of anything, without walking a large value."""
    return value[:100] if isinstance(value, str) else type(value).__name__
