"""Really Simple Licensing 1.0 (rslstandard.org/rsl): XML terms for the use of a site's content by AI.

A licence that prohibits training denies. One that permits it for payment, to some users or places only, or through a
licence server denies too, until such a licence is recorded. Only an unconditional, free permission allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.web.finding import finding, training, unreadable
from provenance.signals.web.paths import most_specific, target_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE: Final = "https://rslstandard.org/rsl"
MAX_CONTENTS: Final = 5_000
MEDIA_TYPE: Final = "application/rsl+xml"

_TRAINING: Final = frozenset({"all", "ai-all", "ai-train", "train-ai", "train-genai"})
_FREE: Final = frozenset({"free", "attribution"})


def read_rsl(text: str, *, url: str | None, location: str = "rsl") -> tuple[Signal, ...]:
    """The signals of one RSL document for the image at `url`. Never raises on hostile XML.

    >>> doc = '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
    >>> doc += '<prohibits type="usage">ai-train</prohibits></license></content></rsl>'
    >>> read_rsl(doc, url="https://example.org/a.jpg")[0].verdict.value
    'DENY'
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        return (unreadable("rsl", location, text[:200], f"not readable XML ({type(error).__name__})"),)
    if _local(root) != "rsl":
        return (unreadable("rsl", location, text[:200], "not an RSL document"),)
    target = target_of(url)
    if target is None:
        return (unreadable("rsl", location, text[:200], "no URL to hold against its terms"),)
    contents = [each for each in root if _local(each) == "content"]
    found: list[Signal] = []
    if len(contents) > MAX_CONTENTS or not contents:
        found.append(unreadable("rsl", location, text[:200], f"{len(contents)} content elements"))
    known = root.tag == f"{{{NAMESPACE}}}rsl"
    for content in most_specific([(_path(each), each) for each in contents[:MAX_CONTENTS]], target):
        found.extend(_terms(content, location, known=known))
    return tuple(found)


def reference(href: str, location: str) -> Signal:
    """Terms exist at an address and were not captured, so they were not read.

    >>> reference("https://example.org/license.xml", "robots.txt:License").subject.value
    'UNREADABLE'
    """
    return unreadable("rsl", location, href, f"terms not captured: {href}")


def licence_link(href: str, location: str) -> Signal:
    """A plain `rel=license` link: the copyright licence that the page names, which is no basis for a person's image."""
    return finding(SignalSubject.LICENCE, SignalVerdict.UNKNOWN, "rel=license", location, href, href.strip())


def _terms(content: Element, location: str, *, known: bool) -> tuple[Signal, ...]:
    licences = [each for each in content if _local(each) == "license"]
    prohibited = [each for each in licences if _usage(each, "prohibits") & _TRAINING]
    permitting = [each for each in licences if _usage(each, "permits") & _TRAINING]
    raw = f"content {content.get('url', '')}"
    if prohibited:
        return training(SignalVerdict.DENY, "rsl:prohibits", location, raw, "ai-train", nonstandard=not known)
    server = content.get("server")
    free = [each for each in permitting if _unconditional(each)]
    if free and not server:
        verdict = SignalVerdict.ALLOW if known else SignalVerdict.UNKNOWN
        return training(verdict, "rsl:permits", location, raw, "ai-train", nonstandard=not known)
    if permitting or server:
        return training(SignalVerdict.DENY, "rsl:conditional", location, raw, server or "on conditions")
    if any(_local(each) == "permits" and _kind(each) == "usage" for licence in licences for each in licence):
        # Uses are listed and training is not among them.
        return training(SignalVerdict.DENY, "rsl:permits", location, raw, "training not listed")
    return training(SignalVerdict.UNKNOWN, "rsl", location, raw)


def _unconditional(licence: Element) -> bool:
    for each in licence:
        name = _local(each)
        if name == "payment" and each.get("type", "free").strip().lower() not in _FREE:
            return False
        if name in ("permits", "prohibits") and _kind(each) in ("user", "geo"):
            return False
    return True


def _usage(licence: Element, name: str) -> frozenset[str]:
    words: set[str] = set()
    for each in licence:
        if _local(each) == name and _kind(each) == "usage":
            words.update((each.text or "").replace(",", " ").lower().split())
    return frozenset(words)


def _kind(element: Element) -> str:
    return (element.get("type") or "usage").strip().lower()


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _path(content: Element) -> str:
    url = (content.get("url") or "/").strip()[:2_000]
    if "://" in url:
        return target_of(url) or "/"
    return url if url.startswith(("/", "*")) else f"/{url}"


def is_rsl(link: Mapping[str, str]) -> bool:
    """Whether a link's attributes name an RSL document.

    >>> is_rsl({"rel": "license", "type": "application/rsl+xml"})
    True
    """
    return link.get("type", "").partition(";")[0].strip().lower() == MEDIA_TYPE
