"""Hold the rules to a second reading of the decision table over random combinations.

    python tests/policy/agree.py --cases 100000 --seed 7

Half of the cases start from an image that is in order and have a few facts changed, so that single rules decide;
the other half draw every fact at random.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import click

from provenance.model import SignalFacts, SignalVerdict

sys.path.insert(0, str(Path(__file__).parent))

from reference import Outcome, evaluate  # type: ignore[import-not-found]

from provenance.model import Assessment, Context, Declaration, FaceTemplates
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.judge import Judge
from provenance.policy.packs import PackSet, load_packs
from provenance.policy.reasons import ReasonCatalogue, load_reasons
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

PLACES = (*(pack.id for pack in load_packs()), "UNKNOWN", "NZ", "NZ-AUK", "CA-ON", "DE", "DE-BY", "US-NY", "FR")
"""Every jurisdiction with a pack, the unknown one, some without a pack, and parts of those that have one."""
COMMON_PLACES = ("CA", "CA-QC", "CA-AB", "EU", "EU-FR", "GB", "US-IL", "US-CA", "KR", "BR", "AU", "EU-AIA")
PURPOSES = (*Purpose, None)
BASES = (*LawfulBasis, *NonBasis)
PURPOSE_SETS = ((), (Purpose.MODEL_TRAINING,), (Purpose.SCIENTIFIC_RESEARCH,), (Purpose.ACADEMIC_RESEARCH,))
OFTEN = (
    *(LawfulBasis.EXPLICIT_CONSENT,) * 6,
    *(LawfulBasis.GUARDIAN_CONSENT,) * 4,
    *(LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE,) * 2,
)
CLASSES = ("a", "b", "c", "d", "e", "law", "z", None)
AGES = (0, 9, 12, 13, 14, 15, 16, 17, 18, None)
CLOCKS = (
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    datetime(2026, 12, 10, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 12, 11, tzinfo=UTC),
)
ASSESSMENTS = (
    None,
    None,
    Assessment("DPIA-1", "J. Morin", datetime(2026, 5, 1, tzinfo=UTC)),
    Assessment("DPIA-1", "J. Morin", datetime(2026, 5, 1, tzinfo=UTC), date(2026, 11, 22)),
    Assessment("DPIA-1", "J. Morin", datetime(2026, 5, 1, tzinfo=UTC), date(2026, 11, 21)),
    Assessment("DPIA-1", "J. Morin", datetime(2026, 11, 23, tzinfo=UTC)),
    Assessment("DPIA-1", "tbd", datetime(2026, 5, 1, tzinfo=UTC)),
    Assessment("n/a", "J. Morin", datetime(2026, 5, 1, tzinfo=UTC)),
    Assessment("DPIA-1", "J. Morin"),
)
DAYS = (date(2026, 8, 1), date(2026, 9, 29), date(2026, 9, 30), date(2026, 11, 28), date(2026, 11, 29), None)
RECIPIENTS = ("acme", "lab")
FITTING = {
    LawfulBasis.CONTRACT: (EvidenceKind.DATA_SUBJECT_CONTRACT, EvidenceKind.MODEL_RELEASE),
    LawfulBasis.LEGAL_OBLIGATION: (EvidenceKind.PROCESSING_RECORD,),
    LawfulBasis.VITAL_INTEREST: (EvidenceKind.HUMAN_REVIEW,),
    LawfulBasis.RESEARCH_EXEMPTION: (EvidenceKind.ETHICS_APPROVAL,),
    NonBasis.PUBLICLY_AVAILABLE: (EvidenceKind.PUBLIC_SOURCE_CAPTURE,),
    NonBasis.SELF_PUBLISHED: (EvidenceKind.PUBLIC_SOURCE_CAPTURE,),
}
"""Evidence that may be in order, for bases that a signed release does not show."""


class Case(NamedTuple):
    """One combination and the context it is judged in."""

    fact_set: FactSet
    context: Context


def cases(count: int, seed: int) -> Iterator[Case]:
    """`count` random cases, the same ones for the same seed."""
    random = Random(seed)
    for number in range(count):
        wild = number % 2 == 1
        people = tuple(_person(random, wild) for _ in range(random.choices((0, 1, 2, 3), (1, 12, 4, 1))[0]))
        yield Case(FactSet(_item(random, wild, bool(people)), people), _context(random, wild))


def _changed(random: Random, sound: Any, wild: bool, choices: dict[str, tuple[Any, ...]], changes: int) -> Any:
    """`sound` with every fact drawn anew if `wild`, otherwise with up to `changes` of them."""
    names = list(choices) if wild else random.sample(list(choices), random.randint(0, changes))
    return dataclasses.replace(sound, **{name: random.choice(choices[name]) for name in names})


RARELY = (False,) * 9 + (True,)
BOTH = (False, True)


def _item(random: Random, wild: bool, people: bool) -> ItemFacts:
    signals = _changed(
        random,
        SignalFacts(),
        wild,
        {
            "generative_training": (*SignalVerdict, SignalVerdict.UNKNOWN, SignalVerdict.ALLOW),
            "other_training": (*SignalVerdict, SignalVerdict.UNKNOWN, SignalVerdict.ALLOW),
            "persons_counted": (0, 0, 0, 1, 2, 3),
            "reservation_in_words": ("", "", "", "dc:rights, en: 'no AI'"),
            "nothing_granted": ("", "", "", "the EXIF copyright"),
            **{field.name: RARELY for field in dataclasses.fields(SignalFacts) if field.type == "bool"},
        },
        1,
    )
    sound = ItemFacts(
        source_recorded=True,
        acquired_recorded=True,
        acquisition_method=AcquisitionMethod.LICENSED,
        licence=LicenceClass.REFERENCE,
        persons_status=PersonsStatus.PRESENT if people else PersonsStatus.NONE,
        persons_reviewer=not people,
        jurisdictions=_places(random, 0.5),
        hinted_jurisdictions=_places(random, 0.1),
        language_jurisdictions=_places(random, 0.05),
        signals=signals,
    )
    often = (True,) * 9 + (False,)
    choices: dict[str, tuple[Any, ...]] = {
        "registered": often,
        "readable": often,
        "bytes_match": often,
        "not_opened": RARELY,
        "declared_missing": RARELY,
        "part_not_compared": RARELY,
        "statements_conflict": RARELY,
        "suppressed": RARELY,
        "illegal_suspected": RARELY,
        "source_recorded": often,
        "acquired_recorded": often,
        "acquired_in_future": RARELY,
        "acquisition_method": (*AcquisitionMethod, None),
        "upstream": RARELY,
        "upstream_evidence": BOTH,
        "upstream_method": (*AcquisitionMethod, None),
        "creative_commons_by": BOTH,
        "training_licence": PURPOSE_SETS,
        "training_licence_in_force": BOTH,
        "retention_ended": RARELY,
        "source_gone": RARELY,
        "categories": ((), (), *((category,) for category in ContentCategory), tuple(ContentCategory)),
        "licence": tuple(LicenceClass),
        "licence_conditions": ((), ("NC",), ("ND",), ("SA",), ("NC", "SA"), ("NC", "ND")),
        "persons_status": (*PersonsStatus, PersonsStatus.PRESENT),
        "persons_reviewer": BOTH,
        "nobody_by_look_alone": RARELY,
        "synthetic": BOTH,
        "synthesis_record": BOTH,
        "depicts_real_person": (True, False, None),
        "near_duplicate_of_blocked": RARELY,
        "conflicting_claims": RARELY,
        "copy_refused": RARELY,
    }
    item: ItemFacts = _changed(random, sound, wild, choices, 2)
    return item


def _places(random: Random, likely: float) -> tuple[str, ...]:
    if random.random() >= likely:
        return ()
    pool = COMMON_PLACES if random.random() < 0.7 else PLACES
    return tuple(sorted(set(random.choices(pool, k=random.choice((1, 1, 1, 2))))))


def _person(random: Random, wild: bool) -> PersonFacts:
    count = random.choices((0, 1, 2, 3), (1, 10, 3, 1))[0]
    sound = PersonFacts(
        identifiable=True,
        age=18,
        age_when_taken=18,
        age_status=AgeStatus.ADULT_VERIFIED,
        consent_at_acquisition=True,
        jurisdictions=_places(random, 0.6),
        records=tuple(_record(random, wild) for _ in range(count)),
    )
    choices: dict[str, tuple[Any, ...]] = {
        "identifiable": (True, True, False, None),
        "anonymised": BOTH,
        "anonymisation_reviewer": BOTH,
        "original_retained": (True, False, None),
        "deceased": BOTH,
        "death_recorded": BOTH,
        "age_contradicts": RARELY,
        "consent_at_acquisition": BOTH,
        "age": AGES,
        "age_when_taken": AGES,
        "age_status": (*AgeStatus, None),
        "estimated_minor": BOTH,
        "groups": ((), (), *((group,) for group in ProtectedGroup), (ProtectedGroup.CHILD, ProtectedGroup.INDIGENOUS)),
    }
    person: PersonFacts = _changed(random, sound, wild, choices, 2)
    if not wild and random.random() < 0.3:
        # A child or a person grown up since, with ages that belong together.
        taken = random.choice((3, 9, 12, 13, 14, 15, 16, 17))
        now = random.choice((taken, taken, min(taken + 2, 18), 18))
        status = (
            random.choice((AgeStatus.MINOR_VERIFIED, None))
            if now < 18
            else random.choice((AgeStatus.ADULT_VERIFIED, None))
        )
        person = dataclasses.replace(person, age=now, age_when_taken=taken, age_status=status)
    return person


def _record(random: Random, wild: bool) -> RecordFacts:
    basis = random.choice((*BASES, *OFTEN))
    guardian = basis is LawfulBasis.GUARDIAN_CONSENT
    sound = RecordFacts(
        basis=basis,
        purposes=(*random.choices(list(Purpose), k=random.choice((0, 2, 2, 2, 5, 6, 9))), Purpose.MODEL_TRAINING),
        recipients=random.choice(((), ("acme",), ("acme", "lab"))),
        territories=random.choice(((), (), ("CA",), ("EU", "CA-QC"), ("CA", "EU", "GB", "US", "KR", "BR", "AU"))),
        evidence_kind=random.choice(FITTING.get(basis, (EvidenceKind.MODEL_RELEASE,))),
        evidence=EvidenceState.MATCHES,
        notice_version=True,
        form=ConsentForm.EXPRESS,
        biometric=random.random() < 0.5,
        written_release=random.random() < 0.5,
        giver=GiverRole.GUARDIAN if guardian else GiverRole.SELF,
        relationship_evidence=guardian,
        signatures=random.choice((1, 2)) if guardian else None,
        signatures_required=random.choice((None, 1, 2)) if guardian else None,
        public_class=random.choice(CLASSES),
        public_class_evidence=random.random() < 0.5,
        assessment=random.random() < 0.5,
        approval=random.random() < 0.5,
        status=random.choice((ConsentStatus.GIVEN, ConsentStatus.GIVEN, ConsentStatus.RENEWED)),
        years_since_last_event=random.choice((0, 0, 1, 2, 3, 10, None)),
        has_term=random.random() < 0.5,
        age_when_given=random.choice((18, 18, None, *AGES)),
    )
    choices: dict[str, tuple[Any, ...]] = {
        "purposes": ((), (Purpose.MODEL_TRAINING,), (Purpose.SCIENTIFIC_RESEARCH,), (Purpose.WEBSITE_DISPLAY,)),
        "recipients": ((), ("acme",), ("lab",), ("acme", "lab")),
        "evidence_kind": (*EvidenceKind, None),
        "evidence": (*EvidenceState, EvidenceState.MATCHES),
        "notice_version": BOTH,
        "form": (*ConsentForm, None),
        "biometric": BOTH,
        "written_release": BOTH,
        "giver": (*GiverRole, None),
        "relationship_evidence": BOTH,
        "signatures": (None, 0, 1, 2),
        "signatures_required": (None, 1, 2, 3),
        "public_class": CLASSES,
        "public_class_evidence": BOTH,
        "assessment": BOTH,
        "approval": BOTH,
        "community_authority": BOTH,
        "status": tuple(ConsentStatus),
        "expired": (False, True),
        "refusals": ((), (), *((purposes,) for purposes in PURPOSE_SETS), ((Purpose.WEBSITE_DISPLAY,), ())),
        "by_institution": RARELY,
        "age_when_given": AGES,
    }
    record: RecordFacts = _changed(random, sound, wild, choices, 2)
    return record


def _context(random: Random, wild: bool) -> Context:
    declaration = Declaration(
        id=random.choice(("D-1", "D-1", None)), disclosed_on=random.choice(DAYS), service_on=random.choice(DAYS)
    )
    common = (Purpose.MODEL_TRAINING,) * 12 + (Purpose.SCIENTIFIC_RESEARCH, Purpose.ACADEMIC_RESEARCH)
    return Context(
        as_of=random.choices(CLOCKS, (8, 1, 1))[0],
        purpose=random.choice(PURPOSES if wild else (*common, *Purpose)),
        controller_established_in=_places(random, 0.1),
        offered_in=_places(random, 0.2),
        recipients=tuple(sorted(random.sample(RECIPIENTS, random.choices((0, 1, 2), (8, 2, 1))[0]))),
        face_templates=FaceTemplates(
            derived=random.choices((True, False, None), (5, 4, 1) if wild else (2, 7, 1))[0],
            identify=random.random() < (0.3 if wild else 0.05),
            assumed=random.random() < 0.05,
            declarations={random.choice(("CA-QC", "CA-QC", "EU")): declaration} if random.random() < 0.5 else {},
        ),
        assessment=random.choice(ASSESSMENTS),
        retain_until=random.choices((None, *CLOCKS), (27, 1, 1, 1))[0],
        strict=random.random() < 0.1,
    )


class Disagreement(NamedTuple):
    """One case that the two readings judge differently."""

    case: Case
    rules: Outcome
    table: Outcome

    def __str__(self) -> str:
        only_rules = sorted(map(str, self.rules.findings - self.table.findings))
        only_table = sorted(map(str, self.table.findings - self.rules.findings))
        return (
            f"rules {self.rules.decision} {self.rules.reason}, table {self.table.decision} {self.table.reason}\n"
            f"  only the rules say {only_rules}\n  only the table says {only_table}\n  {self.case}"
        )


def disagreements(count: int, seed: int, packs: PackSet | None = None) -> Iterator[Disagreement]:
    """Every random case on which the rules and the second reading of the table differ."""
    packs = packs or load_packs()
    reasons_catalogue = load_reasons()
    for case in cases(count, seed):
        rules = by_the_rules(case, packs, reasons_catalogue)
        table = evaluate(case.fact_set, case.context, packs)
        if rules != table:
            yield Disagreement(case, rules, table)


def by_the_rules(case: Case, packs: PackSet, reasons_catalogue: ReasonCatalogue) -> Outcome:
    """What the rules that ship say of a case."""
    judgement = Judge(case.context, packs, reasons_catalogue).judge(case.fact_set)
    return Outcome(
        judgement.decision,
        judgement.reason,
        frozenset((one.code, one.jurisdiction, one.person) for one in judgement.findings),
    )


@click.command()
@click.option("--cases", "count", default=100_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--show", default=5, show_default=True, help="How many disagreements to print.")
def main(count: int, seed: int, show: int) -> None:
    """Judge random combinations twice and print where the readings differ; exit 1 if they do."""
    found = list(disagreements(count, seed))
    for one in found[:show]:
        click.echo(str(one))
    click.echo(f"{count} cases, {len(found)} disagreements")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
