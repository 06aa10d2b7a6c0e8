"""RSL: `signals.md` 3.1 row 7."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model import SignalSubject, SignalVerdict
from provenance.signals.web import read_web
from provenance.signals.web.rsl import read_rsl

URL = "https://example.org/photos/a.jpg"
DENY, ALLOW, UNKNOWN = SignalVerdict.DENY, SignalVerdict.ALLOW, SignalVerdict.UNKNOWN


NAMESPACE = "https://rslstandard.org/rsl"


def document(licence: str, *, url: str = "/", attributes: str = "", namespace: str = NAMESPACE) -> str:
    return f'<rsl xmlns="{namespace}"><content url="{url}" {attributes}>{licence}</content></rsl>'


def licence(*parts: str) -> str:
    return f"<license>{''.join(parts)}</license>"


PERMITS = '<permits type="usage">search ai-train</permits>'
PROHIBITS = '<prohibits type="usage">{}</prohibits>'


def verdicts(signals):
    return {s.verdict for s in signals if s.subject is not SignalSubject.UNREADABLE}


@pytest.mark.parametrize("token", ["all", "ai-all", "ai-train", "train-ai", "AI-TRAIN", "search, ai-train"])
def test_prohibiting_training_denies(token):
    assert verdicts(read_rsl(document(licence(PROHIBITS.format(token))), url=URL)) == {DENY}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document(licence(PERMITS)), {ALLOW}),
        (document(licence(PERMITS, '<payment type="free"/>')), {ALLOW}),
        (document(licence(PERMITS, '<payment type="training"><amount currency="USD">9</amount></payment>')), {DENY}),
        (document(licence(PERMITS, '<permits type="user">non-commercial</permits>')), {DENY}),
        (document(licence(PERMITS, '<prohibits type="geo">FR</prohibits>')), {DENY}),
        (document(licence(PERMITS), attributes='server="https://rsl.example/api"'), {DENY}),
        (document("", attributes='server="https://rsl.example/api"'), {DENY}),
        (document(licence('<permits type="usage">search</permits>')), {DENY}),
        (document(licence('<permits type="usage">search</permits>') + licence(PERMITS)), {ALLOW}),
        (document(licence(PERMITS) + licence(PROHIBITS.format("ai-train"))), {DENY}),
        (document(licence(PROHIBITS.format("search"))), {UNKNOWN}),
        (document(licence(PERMITS), namespace="https://other.example/rsl"), {UNKNOWN}),
        (document(licence(PROHIBITS.format("all")), namespace="urn:x"), {DENY}),
        (document(licence(PROHIBITS.format("all")), url="/music/"), set()),
        (document(licence(PROHIBITS.format("all")), url="https://example.org/photos/*"), {DENY}),
    ],
)
def test_terms(text, expected):
    assert verdicts(read_rsl(text, url=URL)) == expected


def test_the_most_specific_content_applies():
    text = document(licence(PROHIBITS.format("all"))).replace(
        "</rsl>", f'<content url="/photos/">{licence(PERMITS)}</content></rsl>'
    )
    assert verdicts(read_rsl(text, url=URL)) == {ALLOW}
    assert verdicts(read_rsl(text, url="https://example.org/b.jpg")) == {DENY}


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><rsl>&b;</rsl>'


@pytest.mark.parametrize(
    "text", ["", "<rsl", "<html/>", BOMB, "\x00", "<a>" * 100_000, "<rsl xmlns='https://rslstandard.org/rsl'/>"]
)
def test_what_is_no_document_is_unreadable(text):
    signals = read_rsl(text, url=URL)
    assert {s.subject for s in signals} == {SignalSubject.UNREADABLE}


@pytest.mark.parametrize(
    "evidence",
    [
        {"robots_txt": "License: https://example.org/license.xml\nUser-agent: *\nAllow: /"},
        {"headers": {"Link": '<https://example.org/license.xml>; rel="license"; type="application/rsl+xml"'}},
        {
            "headers": {
                "link": "</a>; rel=next, <https://example.org/license.xml>; TYPE=application/rsl+xml;REL=LICENSE"
            }
        },
        {"html": '<link rel="license" type="application/rsl+xml" href="https://example.org/license.xml">'},
    ],
)
def test_terms_that_were_not_captured_are_unread_and_not_absent(evidence):
    signals = read_web(evidence, url=URL)
    assert [(s.subject, s.raw) for s in signals] == [(SignalSubject.UNREADABLE, "https://example.org/license.xml")]
    assert read_web({**evidence, "rsl": document(licence(PROHIBITS.format("all")))}, url=URL)[0].verdict is DENY


def test_inline_terms_are_read():
    html = f'<script type="application/rsl+xml">{document(licence(PROHIBITS.format("ai-all")))}</SCRIPT>'
    assert verdicts(read_web({"html": html}, url=URL)) == {DENY}


def test_an_ordinary_licence_link_is_a_licence_signal():
    html = '<link rel="license" href="https://creativecommons.org/licenses/by-nc/4.0/">'
    (signal,) = read_web({"html": html}, url=URL)
    assert (signal.subject, signal.verdict) == (SignalSubject.LICENCE, UNKNOWN)
    assert signal.value == "https://creativecommons.org/licenses/by-nc/4.0/"


@given(st.text(alphabet="<>/rsl content=\"'&;permts", max_size=200))
def test_no_text_raises(text):
    assert ALLOW not in verdicts(read_rsl(text, url=URL))
