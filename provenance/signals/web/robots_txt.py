"""robots.txt (RFC 9309) and Spawning's ai.txt, evaluated through protego on the captured text.

A Disallow for `*` or for an AI agent at the image's path denies. Nothing here ever allows: a site that lets a
crawler in has not agreed to training.
"""

from __future__ import annotations

from typing import Final

from provenance.errors import MissingExtra
from provenance.model import Signal, SignalVerdict
from provenance.signals.web.agents import ai_agents
from provenance.signals.web.finding import training, unreadable
from provenance.signals.web.paths import target_of

MAX_WORK: Final = 1_000_000
"""Rules times the user agents of their group: what the parser stores, so what a hostile file could blow up."""
MAX_LINES: Final = 50_000
MAX_AGENTS: Final = 5_000
MAX_NAMED: Final = 5
"""User agents named in a signal's value."""

_KNOWN: Final = ("user", "disallow", "allow", "sitemap", "crawl", "content-", "license", "host", "#")


def read_robots(text: str, *, url: str | None) -> tuple[Signal, ...]:
    """The signals of one robots.txt for the image at `url`.

    Raises MissingExtra without protego (`pip install 'consent-provenance[web]'`).

    >>> [s.value for s in read_robots("User-agent: GPTBot\\nDisallow: /", url="https://example.org/a.jpg")]
    ['gptbot', 'gptbot']
    """
    return _read("robots.txt", text, url)


def read_ai_txt(text: str, *, url: str | None) -> tuple[Signal, ...]:
    """The signals of one ai.txt, whose rules mostly name file extensions such as `*.jpg`.

    >>> read_ai_txt("User-Agent: *\\nDisallow: *.jpg", url="https://example.org/a.jpg")[0].verdict.value
    'DENY'
    """
    return _read("ai.txt", text, url)


def _read(name: str, text: str, url: str | None) -> tuple[Signal, ...]:
    text = _encodable(text.removeprefix("\ufeff"))
    if not text.strip():
        return ()
    fault = _fault(text, url)
    if fault:
        return (unreadable(name, name, text[:200], fault),)
    refused = _refused(text, _encodable(url or ""))
    if not refused:
        return ()
    named = ", ".join(refused[:MAX_NAMED])
    return training(SignalVerdict.DENY, f"{name} Disallow", name, f"Disallow {target_of(url)} for {named}", named)


def _encodable(text: str) -> str:
    """Without the lone surrogates that JSON can hold and the parser cannot quote."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _fault(text: str, url: str | None) -> str:
    lines = [line.strip().lower() for line in text.splitlines()]
    if text.lstrip().startswith("<"):
        return "a web page, not a list of rules"
    if not any(line.startswith(_KNOWN) for line in lines):
        return "no line of it is a rule"
    agents = sum(line.startswith("user") for line in lines)
    if len(lines) > MAX_LINES or agents > MAX_AGENTS or _work(lines) > MAX_WORK:
        return "too many rules to be read safely"
    if target_of(url) is None:
        return "no URL to hold against its rules"
    return ""


def _work(lines: list[str]) -> int:
    """An upper bound of the rules that the parser will store, counted over the groups as it forms them."""
    agents, work, open_group = 0, 0, False
    for line in lines:
        if line.startswith("user"):
            agents = agents + 2 if open_group else 2
            open_group = True
        elif line and not line.startswith("#"):
            work += agents
            if line.startswith(("allow:", "disallow:")):
                open_group = False
    return work


def _refused(text: str, url: str) -> list[str]:
    try:
        from protego import Protego
    except ImportError as error:
        raise MissingExtra("protego", "web", "reading robots.txt and ai.txt") from error
    lowered = text.lower()
    rules = Protego.parse(text)
    everyone = ["*"] if not rules.can_fetch(url, "*") else []
    named = sorted(agent for agent in ai_agents() if agent in lowered)
    # An agent without a group of its own falls under `*`, which has been asked already.
    refused = [agent for agent in named if not rules.can_fetch(url, agent)]
    return everyone + refused
