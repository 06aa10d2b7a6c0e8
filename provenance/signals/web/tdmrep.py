"""TDMRep, the text and data mining reservation protocol (W3C community group, final report of 2024-05-10).

`tdm-reservation` stands in `/.well-known/tdmrep.json`, in a response header, in an HTML meta element or in the file
itself, and each of these places outranks the one before; `signals.precedence` applies that order over all of them,
because the file's own is read elsewhere. An absent or malformed value never resets another place's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, cast

from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.web.finding import finding, training, unreadable
from provenance.signals.web.paths import most_specific, target_of
from provenance.unique_keys import json_value

NAME: Final = "tdm-reservation"
FILE: Final = "tdmrep.json"
HEADER: Final = "http:tdm-reservation"
META: Final = "html:meta[name=tdm-reservation]"
MAX_RULES: Final = 10_000

_NO: Final = frozenset({"true", "yes", "reserved"})


def read_reservation(value: object, location: str) -> tuple[Signal, ...]:
    """The signals of one `tdm-reservation` value: 1 denies, 0 allows, anything else is an error and sets nothing.

    >>> [s.verdict.value for s in read_reservation("1", HEADER)]
    ['DENY', 'DENY']
    """
    text = json.dumps(value)[:100] if not isinstance(value, str) else value.strip().strip("\"'")
    exact = type(value) is int or location != FILE
    if text == "1":
        return training(SignalVerdict.DENY, NAME, location, text, "1", nonstandard=not exact)
    if text == "0" and exact:
        return training(SignalVerdict.ALLOW, NAME, location, text, "0")
    if text.lower() in _NO:
        return training(SignalVerdict.DENY, NAME, location, text, "1", nonstandard=True)
    return (unreadable(NAME, location, text, "neither 0 nor 1"),)


def read_policy(value: str, location: str) -> Signal:
    """The address of the terms on which mining may be licensed: something to read, never a permission.

    >>> read_policy("https://example.org/policy.json", HEADER).subject.value
    'RIGHTS'
    """
    return finding(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, "tdm-policy", location, value, value.strip())


def read_file(content: object, *, url: str | None) -> tuple[Signal, ...]:
    """The signals of `/.well-known/tdmrep.json` (text or decoded) for the image at `url`; the longest path wins.

    >>> rules = '[{"location": "/", "tdm-reservation": 1}, {"location": "/free/", "tdm-reservation": 0}]'
    >>> read_file(rules, url="https://example.org/free/a.jpg")[0].verdict.value
    'ALLOW'
    """
    try:
        decoded: object = json_value(content) if isinstance(content, str) else content
    except (ValueError, RecursionError) as error:
        return (unreadable(NAME, FILE, str(content)[:200], f"not JSON ({type(error).__name__})"),)
    rules = [decoded] if isinstance(decoded, Mapping) else decoded
    if not isinstance(rules, list | tuple):
        return (unreadable(NAME, FILE, type(decoded).__name__, "not a list of rules"),)
    target = target_of(url)
    if target is None:
        return (unreadable(NAME, FILE, "", "no URL to hold against its rules"),) if rules else ()
    return tuple(_applied(list(rules), target))


def _applied(rules: list[object], target: str) -> Iterator[Signal]:
    if len(rules) > MAX_RULES:
        yield unreadable(NAME, FILE, "", f"only the first {MAX_RULES} rules were read")
    usable: list[tuple[str, Mapping[str, object]]] = []
    for rule in rules[:MAX_RULES]:
        location = _location(rule)
        if location is not None:
            usable.append((location, cast("Mapping[str, object]", rule)))
        else:
            yield unreadable(NAME, FILE, _shown(rule), "a rule without a location")
            if isinstance(rule, Mapping) and str(rule.get(NAME))[:2] == "1":
                # A reservation that does not say where is held to be everywhere.
                yield from training(SignalVerdict.DENY, NAME, FILE, _shown(rule), "1", nonstandard=True)
    for rule in most_specific(usable, target):
        if rule.get(NAME) is not None:
            yield from read_reservation(_scalar(rule[NAME]), FILE)
        policy = rule.get("tdm-policy")
        if isinstance(policy, str):
            yield read_policy(policy, FILE)


def _location(rule: object) -> str | None:
    location = rule.get("location") if isinstance(rule, Mapping) else None
    if not isinstance(location, str) or not location.strip():
        return None
    pattern = location.strip()[:2_000]
    if "://" in pattern:
        return target_of(pattern)
    return pattern if pattern.startswith(("/", "*")) else f"/{pattern}"


def _scalar(value: object) -> object:
    if isinstance(value, str | float) or (isinstance(value, int) and abs(value) < 1_000):
        return value
    return type(value).__name__


def _shown(rule: object) -> str:
    return ", ".join(str(key)[:40] for key in list(rule)[:10]) if isinstance(rule, Mapping) else type(rule).__name__
