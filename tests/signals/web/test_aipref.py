"""AIPREF Content-Usage and Content-Signal: `signals.md` 3.1 rows 5 and 6, and case (c)10(f)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model import SignalSubject, SignalVerdict
from provenance.signals.web import read_web
from provenance.signals.web.aipref import SIGNAL, USAGE, read_header, read_robots

GEN, OTHER, UNREADABLE = SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER, SignalSubject.UNREADABLE
DENY, ALLOW, UNKNOWN = SignalVerdict.DENY, SignalVerdict.ALLOW, SignalVerdict.UNKNOWN
URL = "https://example.org/test.jpg"


def found(signals):
    return {(s.subject, s.verdict) for s in signals}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("train-ai=n, search=y", {(GEN, DENY)}),
        ("train-ai=y", {(GEN, ALLOW)}),
        ("search=n", set()),
        ("train-ai=n;exp=1", {(GEN, DENY)}),
        ("train-ai=y, train-ai=n", {(GEN, ALLOW), (GEN, DENY)}),
        ("train-ai", {(GEN, UNKNOWN)}),
        ("train-ai=maybe", {(GEN, UNKNOWN)}),
        ("train-ai=?0", {(GEN, DENY)}),
        ("train-ai=N", {(GEN, DENY)}),
        ("train-ai=Y", {(GEN, UNKNOWN)}),
        ("TRAIN-AI=n", {(GEN, DENY), (UNREADABLE, UNKNOWN)}),
        ("TRAIN-AI=y", {(GEN, UNKNOWN), (UNREADABLE, UNKNOWN)}),
        ("train-genai=n", {(GEN, DENY)}),
        ("tdm=n", {(GEN, DENY), (OTHER, DENY)}),
        ("tdm=y", {(GEN, UNKNOWN), (OTHER, UNKNOWN)}),
        ("", set()),
        ("!!!", {(UNREADABLE, UNKNOWN)}),
    ],
)
def test_content_usage_header(value, expected):
    assert found(read_header(USAGE, (value,))) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ai-train=no", {(GEN, DENY), (OTHER, DENY)}),
        ("search=yes,ai-train=no,use=reference", {(GEN, DENY), (OTHER, DENY)}),
        ("ai-train=yes", {(GEN, ALLOW), (OTHER, ALLOW)}),
        ("ai-train=YES", {(GEN, UNKNOWN), (OTHER, UNKNOWN)}),
        ("AI-Train=No", {(GEN, DENY), (OTHER, DENY), (UNREADABLE, UNKNOWN)}),
        ("search=yes, ai-input=no", set()),
    ],
)
def test_content_signal_header(value, expected):
    assert found(read_header(SIGNAL, (value,))) == expected


def test_a_refusal_that_is_spelled_wrongly_is_marked():
    (signal,) = read_header(USAGE, ("train-ai=no",))
    assert (signal.verdict, signal.nonstandard) == (DENY, True)


def test_header_names_in_any_letter_case_and_repeated():
    headers = [("CONTENT-USAGE", "train-ai=y"), ("content-usage", "train-ai=n"), ("content-signal", "ai-train=no")]
    signals = read_web({"headers": headers}, url=URL)
    assert found(signals) == {(GEN, ALLOW), (GEN, DENY), (OTHER, DENY)}


DRAFT = """User-Agent: *
Allow: /
Disallow: /never/
Content-Usage: / train-ai=n
Content-Usage: /ai-ok/ train-ai=y

User-Agent: ExampleBot
Allow: /
Content-Usage: / train-ai=y
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/test", {(GEN, DENY)}), ("/ai-ok/test", {(GEN, ALLOW)}), ("/never/test", {(GEN, DENY)})],
)
def test_the_example_of_the_draft(path, expected):
    assert found(read_robots(DRAFT, url=f"https://example.org{path}")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /", {(GEN, DENY), (OTHER, DENY)}),
        ("user-agent:*\ncontent-signal:ai-train=no", {(GEN, DENY), (OTHER, DENY)}),
        ("User-agent: *\nContent-Usage: train-ai=n # ours", {(GEN, DENY)}),
        ("User-agent: GPTBot\nContent-Usage: train-ai=y", {(GEN, UNKNOWN)}),
        ("User-agent: GPTBot\nContent-Usage: train-ai=n", {(GEN, DENY)}),
        ("User-agent: Googlebot\nContent-Usage: train-ai=n", set()),
        ("User-agent: Googlebot\nUser-agent: *\nContent-Usage: train-ai=n", {(GEN, DENY)}),
        ("Content-Usage: train-ai=n\nUser-agent: *\nAllow: /", {(GEN, DENY)}),
        ("Content-Usage: train-ai=y", {(GEN, UNKNOWN)}),
        ("User-agent: *\nContent-Usage: /a train-ai=y\nContent-Usage: /a train-ai=n", set()),
        ("User-agent: *\nContent-Usage: /t train-ai=y\nContent-Usage: /t train-ai=n", {(GEN, ALLOW), (GEN, DENY)}),
        ("User-agent: *\nAllow: /", set()),
    ],
)
def test_rules_in_robots_txt(text, expected):
    assert found(read_robots(text, url=URL)) == expected


def test_rules_without_a_url_are_unreadable():
    assert found(read_robots(DRAFT, url=None)) == {(UNREADABLE, UNKNOWN)}


@given(st.lists(st.sampled_from(["train-ai=n", "train-ai=y", "search=y", "x=1", "bad key=1"]), max_size=5))
def test_any_refusal_is_found_and_nothing_but_an_exact_yes_allows(entries):
    signals = found(read_header(USAGE, (", ".join(entries),)))
    assert ((GEN, DENY) in signals) is ("train-ai=n" in entries)
    assert ((GEN, ALLOW) in signals) is ("train-ai=y" in entries)


@given(st.text(max_size=300))
def test_no_text_raises(text):
    read_header(USAGE, (text,))
    read_header(SIGNAL, (text,))
    read_robots(text, url=URL)
