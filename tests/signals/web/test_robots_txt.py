"""robots.txt and ai.txt: `signals.md` 3.1 rows 1 and 8."""

from __future__ import annotations

import time
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import MissingExtra
from provenance.model import SignalSubject, SignalVerdict
from provenance.signals.web.agents import ai_agents, speaks_to_us
from provenance.signals.web.robots_txt import MAX_LINES, read_ai_txt, read_robots

URL = "https://example.org/photos/a.jpg"


def verdicts(signals):
    return {signal.verdict for signal in signals}


def subjects(signals):
    return {signal.subject for signal in signals}


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("User-agent: *\nDisallow: /", True),
        ("User-agent: *\nDisallow:", False),
        ("User-agent: *\nDisallow: /photos/\nAllow: /photos/a.jpg", False),
        ("User-agent: *\nDisallow: /private/", False),
        ("User-agent: *\nDisallow: /*.jpg$", True),
        ("User-agent: *\nDisallow: /*.png$", False),
        ("User-agent: GPTBot\nDisallow: /", True),
        ("user-agent: gptbot\ndisallow: /photos", True),
        ("User-agent: Googlebot\nDisallow: /", False),
        ("User-agent: Googlebot\nUser-agent: CCBot\nDisallow: /", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: LAIONDownloader\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: GPTBot\nAllow: /", True),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", True),
        ("User-agent: img2dataset # no thanks\nDisallow: /photos/", True),
        ("# nothing but a comment", False),
        ("", False),
        ("Sitemap: https://example.org/sitemap.xml", False),
    ],
)
def test_disallow_for_everyone_or_for_an_ai_agent_denies(text, denies):
    signals = read_robots(text, url=URL)
    assert verdicts(signals) == ({SignalVerdict.DENY} if denies else set())


def test_the_signal_names_whom_it_turns_away():
    signals = read_robots("User-agent: CCBot\nUser-agent: GPTBot\nDisallow: /", url=URL)
    assert {signal.value for signal in signals} == {"ccbot, gptbot"}
    assert subjects(signals) == {SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER}


@pytest.mark.parametrize("agent", sorted(ai_agents()))
def test_every_listed_agent_is_recognised(agent):
    assert verdicts(read_robots(f"User-agent: {agent}\nDisallow: /", url=URL)) == {SignalVerdict.DENY}


def test_the_agents_of_the_brief_are_listed():
    wanted = """img2dataset LAIONDownloader laion-huggingface-processor CCBot GPTBot ClaudeBot anthropic-ai
    Google-Extended GoogleOther-Image Applebot-Extended Bytespider meta-externalagent Amazonbot AI2Bot Ai2Bot-Dolma
    Diffbot ImagesiftBot imageSpider PetalBot omgili Timpibot cohere-training-data-crawler PanguBot"""
    assert {name.lower() for name in wanted.split()} <= ai_agents()


def test_the_list_has_a_date_and_no_repeats():
    data = tomllib.loads(files("provenance.signals.web").joinpath("agents.toml").read_text(encoding="utf-8"))
    assert data["as_of"].year >= 2026
    assert len({name.lower() for name in data["agents"]}) == len(data["agents"])


@pytest.mark.parametrize("name", ["Googlebot", "Bingbot", "mygptbotx", "", "Mozilla/5.0"])
def test_other_agents_are_not_ours(name):
    assert not speaks_to_us(name)


@pytest.mark.parametrize("text", ["<!doctype html><title>404</title>", "Not found", "\x00\x01\x02 garbage"])
def test_what_is_no_robots_txt_is_unreadable(text):
    assert subjects(read_robots(text, url=URL)) == {SignalSubject.UNREADABLE}


def test_rules_without_a_url_to_hold_against_them_are_unreadable():
    assert subjects(read_robots("User-agent: *\nDisallow: /x", url=None)) == {SignalSubject.UNREADABLE}
    assert subjects(read_robots("User-agent: *\nDisallow: /x", url="http://[broken")) == {SignalSubject.UNREADABLE}


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: a{n}\n" for n in range(4_000)) + "Allow: /a\n" * 25_000,
        "User-agent: *\n" + "Disallow: /x\n" * (MAX_LINES + 1),
        "".join(f"User-agent: a{n}\nDisallow: /\n" for n in range(6_000)),
    ],
)
def test_a_file_built_to_exhaust_memory_is_unreadable(text):
    assert subjects(read_robots(text, url=URL)) == {SignalSubject.UNREADABLE}


def test_wildcards_are_matched_in_reasonable_time():
    text = "User-agent: *\nDisallow: /" + "*a" * 100_000 + "$"
    begun = time.monotonic()
    read_robots(text, url="https://example.org/" + "a" * 8_000)
    assert time.monotonic() - begun < 30  # a hang, not a slow machine


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("User-Agent: *\nDisallow: *.jpg\nAllow: *.pdf", True),
        ("User-Agent: *\nDisallow: *.png", False),
        ("User-Agent: *\nDisallow: /", True),
        ("User-Agent: *\nDisallow: *", True),
        ("User-Agent: *\nAllow: *.jpg", False),
    ],
)
def test_ai_txt(text, denies):
    assert verdicts(read_ai_txt(text, url=URL)) == ({SignalVerdict.DENY} if denies else set())


def test_an_ai_txt_in_prose_is_unreadable():
    assert subjects(read_ai_txt("Please be kind to our pictures.", url=URL)) == {SignalSubject.UNREADABLE}


def test_without_protego_the_reader_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "protego", None)
    with pytest.raises(MissingExtra, match=r"consent-provenance\[web\]"):
        read_robots("User-agent: *\nDisallow: /", url=URL)


@given(st.text(alphabet="UserAgntDislow-:*/$#a \n\r", max_size=300))
def test_no_text_raises_or_allows(text):
    for read in (read_robots, read_ai_txt):
        assert SignalVerdict.ALLOW not in verdicts(read(text, url=URL))
