"""The entry: every signal of one piece of captured web evidence, for one image's URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from provenance.model import Signal, SignalVerdict
from provenance.signals.web import aipref, robots_txt, rsl, tdmrep, x_robots
from provenance.signals.web.evidence import WebEvidence, evidence_from
from provenance.signals.web.finding import unreadable
from provenance.signals.web.page import read_page

MAX_SIGNALS: Final = 200
"""Of one image. What would go beyond it is replaced by one UNREADABLE; refusals are kept first."""


def read_web(evidence: WebEvidence | Mapping[str, object], *, url: str | None) -> tuple[Signal, ...]:
    """What the source said at capture about the image at `url`, evaluated offline (`signals.md` section 3).

    Where `url` is None the evidence's own is taken; rules that hang on a path are UNREADABLE without any. A part
    that was not captured says nothing, and nothing said is never a permission.
    Raises MissingExtra where robots.txt or ai.txt was captured and protego is not installed.

    >>> page = WebEvidence(headers=(("x-robots-tag", "NoAI"),))
    >>> [s.verdict.value for s in read_web(page, url="https://example.org/a.jpg")]
    ['DENY', 'DENY']
    """
    if not isinstance(evidence, WebEvidence):
        evidence = evidence_from(evidence)
    found = tuple(dict.fromkeys(_all(evidence, url or evidence.url)))
    if len(found) <= MAX_SIGNALS:
        return found
    kept = sorted(found, key=lambda signal: signal.verdict is not SignalVerdict.DENY)[: MAX_SIGNALS - 1]
    return (*kept, unreadable("web", "web", "", f"{len(found)} signals, of which {len(kept)} were kept"))


def _all(evidence: WebEvidence, url: str | None) -> Iterator[Signal]:
    for problem in evidence.problems:
        yield unreadable(problem.part, f"web_evidence:{problem.part}", problem.raw, problem.why)
    yield from _headers(evidence)
    if evidence.robots_txt is not None:
        yield from robots_txt.read_robots(evidence.robots_txt, url=url)
        yield from aipref.read_robots(evidence.robots_txt, url=url)
        if evidence.rsl is None:
            yield from _licence_lines(evidence.robots_txt)
    if evidence.ai_txt is not None:
        yield from robots_txt.read_ai_txt(evidence.ai_txt, url=url)
    if evidence.tdmrep is not None:
        yield from tdmrep.read_file(evidence.tdmrep, url=url)
    if evidence.rsl is not None:
        yield from rsl.read_rsl(evidence.rsl, url=url)
    if evidence.html is not None:
        yield from _html(evidence.html, url, captured=evidence.rsl is not None)


def _headers(evidence: WebEvidence) -> Iterator[Signal]:
    yield from x_robots.read_headers(evidence.header("X-Robots-Tag"))
    for value in evidence.header("tdm-reservation"):
        # A proxy may have joined repeated headers with commas.
        for each in value.split(",")[:10]:
            yield from tdmrep.read_reservation(each, tdmrep.HEADER)
    for value in evidence.header("tdm-policy"):
        yield tdmrep.read_policy(value, "http:tdm-policy")
    for field in (aipref.USAGE, aipref.SIGNAL):
        yield from aipref.read_header(field, evidence.header(field))
    for value in evidence.header("Link"):
        yield from _links(value, captured=evidence.rsl is not None)


def _links(value: str, *, captured: bool) -> Iterator[Signal]:
    """The licence links of one `Link` header (RFC 8288)."""
    for part in value.split("<")[1:50]:
        href, _, rest = part.partition(">")
        pairs = (parameter.partition("=") for parameter in rest.split(";")[:20])
        attributes = {name.strip().lower(): value.strip(" \t,\"'") for name, _, value in pairs}
        yield from _licence(href, attributes, "http:Link", captured=captured)


def _licence(href: str, attributes: Mapping[str, str], location: str, *, captured: bool) -> Iterator[Signal]:
    if "license" not in attributes.get("rel", "").lower().split() or not href.strip():
        return
    if not rsl.is_rsl(attributes):
        yield rsl.licence_link(href, location)
    elif not captured:
        yield rsl.reference(href, location)


def _licence_lines(text: str) -> Iterator[Signal]:
    lines = (line.strip().partition(":") for line in text.splitlines())
    hrefs = (rest.strip() for label, _, rest in lines if label.strip().lower() == "license")
    for _, href in zip(range(20), hrefs, strict=False):
        yield rsl.reference(href, "robots.txt:License")


def _html(html: str, url: str | None, *, captured: bool) -> Iterator[Signal]:
    page = read_page(html)
    if not page.whole:
        yield unreadable("html", "html", html[:200], "some elements could not be read")
    for name, content in page.metas:
        key = name.lower()
        if key == tdmrep.NAME:
            yield from tdmrep.read_reservation(content, tdmrep.META)
        elif key == "tdm-policy":
            yield tdmrep.read_policy(content, "html:meta[name=tdm-policy]")
        elif key == "x-robots-tag":
            yield from x_robots.read_headers((content,))
        elif key in (aipref.USAGE.lower(), aipref.SIGNAL.lower()):
            field = aipref.USAGE if key == aipref.USAGE.lower() else aipref.SIGNAL
            yield from aipref.read_header(field, (content,))
        else:
            yield from x_robots.read_meta(name, content)
    for link in page.links:
        yield from _licence(link.get("href", ""), link, "html:link", captured=captured)
    for document in page.rsl:
        yield from rsl.read_rsl(document, url=url, location="html:script[rsl]")
