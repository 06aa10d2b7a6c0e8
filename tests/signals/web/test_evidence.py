"""The bounded parser of captured evidence, and the entry over all of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model import SignalSubject, SignalVerdict
from provenance.signals.web import WebEvidence, evidence_from, read_web
from provenance.signals.web.evidence import MAX_HEADERS, MAX_HTML, MAX_ROBOTS
from provenance.signals.web.read import MAX_SIGNALS

URL = "https://example.org/a.jpg"


def test_the_parts_of_the_manifest_format():
    evidence = evidence_from(
        {
            "headers": {"X": "1"},
            "robots_txt": b"User-agent: *",
            "html": "<p>",
            "tdmrep": [],
            "captured_at": "2026-11-22T12:00:00+01:00",
        }
    )
    assert evidence == WebEvidence(
        headers=(("X", "1"),),
        robots_txt="User-agent: *",
        html="<p>",
        tdmrep=[],
        captured_at=datetime(2026, 11, 22, 11, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "given_",
    [
        {"robots_txt": 5},
        {"html": ["<p>"]},
        {"headers": 7},
        {"headers": {"X": 7}},
        {"headers": [("a", "b", "c")]},
        {"captured_at": "yesterday"},
        {"captured_at": "2026-11-22T12:00:00"},
        {"robots_txt": "#" * (MAX_ROBOTS + 1)},
        {"html": " " * (MAX_HTML + 1)},
        {"headers": [("X", "1")] * (MAX_HEADERS + 1)},
        {"tdmrep": " " * 2_000_000},
    ],
)
def test_what_cannot_be_used_whole_becomes_unreadable(given_):
    signals = read_web(given_, url=URL)
    assert {s.subject for s in signals} == {SignalSubject.UNREADABLE}


def test_a_refusal_before_the_cut_still_counts():
    signals = read_web({"html": '<meta name="robots" content="noai">' + " " * MAX_HTML}, url=URL)
    assert {s.verdict for s in signals} == {SignalVerdict.DENY, SignalVerdict.UNKNOWN}


def test_the_evidence_may_name_its_own_url():
    evidence = {"robots_txt": "User-agent: *\nDisallow: /a", "url": URL}
    assert {s.verdict for s in read_web(evidence, url=None)} == {SignalVerdict.DENY}


def test_a_flood_of_signals_is_cut_and_keeps_the_refusals():
    metas = "".join(f'<meta name="tdm-policy" content="https://example.org/{n}">' for n in range(MAX_SIGNALS + 50))
    signals = read_web({"html": metas + '<meta name="robots" content="noai">'}, url=URL)
    assert len(signals) == MAX_SIGNALS
    assert sum(s.verdict is SignalVerdict.DENY for s in signals) == 2
    assert signals[-1].subject is SignalSubject.UNREADABLE


def test_raw_values_are_cut_and_can_be_stored():
    signals = read_web({"headers": {"X-Robots-Tag": "noai, \x00\ud800" + "x" * 5_000}}, url=URL)
    assert signals
    for signal in signals:
        assert len(signal.raw) <= 1_000
        assert "\x00" not in signal.raw
        signal.raw.encode("utf-8")


@pytest.mark.parametrize("part", ["robots_txt", "ai_txt", "html", "tdmrep", "rsl"])
def test_lone_surrogates_break_no_reader(part):
    # JSON can hold them, UTF-8 cannot; the fuzzer found them in patterns and in URLs.
    texts = {"robots_txt": "User-agent: *\nDisallow: /\ud800\nContent-Usage: /\ud800 x=1"}
    read_web({part: texts.get(part, "User-agent: *\nDisallow: \ud800")}, url="https://example.org/\ud800.jpg")


@pytest.mark.parametrize(
    "html",
    [
        "<" * 1_000_000,
        "<meta " * 400_000,
        "<meta name=" * 300_000,
        '<meta name="' * 300_000,
        "<!--" * 500_000,
        "<script type=application/rsl+xml>" * 100_000,
        "<link rel=" + "a=" * 1_000_000,
        "<meta name=robots content='" + "&" * 3_000_000,
    ],
)
def test_a_hostile_page_does_not_hang(html):
    begun = time.monotonic()
    read_web({"html": html}, url=URL)
    assert time.monotonic() - begun < 30  # a hang, not a slow machine


NOISE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
PARTS = ["headers", "robots_txt", "html", "tdmrep", "ai_txt", "rsl", "url", "captured_at"]


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(PARTS), NOISE), st.none() | st.text(max_size=30))
def test_no_mapping_raises(given_, url):
    for signal in read_web(given_, url=url):
        assert len(signal.raw) <= 1_000
