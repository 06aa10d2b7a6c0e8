"""Where a duty comes from: what each citation supports, where and when it fits, and whether anybody read the text.

>>> str(Citation("GDPR Art. 7(1)", Support.LAW, of=("EU",)))
'GDPR Art. 7(1) (law, unchecked)'
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Support(StrEnum):
    """What a citation supports. POLICY is this package's own rule, where the law is silent or milder."""

    LAW = "law"
    GUIDANCE = "guidance"
    FINDING = "finding"
    POLICY = "policy"


class Occasion(StrEnum):
    """What a citation is about, beyond the law that it belongs to: it fits nowhere else."""

    CHILD = "child"
    FACES = "faces"
    CC_BY = "cc-by"


@dataclass(frozen=True, slots=True)
class Citation:
    """One source. `of` are the jurisdictions that it belongs to (none: all), `when` what it is about (none: anything).

    `verified` is true where the words that decide were read in the official text.
    """

    text: str
    supports: Support = Support.LAW
    of: tuple[str, ...] = ()
    when: Occasion | None = None
    verified: bool = False

    def __str__(self) -> str:
        if self.supports is Support.POLICY:
            return f"{self.text} (policy of this package)"
        return f"{self.text} ({self.supports}, {'checked' if self.verified else 'unchecked'})"

    def fits(self, laws: Collection[str] | None, occasions: Collection[Occasion]) -> bool:
        """Whether it is about these laws (None: every law) and what is at hand."""
        if self.when is not None and self.when not in occasions:
            return False
        if not self.of or laws is None:
            return True
        # The law of the Union is that of its members too; a federal law is not that of a province with one of its own.
        return any(law in self.of or ("EU" in self.of and law.startswith("EU-")) for law in laws)


def citations_of(entries: Iterable[Mapping[str, Any]]) -> tuple[Citation, ...]:
    """Citations as the TOML files write them: `{ law = "GDPR Art. 7(1)", of = ["EU"] }`."""
    found = []
    for entry in entries:
        [supports] = [support for support in Support if support.value in entry]
        found.append(
            Citation(
                text=entry[supports],
                supports=supports,
                of=tuple(entry.get("of", ())),
                when=Occasion(entry["when"]) if "when" in entry else None,
                verified=entry.get("verified", False),
            )
        )
    return tuple(found)


def cited(
    citations: Iterable[Citation], laws: Collection[str] | None, occasions: Collection[Occasion], otherwise: str
) -> str:
    """Those that fit, in one line; where none does, the policy of this package that stands in for them."""
    fitting = [str(citation) for citation in citations if citation.fits(laws, occasions)]
    return "; ".join(fitting) or str(Citation(otherwise, Support.POLICY))
