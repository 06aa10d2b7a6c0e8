"""X-Robots-Tag and meta robots: `signals.md` 3.1 rows 2 and 3, and case (c)10(f)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.web import WebEvidence, evidence_from, read_web
from provenance.signals.web.x_robots import AI_DIRECTIVES, INDEX_DIRECTIVES, read_headers, read_meta

URL = "https://example.org/a.jpg"
BOTH = {SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER}


def denied(signals: tuple[Signal, ...]) -> set[SignalSubject]:
    return {signal.subject for signal in signals if signal.verdict is SignalVerdict.DENY}


@pytest.mark.parametrize("directive", sorted(AI_DIRECTIVES | INDEX_DIRECTIVES))
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_every_directive_denies_in_any_letter_case(directive, spell):
    assert denied(read_headers((spell(directive),))) == BOTH


@pytest.mark.parametrize("name", ["x-robots-tag", "X-ROBOTS-TAG", "X-Robots-Tag", "x-RoBoTs-tAg"])
def test_the_header_name_may_be_in_any_letter_case(name):
    assert denied(read_web({"headers": {name: "NoAI"}}, url=URL)) == BOTH


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Robots-Tag", "nofollow"), ("x-robots-tag", "noai")],
        {"X-Robots-Tag": ["nofollow", "noai"]},
        {"X-Robots-Tag": "nofollow, noai"},
        [{"name": "X-Robots-Tag", "value": "nofollow"}, {"name": "X-Robots-Tag", "value": "noai"}],
        "HTTP/1.1 200 OK\r\nX-Robots-Tag: nofollow\r\nX-Robots-Tag: noai\r\n",
        ["X-Robots-Tag: nofollow", "X-Robots-Tag: noai"],
    ],
)
def test_repeated_headers_count_however_they_were_recorded(headers):
    assert denied(read_web({"headers": headers}, url=URL)) == BOTH


@pytest.mark.parametrize(
    ("value", "denies"),
    [
        ("gptbot: noai", True),
        ("IMG2DATASET: noindex", True),
        ("*: noai", True),
        ("otherbot: noindex, noai", False),
        ("googlebot: noindex", False),
        ("googlebot: noindex, gptbot: noai", True),
        ("noai, googlebot: noindex", True),
        ("unavailable_after: 25 Jun 2026 15:00:00 PST, noai", True),
        ("max-snippet: 20, max-image-preview: large", False),
        ("max-snippet:20 noai", True),
        ("nofollow", False),
        ("all", False),
        ("", False),
        ("noairplanes", False),
    ],
)
def test_a_user_agent_scopes_what_follows_it(value, denies):
    assert bool(denied(read_headers((value,)))) is denies


def test_what_is_said_to_another_crawler_is_kept_as_unknown():
    signals = read_headers(("otherbot: noindex, noai",))
    assert {signal.verdict for signal in signals} == {SignalVerdict.UNKNOWN}
    assert {signal.value for signal in signals} == {"otherbot: noindex", "otherbot: noai"}


@pytest.mark.parametrize(
    ("html", "denies"),
    [
        ('<meta name="robots" content="noai, noimageai">', True),
        ("<META CONTENT='NOAI' NAME=ROBOTS>", True),
        ('<html><head>\n<meta\n name = "robots"\n content = "noimageai" />', True),
        ('<meta name="gptbot" content="noindex">', True),
        ('<meta name="googlebot" content="noindex">', False),
        ('<meta name="robots" content="index, follow">', False),
        ('<meta name="description" content="noai">', False),
        ('<!-- <meta name="robots" content="noai"> -->', False),
        ('<!-- never closed <meta name="robots" content="noai">', True),
        ('<meta http-equiv="X-Robots-Tag" content="noai">', True),
        ('<meta name="robots" content="&#110;oai">', True),
        ('<p title="<b>"><meta name="robots" content="a>b noai">', True),
        ("<metadata name=robots content=noai>", False),
    ],
)
def test_meta_robots(html, denies):
    assert bool(denied(read_web({"html": html}, url=URL))) is denies


def test_nothing_captured_says_nothing():
    assert read_web(WebEvidence(), url=URL) == ()
    assert read_web({"headers": {"Content-Type": "image/jpeg"}}, url=URL) == ()
    assert read_headers(()) == ()


def test_a_viewport_is_no_crawler():
    assert read_meta("viewport", "noai") == ()


@given(st.lists(st.sampled_from(["nofollow", "noarchive", "noai", "max-snippet: 3"]), max_size=6), st.booleans())
def test_noai_denies_wherever_it_stands(words, spaced):
    value = (", " if spaced else ",").join(words)
    assert bool(denied(read_headers((value,)))) is ("noai" in words)


@given(st.text(max_size=300))
def test_no_header_raises_or_allows(value):
    signals = read_web(evidence_from({"headers": [("X-Robots-Tag", value)]}), url=URL)
    assert all(signal.verdict is not SignalVerdict.ALLOW for signal in signals)
