"""Preferences about use: AIPREF's `Content-Usage` and Cloudflare's `Content-Signal`, in headers and robots.txt.

AIPREF (draft-ietf-aipref-vocab and -attach, August 2026): a structured-field dictionary (RFC 9651) in which
`train-ai=n` refuses training of generative models and says nothing of others. Content-Signal: `ai-train=no` refuses
any training. In robots.txt either may start with a path, and the longest matching path of a group applies. A refusal
that is spelled wrongly refuses all the same; a permission must be exact, and one given to a single crawler is not
ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.web.agents import speaks_to_us
from provenance.signals.web.finding import TRAINING, finding, unreadable
from provenance.signals.web.paths import most_specific, target_of

USAGE: Final = "Content-Usage"
SIGNAL: Final = "Content-Signal"
MAX_ENTRIES: Final = 64

_GENERATIVE: Final = (SignalSubject.TRAINING_GENERATIVE,)
_KEYS: Final = {
    (USAGE, "train-ai"): _GENERATIVE,
    (SIGNAL, "ai-train"): TRAINING,
}
_FORMER: Final = {
    **dict.fromkeys(("train-ai", "train-genai", "genai"), _GENERATIVE),
    **dict.fromkeys(("ai-train", "ai", "tdm", "bots", "all"), TRAINING),
}
"""Labels of earlier drafts and labels in the wrong place or case: their refusals count, their permissions do not."""
_YES: Final = {USAGE: "y", SIGNAL: "yes"}
_NO: Final = {USAGE: "n", SIGNAL: "no"}
_REFUSALS: Final = frozenset({"n", "no", "0", "?0", "false", "deny", "disallow", "disallowed", "none"})
_KEY: Final = re.compile(r"[a-z*][a-z0-9_.*-]*")


@dataclass(frozen=True, slots=True)
class _Rule:
    agents: tuple[str, ...]
    field: str
    path: str
    preference: str


def read_header(field: str, values: tuple[str, ...]) -> tuple[Signal, ...]:
    """The signals of every `Content-Usage` or `Content-Signal` header of one response.

    >>> [(s.subject.value, s.verdict.value) for s in read_header("Content-Usage", ("train-ai=n, search=y",))]
    [('TRAINING_GENERATIVE', 'DENY')]
    """
    return tuple(signal for value in values for signal in _preferences(field, f"http:{field}", value, ours=True))


def read_robots(text: str, *, url: str | None) -> tuple[Signal, ...]:
    """The signals of every such rule of a robots.txt that applies to the image at `url`.

    >>> rules = "User-Agent: *\\nContent-Usage: / train-ai=n\\nContent-Usage: /ok/ train-ai=y"
    >>> [s.verdict.value for s in read_robots(rules, url="https://example.org/ok/a.jpg")]
    ['ALLOW']
    """
    groups: dict[tuple[tuple[str, ...], str], list[tuple[str, _Rule]]] = {}
    for rule in _rules(text):
        groups.setdefault((rule.agents, rule.field), []).append((rule.path, rule))
    target = target_of(url)
    if target is None:
        return (unreadable(USAGE, "robots.txt", "", "no URL to hold against its rules"),) if groups else ()
    return tuple(
        signal
        for (agents, field), rules in groups.items()
        for rule in most_specific(rules, target)
        for signal in _preferences(field, f"robots.txt:{field}", rule.preference, ours="*" in agents)
    )


def _rules(text: str) -> Iterator[_Rule]:
    """The preference rules of the groups that speak to everyone or to an AI agent."""
    agents: list[str] = []
    in_heading, in_group = False, False
    for line in text.splitlines():
        label, colon, rest = line.partition("#")[0].partition(":")
        label, rest = label.strip().lower(), rest.strip()
        if not colon:
            continue
        if label in ("user-agent", "useragent", "user agent"):
            agents = agents if in_heading else []
            if speaks_to_us(rest) and rest.lower() not in agents and len(agents) < MAX_ENTRIES:
                agents.append(rest.lower())
            in_heading = in_group = True
            continue
        field = {"content-usage": USAGE, "content-signal": SIGNAL}.get(label)
        if field and (agents or not in_group):
            # A rule before any group is out of place: it may refuse, but it cannot permit.
            path, _, preference = rest.partition(" ") if rest.startswith("/") else ("/", "", rest)
            yield _Rule(tuple(sorted(agents)), field, path, preference.strip())
        if label not in ("sitemap", "host"):
            in_heading = False


def _preferences(field: str, location: str, raw: str, *, ours: bool) -> Iterator[Signal]:
    entries = raw.split(",")
    if len(entries) > MAX_ENTRIES:
        yield unreadable(field, location, raw, f"only the first {MAX_ENTRIES} preferences were read")
    well_formed = True
    for entry in entries[:MAX_ENTRIES]:
        key, value = _entry(entry)
        if not key and not value:
            continue
        well_formed = well_formed and bool(_KEY.fullmatch(key))
        yield from _preference(field, location, raw, key, value, ours=ours)
    if raw.strip() and not well_formed:
        yield unreadable(field, location, raw, "not a list of key=value")


def _entry(entry: str) -> tuple[str, str]:
    """Key and bare value of one dictionary member; parameters after `;` are ignored, as the draft says."""
    key, _, value = entry.partition(";")[0].partition("=")
    return key.strip(), value.strip()


def _preference(field: str, location: str, raw: str, key: str, value: str, *, ours: bool) -> Iterator[Signal]:
    subjects = _KEYS.get((field, key), ())
    if subjects and value == _YES[field] and ours:
        verdict, nonstandard = SignalVerdict.ALLOW, False
    elif subjects and value == _NO[field]:
        verdict, nonstandard = SignalVerdict.DENY, False
    else:
        refused = value.lower().strip("\"'") in _REFUSALS
        subjects = subjects or _FORMER.get(key.lower(), ())
        verdict, nonstandard = (SignalVerdict.DENY if refused else SignalVerdict.UNKNOWN), refused
    for subject in subjects:
        yield finding(subject, verdict, field, location, raw, f"{key}={value}", nonstandard=nonstandard)
