"""The decision table as data: every reason code with its number, effect, sentence, remedy and citation.

>>> load_reasons()["CONSENT_WITHDRAWN"].number
43
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from provenance.policy.citations import Citation, citations_of
from provenance.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class ReasonRule:
    """What one reason code means and does; see the head of `reasons.toml`.

    `sentence` is a template for people, `because` holds the phrases for the names that a rule gives. `citations` are
    used where a jurisdiction's pack has no closer one in its `section`, and `otherwise` where none of them fits.
    `overridable` says whether a waiver with a name, a reason and an expiry may be recorded against it.
    """

    code: str
    number: int
    decision: Decision
    overridable: bool
    sentence: str
    remedy: str
    otherwise: str
    citations: tuple[Citation, ...] = ()
    because: Mapping[str, str] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)
    section: str = ""

    def remedy_for(self, because: Iterable[str]) -> str:
        """What would have to change, seen why the code fired."""
        return next((self.remedies[name] for name in because if name in self.remedies), self.remedy)


@dataclass(frozen=True, slots=True)
class ReasonCatalogue:
    """Every reason code, by name, in the order of its numbers.

    >>> [rule.code for rule in load_reasons()][:2]
    ['NOT_REGISTERED', 'IMAGE_UNREADABLE']
    """

    rules: Mapping[str, ReasonRule]

    def __getitem__(self, code: str) -> ReasonRule:
        return self.rules[code]

    def __iter__(self) -> Iterator[ReasonRule]:
        return iter(self.rules.values())

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def codes(self) -> Mapping[int, str]:
        """The codes by their numbers."""
        return {rule.number: rule.code for rule in self}


@cache
def load_reasons() -> ReasonCatalogue:
    """Read `reasons.toml`, which ships with the package and is not configurable."""
    text = files("provenance.policy").joinpath("reasons.toml").read_text(encoding="utf-8")
    rules = [
        ReasonRule(
            code=code,
            **{
                **entry,
                "decision": Decision(entry["decision"]),
                "citations": citations_of(entry.get("citations", ())),
            },
        )
        for code, entry in tomllib.loads(text).items()
    ]
    return ReasonCatalogue(MappingProxyType({rule.code: rule for rule in sorted(rules, key=lambda rule: rule.number)}))
