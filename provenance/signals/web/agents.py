"""The product tokens of crawlers and downloaders that gather training data (`agents.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def ai_agents() -> frozenset[str]:
    """The tokens in lower case; a site that turns one of them away has said no to gathering for AI.

    >>> "gptbot" in ai_agents()
    True
    """
    text = files("provenance.signals.web").joinpath("agents.toml").read_text(encoding="utf-8")
    return frozenset(token.lower() for token in tomllib.loads(text)["agents"])


def speaks_to_us(agent: str) -> bool:
    """Whether a rule for this user agent counts: it names everyone or an AI agent.

    >>> speaks_to_us("*"), speaks_to_us("Mozilla/5.0 (compatible; GPTBot/1.2)"), speaks_to_us("Googlebot")
    (True, True, False)
    """
    name = agent.strip().lower()
    if name == "*" or name in ai_agents():
        return True
    words = "".join(char if char.isalnum() or char in "-_." else " " for char in name).split()
    return any(word in ai_agents() for word in words)
