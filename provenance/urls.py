"""Addresses as they are compared: by scheme, host and whole segments of the path, never as strings.

Two spellings of one address have one normal form (RFC 3986, section 6.2): scheme and host in lower case, the host in
its ASCII form, no default port, no user, no fragment, segments decoded and quoted again in one way, `.` and `..`
resolved, no `/` at the end. The query is kept as it stands: it is part of which picture is meant.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}
_OTHER_SCHEME: Final = {"http": "https", "https": "http"}
_SEGMENT: Final = "-._~!$&'()*+,;=:@"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_LONGEST: Final = 8_192


class _Parts(NamedTuple):
    scheme: str
    host: str
    segments: tuple[str, ...]
    query: str


def normalised(url: str) -> str | None:
    """The one spelling of an address, without a `/` at its end; None for what is no absolute address.

    >>> normalised("HTTPS://A.example:443/u1/./x/../%7Eme/7.jpg?size=2#top")
    'https://a.example/u1/~me/7.jpg?size=2'
    """
    parts = _parts(url)
    if parts is None:
        return None
    return _joined(parts, len(parts.segments)) + (f"?{parts.query}" if parts.query else "")


def path_of(location: str) -> bytes | str:
    """The path that a `file:///` address names; any other text as it is.

    >>> path_of("file:///data/my%20photos"), path_of("photos")
    (b'/data/my photos', 'photos')
    """
    return unquote_to_bytes(location.removeprefix("file://")) if location.startswith("file:///") else location


def prefixes(url: str) -> tuple[str, ...]:
    """Every normal form below which an address lies, from its host to itself; the last has its query, if it has one.

    So that whatever covers an address is found by looking its prefixes up. Empty for what is no absolute address.

    >>> prefixes("https://a.example/u1/7.jpg?size=2")[1:]
    ('https://a.example/u1', 'https://a.example/u1/7.jpg', 'https://a.example/u1/7.jpg?size=2')
    """
    parts = _parts(url)
    if parts is None:
        return ()
    found = tuple(_joined(parts, count) for count in range(len(parts.segments) + 1))
    return (*found, f"{found[-1]}?{parts.query}") if parts.query else found


def either_scheme(normal: str) -> tuple[str, ...]:
    """A normal form with the same under the other of http and https: who says no means both. Alone for other schemes.

    >>> either_scheme("http://a.example/u1")
    ('http://a.example/u1', 'https://a.example/u1')
    """
    scheme, rest = normal.split("://", 1)
    other = _OTHER_SCHEME.get(scheme)
    return (normal, f"{other}://{rest}") if other is not None else (normal,)


def covers(prefix: str, url: str) -> bool:
    """Whether an address lies at or below another: same scheme and host, and its path begins with whole segments.

    A prefix with a query covers that very address alone; one that is no absolute address covers nothing.

    >>> covers("https://a.example/u1", "https://a.example/u1/7.jpg"), covers("https://a.example/u1", "https://a.example/u10")
    (True, False)
    """
    normal = normalised(prefix)
    return normal is not None and normal in prefixes(url)


def loose(url: str) -> str | None:
    """A form that near spellings share: without scheme, `www.`, port, letter case, order of the query.

    >>> loose("http://www.A.example:8080/U1/?b=2&a=1") == loose("https://a.example/u1?a=1&b=2")
    True
    """
    parts = _parts(url) or _parts("https://" + url.strip().lstrip("/"))
    if parts is None or "." not in parts.host:
        return None
    host = parts.host.rpartition(":")[0] if re.search(r":\d+\Z", parts.host) else parts.host
    path = "/".join((host.removeprefix("www."), *(segment for segment in parts.segments if segment)))
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return (path + (f"?{query}" if query else "")).casefold()


def _parts(url: str) -> _Parts | None:
    url = url.strip().replace("\\", "/")  # as browsers read it
    if len(url) > _LONGEST or _CONTROL.search(url):
        return None
    try:
        split = urlsplit(url)
        host = _host(split)
    except ValueError:  # a broken IPv6 address, port or name
        return None
    if not split.scheme or not (host or split.scheme.lower() == "file"):
        return None
    return _Parts(split.scheme.lower(), host, _segments(split.path), split.query.strip())


def _host(split: SplitResult) -> str:
    host = split.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    elif host:
        if not host.isascii():
            host = unicodedata.normalize("NFKC", host).replace("\u3002", ".")
        host = ".".join(_label(label) for label in host.removesuffix(".").split("."))
        if not _HOST.fullmatch(host):
            raise ValueError("no name of a host")
    default = _PORTS.get(split.scheme.lower())
    return host if split.port in (None, default) else f"{host}:{split.port}"


def _label(label: str) -> str:
    """A label of a host in ASCII (RFC 5891). `ß` stays itself: `straße` and `strasse` belong to two owners."""
    label = unicodedata.normalize("NFC", label.lower())
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _segments(path: str) -> tuple[str, ...]:
    """The segments, each decoded and quoted again; `..` leads up, never out of the host, also where it is quoted."""
    found: list[str] = []
    for segment in path.split("/")[1:]:
        plain = unquote_to_bytes(segment)
        if plain == b"..":
            del found[-1:]
        elif plain != b".":
            found.append(quote(plain, safe=_SEGMENT))
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _joined(parts: _Parts, count: int) -> str:
    return f"{parts.scheme}://" + "/".join((parts.host, *parts.segments[:count]))
