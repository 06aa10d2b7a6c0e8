"""What a jurisdiction pack holds: the bases that a law knows, its ages, its rules on faces and on what is public.

>>> MinorRule(signer="guardian", statutory=True).consent_age
18
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final, Literal

from provenance.policy.citations import Citation, Occasion, Support
from provenance.vocabulary import ADULT_AGE, LawfulBasis, NonBasis, Purpose

CONSENTS: Final = (LawfulBasis.CONSENT, LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.GUARDIAN_CONSENT)
"""The bases by which a pack shows that its law takes consent."""

_STRICT: Final = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an entry of a pack comes from.

    `supports` says what the citation is, `when` what it is about, where that is not everything; `verified` is false
    until somebody read the words that decide in the official text, on the day `verified_on`.
    """

    __pydantic_config__: ClassVar = _STRICT

    citation: str = ""
    supports: Support = Support.LAW
    when: Occasion | None = None
    verified: bool = False
    verified_on: date | None = None

    def cite(self) -> Citation | None:
        """The citation, or None where the entry has none."""
        if not self.citation:
            return None
        return Citation(self.citation, self.supports, when=self.when, verified=self.verified)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedBasis(Source):
    """A basis that the law of a jurisdiction knows. `condition` says what a person has to see to beside it."""

    basis: LawfulBasis
    condition: str = ""


@dataclass(frozen=True, slots=True)
class PublicClass:
    """A closed class of information that a law calls publicly available, and what has to be shown for it."""

    __pydantic_config__: ClassVar = _STRICT

    id: str
    condition: Literal["evidence", "purpose", "never_a_photo"]
    related_purposes: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRule(Source):
    """What a law says of information that can be found in public. It leads to a human at best.

    `contested_claims` are the claims that a person must judge here, `contested_if_measured` those where faces are
    measured; all others are refused unless they fit one of `classes`.
    """

    rule: Literal["none", "narrow", "contested", "exclusion", "broad_exclusion", "via_legitimate_interest"]
    note: str
    contested_claims: tuple[NonBasis | LawfulBasis, ...] = ()
    contested_if_measured: tuple[NonBasis | LawfulBasis, ...] = ()
    classes: tuple[PublicClass, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorRule(Source):
    """From which age a person signs alone, and who signs below it. No age means a test of capacity.

    `statutory` is true where a statute sets the age.
    """

    signer: str
    statutory: bool
    self_consent_age: int | None = None
    signatures: int = 1

    @property
    def consent_age(self) -> int:
        """The age that counts: 18 where the law tests capacity, which no software can."""
        return ADULT_AGE if self.self_consent_age is None else self.self_consent_age


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationDuty(Source):
    """A biometric database has to be declared to a regulator some days before it is put into service."""

    to: str
    days_before_service: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRule(Source):
    """What a law asks once faces are measured. `regulated` is false where it has no rule of its own on that."""

    trigger: str
    regulated: bool = True
    written_release: bool = False
    declaration: DeclarationDuty | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule(Source):
    """How many years after the last event about a person measured faces may be kept, where no term was agreed."""

    faces_years: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRule(Source):
    """Within how many days a person's request has to be answered, and by how many more that may be put off.

    A month is counted as its shortest, 28 days, and a working day as a day: a date that is too early harms nobody.
    """

    answer_days: int | None = None
    extension_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRule(Source):
    """Within how many hours an authority has to be told of a breach, and for how many months its record is kept.

    What a law leaves open ("as soon as feasible") is None. A working day is counted as 24 hours.
    """

    report_hours: int | None = None
    keep_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitiveRule(Source):
    """Whether specially protected facts need a condition beside the basis (GDPR Art. 9 and its like), and which.

    Of `conditions` EXPLICIT_CONSENT stands for any consent that was expressed, RESEARCH_EXEMPTION for one approved.
    """

    condition_required: bool = False
    conditions: tuple[LawfulBasis, ...] = (LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.RESEARCH_EXEMPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRule(Source):
    """Where a law says that consent can be taken back, or a use objected to."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What this package applies of one jurisdiction's law.

    `kind` is "constraint" for a law that only forbids (the EU AI Act): it never judges a basis, and an image for
    which nothing else is known is judged by the strictest rules. `prohibits` names zones of `purposes.toml`.
    `review_by` is the day after which somebody has to look at the pack again. `in_force` may lie ahead; the pack is
    applied all the same and its findings say so.
    """

    __pydantic_config__: ClassVar = _STRICT

    id: str
    name: str
    law: str
    sources: tuple[str, ...]
    version: str
    review_by: date
    in_force: date
    public: PublicRule
    minors: MinorRule
    faces: FaceRule
    bases: tuple[RecognisedBasis, ...] = ()
    sensitive: SensitiveRule = field(default_factory=SensitiveRule)
    withdrawal: WithdrawalRule = field(default_factory=WithdrawalRule)
    retention: RetentionRule = field(default_factory=RetentionRule)
    requests: RequestRule = field(default_factory=RequestRule)
    breaches: BreachRule = field(default_factory=BreachRule)
    prohibits: tuple[str, ...] = ()
    kind: Literal["law", "constraint"] = "law"
    inherits: str | None = None
    notes: tuple[str, ...] = ()

    def lists(self, *bases: LawfulBasis) -> bool:
        """Whether this law names one of the bases."""
        return any(entry.basis in bases for entry in self.bases)

    def recognised(self, basis: str, *, any_consent: bool = False) -> RecognisedBasis | None:
        """The entry of a basis; of the nearest consent where consent is meant, or express consent stands in."""
        wanted = CONSENTS if any_consent or basis in CONSENTS else (basis,)
        exact = [entry for entry in self.bases if entry.basis == basis]
        return next(iter(exact or [entry for entry in self.bases if entry.basis in wanted]), None)

    def cite(self, section: str, basis: str = "") -> Citation | None:
        """The pack's own citation for a section, or None where it has none."""
        if section == "law":
            return Citation(self.law) if self.law else None
        if section in {"bases", "consent"}:
            entry = self.recognised(basis, any_consent=section == "consent")
            return entry.cite() if entry else None
        sources: dict[str, Source | None] = {
            "public": self.public,
            "minors": self.minors,
            "faces": self.faces,
            "declaration": self.faces.declaration,
            "sensitive": self.sensitive,
            "withdrawal": self.withdrawal,
            "retention": self.retention,
            "requests": self.requests,
            "breaches": self.breaches,
        }
        source = sources.get(section)
        return source.cite() if source else None
