"""The decision table read a second time: one combination at a time, slow and plain, sharing no code with the rules.

It follows the table's own order (item gates, person gate, each person under each law, the image as a whole) with
nested ifs, so that a reader can lay it beside the table. Packs, purposes and the numbers of reason codes are data
and are read from where the rules read them. Where the table is silent the choice that `docs/policy.md` documents is
followed, and a comment beginning "Policy:" says so.
"""

# ruff: noqa: SIM102, SIM114, PERF401 - one plain `if` for each condition of the table, to be laid beside it

from __future__ import annotations

import tomllib
from datetime import UTC, timedelta
from importlib.resources import files
from typing import Any, NamedTuple

from provenance.model import Context, SignalVerdict
from provenance.placeholders import is_reference, names_somebody
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.packs import Pack, PackSet
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import (
    EU_MEMBER_STATES,
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    Decision,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

ALLOW, INFO, REVIEW, BLOCK = Decision.ALLOW, Decision.INFO, Decision.REVIEW, Decision.BLOCK
ADULT, MINOR, NOT_ESTABLISHED = "adult", "minor", "not established"

CONSENT_KINDS = (
    LawfulBasis.EXPLICIT_CONSENT,
    LawfulBasis.CONSENT,
    LawfulBasis.IMPLIED_CONSENT,
    LawfulBasis.GUARDIAN_CONSENT,
)
APPROVED_KINDS = (LawfulBasis.RESEARCH_EXEMPTION, LawfulBasis.PUBLIC_INTEREST, LawfulBasis.OFFICIAL_AUTHORITY)
NECESSITY_KINDS = (LawfulBasis.CONTRACT, LawfulBasis.LEGAL_OBLIGATION, LawfulBasis.VITAL_INTEREST)
PUBLIC_KINDS = (
    LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE,
    NonBasis.PUBLICLY_AVAILABLE,
    NonBasis.SELF_PUBLISHED,
)
# Row 52 names them.
SPECIAL = (
    ContentCategory.HEALTH,
    ContentCategory.RELIGION,
    ContentCategory.ETHNICITY,
    ContentCategory.POLITICS,
    ContentCategory.TRADE_UNION,
    ContentCategory.SEX_LIFE,
    ContentCategory.BIOMETRIC,
    ContentCategory.GENETIC,
    ContentCategory.CRIMINAL,
)
# Row 73 names them.
BIOMETRIC_PURPOSES = (
    Purpose.FACE_RECOGNITION_TRAINING,
    Purpose.FACE_RECOGNITION_DATABASE,
    Purpose.BIOMETRIC_CATEGORISATION,
    Purpose.EMOTION_RECOGNITION,
    Purpose.IDENTITY_VERIFICATION,
    Purpose.PUBLIC_SECURITY,
)
# Policy: which purposes are research, and which hand a picture to everybody.
RESEARCH = (
    Purpose.SCIENTIFIC_RESEARCH,
    Purpose.ACADEMIC_RESEARCH,
    Purpose.NON_COMMERCIAL_RESEARCH,
    Purpose.COMMERCIAL_RESEARCH,
)
PUBLICATION = (Purpose.DATASET_PUBLICATION, Purpose.WEBSITE_DISPLAY)
# Row 40, and the states of evidence that show nothing.
FITS = tomllib.loads(files("provenance.policy").joinpath("evidence.toml").read_text(encoding="utf-8"))["fits"]
SHOWS_SOMETHING = (EvidenceState.MATCHES, EvidenceState.UNPINNED, EvidenceState.REMOTE)
NUMBERS = {rule.code: rule.number for rule in load_reasons()}


class Found(NamedTuple):
    """One finding: its code, what it does, under which law, and whom it concerns (their place in the image)."""

    code: str
    decision: Decision
    jurisdiction: str | None = None
    person: int | None = None


class Outcome(NamedTuple):
    """What the table comes to for one image."""

    decision: Decision
    reason: str
    findings: frozenset[tuple[str, str | None, int | None]]


def evaluate(fact_set: FactSet, context: Context, packs: PackSet) -> Outcome:
    """Judge one image by the table."""
    item = fact_set.item
    if not item.registered or item.not_opened or item.declared_missing:
        # Rows 5, 7, 8. Policy: where there is no image, nothing but the purpose is judged beside them.
        return conclude(no_image(item, context))
    found = item_gates(fact_set, context)
    found += stale_packs(fact_set, context, packs)

    # Step 2, the person gate for the image: who is shown, as far as anybody has said.
    people: list[tuple[int | None, PersonFacts]] = list(enumerate(fact_set.persons))
    nobody = nobody_shown(item)
    if nobody and not people:
        found.append(Found("NO_PERSON_DEPICTED", ALLOW))
    if not nobody and item.persons_status is not PersonsStatus.PRESENT:
        # Policy: listing some people does not say that nobody else is shown.
        found.append(Found("PERSON_STATUS_UNKNOWN", REVIEW))
    if not people and not nobody:
        if item.persons_status is PersonsStatus.PRESENT or item.depicts_real_person is True:
            # Somebody is shown of whom nothing is recorded.
            people = [(None, PersonFacts())]
    if prohibited(item, [person for _, person in people], context, packs):
        found.append(Found("PURPOSE_PROHIBITED", BLOCK))
    found += faces_undeclared(item, [person for _, person in people], context, packs)

    # Steps 2 and 3 for each person.
    need, lack, clean = 0, 0, 0
    for index, person in people:
        found += person_gate(item, person, index, context)
        found += which_laws(item, person, index, context, packs)
        worst = 0
        for code, pack in laws_for(item, person, context, packs).items():
            mine = [
                Found(one.code, one.decision, code, index) for one in person_under_law(fact_set, person, pack, context)
            ]
            found += mine
            worst = max(worst, severity(mine))
        if must_have_basis(person):
            need += 1
            if worst == BLOCK.severity:
                lack += 1
            if worst < REVIEW.severity:
                clean += 1
    if not people:
        found += which_laws(item, PersonFacts(), None, context, packs)

    # Step 4, the image as a whole.
    if lack:
        found.append(Found("PARTIAL_BASIS_COVERAGE", BLOCK))
    if item.near_duplicate_of_blocked or item.conflicting_claims:
        found.append(Found("NEAR_DUPLICATE_OF_BLOCKED", REVIEW))
    found += licence_rows(item, context)
    if clean < need:
        # Row 99 asks for every identifiable person, so one person's part of it does not stand alone.
        found = [one for one in found if one.code != "LAWFUL_BASIS_VERIFIED"]
    if context.strict:
        # Formats page, section 3: REVIEW counts as BLOCK.
        found = [
            Found(one.code, BLOCK if one.decision is REVIEW else one.decision, one.jurisdiction, one.person)
            for one in found
        ]
    return conclude(found)


def no_image(item: ItemFacts, context: Context) -> list[Found]:
    """Rows 5, 7 and 8, with 13 and 14."""
    found = []
    if not item.registered:
        found.append(Found("NOT_REGISTERED", BLOCK))
    if item.not_opened:
        found.append(Found("CONTENT_NOT_LOOKED_INTO", BLOCK))
    if item.declared_missing:
        found.append(Found("DECLARED_FILE_MISSING", BLOCK))
    if prohibited_for_all(item, context):
        found.append(Found("PURPOSE_PROHIBITED", BLOCK))
    if context.purpose is None:
        found.append(Found("PURPOSE_MISSING", BLOCK))
    return found


def conclude(found: list[Found]) -> Outcome:
    """Step 5: the worst decision, and the lowest-numbered code among those that have it."""
    if all(one.decision is INFO for one in found):
        # Step 6: nothing unknown may produce ALLOW.
        found = [*found, Found("PERSON_STATUS_UNKNOWN", REVIEW)]
    worst = max((one.decision for one in found), key=lambda decision: decision.severity)
    reason = min((one.code for one in found if one.decision is worst), key=lambda code: NUMBERS[code])
    return Outcome(worst, reason, frozenset((one.code, one.jurisdiction, one.person) for one in found))


def severity(found: list[Found]) -> int:
    """How bad the worst of several findings is."""
    return max((one.decision.severity for one in found), default=0)


# --- the image -----------------------------------------------------------------------------------------------------


def faces_measured(context: Context) -> bool:
    """The context says so, or the purpose cannot do without."""
    if context.face_templates.derived or context.face_templates.identify:
        return True
    return context.purpose is not None and load_purposes().rules[context.purpose].measures_faces


def item_gates(fact_set: FactSet, context: Context) -> list[Found]:
    """Rows 6 to 19 and 25, 26, 66, 71 to 73, and the rows of 3c about the file: 56, 57, 63 (a suspicion), 65."""
    item, signals = fact_set.item, fact_set.item.signals
    found = []
    if not item.readable:
        found.append(Found("IMAGE_UNREADABLE", BLOCK))
    if item.part_not_compared:
        found.append(Found("PART_NOT_COMPARED", REVIEW))
    if not item.bytes_match:
        found.append(Found("FINGERPRINT_MISMATCH", BLOCK))
    if item.suppressed or regulator_ordered(fact_set):
        found.append(Found("SUPPRESSED_ERASURE_REQUEST", BLOCK))
    if item.illegal_suspected:
        found.append(Found("ILLEGAL_CONTENT_SUSPECTED", BLOCK))
    if context.purpose is None:
        found.append(Found("PURPOSE_MISSING", BLOCK))
    if not item.source_recorded or not item.acquired_recorded:
        found.append(Found("SOURCE_MISSING", BLOCK))
    elif item.acquired_in_future:
        # Policy: a date that has not come is no date of acquisition.
        found.append(Found("SOURCE_MISSING", BLOCK))
    elif item.acquisition_method is None or item.acquisition_method is AcquisitionMethod.UNKNOWN:
        found.append(Found("SOURCE_MISSING", BLOCK))
    if item.upstream or item.acquisition_method is AcquisitionMethod.THIRD_PARTY_DATASET:
        if not item.upstream_evidence:
            found.append(Found("UPSTREAM_PROVENANCE_MISSING", BLOCK))
        elif faces_measured(context) and item.upstream_method in (
            None,
            AcquisitionMethod.UNKNOWN,
            AcquisitionMethod.THIRD_PARTY_DATASET,
        ):
            # 3d, purpose gate: nobody knows whether the upstream dataset was scraped at random.
            found.append(Found("UPSTREAM_PROVENANCE_MISSING", BLOCK))
    if opted_out(item, context):
        found.append(Found("TRAINING_OPT_OUT", REVIEW if licensed_to_train(item, context) else BLOCK))
    if signals.unreadable:
        found.append(Found("SIGNALS_UNREADABLE", REVIEW))

    # A reviewer who saw nobody settles the two rows that only matter where somebody is shown.
    cleared = item.persons_status is PersonsStatus.NONE and item.persons_reviewer and nobody_shown(item)
    if not (cleared and not fact_set.persons):
        if signals.release_none:
            found.append(Found("MODEL_RELEASE_NONE", REVIEW))
        if signals.minor_suspected:
            found.append(Found("AGE_UNKNOWN_APPARENT_MINOR", BLOCK if context.strict else REVIEW))
    if signals.persons_counted > len(fact_set.persons):
        # Policy: people in a generated picture that resembles nobody real are not to be accounted for.
        if not (item.synthetic and nobody_shown(item)):
            found.append(Found("PERSONS_UNACCOUNTED", REVIEW))
    if signals.synthetic and not item.synthetic:
        found.append(Found("SYNTHETIC_NOT_DECLARED", REVIEW))
    if item.statements_conflict:
        found.append(Found("CAPTURE_CONTRADICTS_RECORD", BLOCK))
    elif contradicts(fact_set):
        found.append(Found("CAPTURE_CONTRADICTS_RECORD", REVIEW))
    if signals.minor_declared:
        found.append(Found("MINOR_SIGNAL_IN_FILE", REVIEW if guardian_stands(fact_set, context) else BLOCK))

    if item.retention_ended:
        found.append(Found("RETENTION_ENDED", BLOCK))
    elif context.retain_until is not None and context.retain_until < context.as_of:
        found.append(Found("RETENTION_ENDED", BLOCK))
    somebody = bool(fact_set.persons) or not nobody_shown(item)
    if ContentCategory.INDIGENOUS_CULTURAL in item.categories:
        if not any(record.community_authority for person in fact_set.persons for record in person.records):
            found.append(Found("COMMUNITY_AUTHORITY_MISSING", REVIEW))
    if somebody:
        if signals.sensitive or ContentCategory.SENSITIVE in item.categories:
            found.append(Found("SENSITIVE_CONTENT_SIGNAL", REVIEW))
        if not assessed(context):
            found.append(Found("PURPOSE_ASSESSMENT_MISSING", REVIEW if assessment_due(fact_set, context) else INFO))
    return found


def assessed(context: Context) -> bool:
    """Row 73: the assessment is named with its id, approver and date. Policy: made by now, and not overdue."""
    made = context.assessment
    if made is None or made.id is None or made.approver is None or made.approved_at is None:
        return False
    if not is_reference(made.id) or not names_somebody(made.approver):
        return False
    if made.approved_at > context.as_of:
        return False
    return made.review_by is None or context.as_of.astimezone(UTC).date() <= made.review_by


def assessment_due(fact_set: FactSet, context: Context) -> bool:
    """Row 73: where its absence is for a person to look at."""
    if context.purpose in BIOMETRIC_PURPOSES or faces_measured(context):
        return True
    if any(age_of(person) == MINOR or person.groups for person in fact_set.persons):
        return True
    return any(category in SPECIAL for category in fact_set.item.categories)


def regulator_ordered(fact_set: FactSet) -> bool:
    """Row 11 names a regulator's order; 3d, principle 2: it binds whatever it is filed under."""
    for person in fact_set.persons:
        for record in person.records:
            if record.evidence_kind is EvidenceKind.REGULATOR_ORDER:
                return True
    return False


def scraped(item: ItemFacts) -> bool:
    """From an untargeted scrape, whoever did the scraping."""
    return AcquisitionMethod.UNTARGETED_SCRAPE in (item.acquisition_method, item.upstream_method)


def prohibited_for_all(item: ItemFacts, context: Context) -> bool:
    """Row 13 where it asks for nothing about a person."""
    if context.purpose in (Purpose.FACE_RECOGNITION_DATABASE, Purpose.SEXUALISED_IMAGERY):
        return True
    if context.purpose is Purpose.PUBLIC_SECURITY and faces_measured(context):
        return True
    return scraped(item) and faces_measured(context)


def prohibited(item: ItemFacts, people: list[PersonFacts], context: Context, packs: PackSet) -> bool:
    """Row 13: what is prohibited everywhere, and what only the packs of the EU prohibit."""
    if prohibited_for_all(item, context):
        return True
    for person in people:
        laws = all_laws_for(item, person, context, packs)
        # Policy: the union of all packs holds the prohibitions of the EU too.
        if not any("EU" in wholes_of(code) or pack is packs.strictest for code, pack in laws.items()):
            continue
        if context.purpose is Purpose.EMOTION_RECOGNITION:
            # Policy: people who apply for a job are at work for this.
            at_work = {ProtectedGroup.EMPLOYEE, ProtectedGroup.JOB_APPLICANT, ProtectedGroup.STUDENT}
            if at_work & set(person.groups):
                return True
        if context.purpose is Purpose.BIOMETRIC_CATEGORISATION:
            # Policy: BIOMETRIC alone says no more than that faces are measured.
            if any(category in SPECIAL and category is not ContentCategory.BIOMETRIC for category in item.categories):
                return True
    return False


def faces_undeclared(item: ItemFacts, people: list[PersonFacts], context: Context, packs: PackSet) -> list[Found]:
    """Row 58. Policy: where no context was given at all it is told and does not stop."""
    said = context.face_templates
    if faces_measured(context) or (said.derived is not None and not said.assumed):
        return []
    for person in people:
        for pack in laws_for(item, person, context, packs).values():
            if pack.faces.regulated:
                return [Found("FACE_TEMPLATES_UNDECLARED", INFO if said.assumed else REVIEW)]
    return []


def opted_out(item: ItemFacts, context: Context) -> bool:
    """Row 18: a reservation denies this purpose, or a stock marker stands without a licence."""
    signals = item.signals
    if signals.stock_marker and item.licence in (LicenceClass.MISSING, LicenceClass.GRANTS_NOTHING):
        # Policy: words that grant nothing are no licence.
        return True
    if context.purpose is None:
        # Nobody said what it is for: any reservation may be meant.
        return SignalVerdict.DENY in (signals.generative_training, signals.other_training)
    against = load_purposes().rules[context.purpose].reservations
    if "generative" in against and signals.generative_training is SignalVerdict.DENY:
        return True
    return "other" in against and signals.other_training is SignalVerdict.DENY


def licensed_to_train(item: ItemFacts, context: Context) -> bool:
    """Row 18 of 3d: the rights holder's own training licence covers this purpose and is in force."""
    if context.purpose is None or not item.training_licence_in_force:
        return False
    return bool(load_purposes().covering(context.purpose) & set(item.training_licence))


def contradicts(fact_set: FactSet) -> bool:
    """Row 57: the file and the record disagree on age, the presence of people, or the licence."""
    item, signals = fact_set.item, fact_set.item.signals
    if signals.licence_denies:
        return True
    if signals.stock_marker and item.licence in (LicenceClass.PERMISSIVE, LicenceClass.CONDITIONAL):
        # An agency that licenses for money does not give its pictures away.
        return True
    if any(person.age_contradicts for person in fact_set.persons):
        # Policy: two facts of the record that cannot both be true contradict each other as well.
        return True
    if item.persons_status is PersonsStatus.NONE:
        if fact_set.persons or signals.person_shown or item.depicts_real_person is True:
            return True
    ages = [age_of(person) for person in fact_set.persons]
    if signals.minor_declared and ages and all(age == ADULT for age in ages):
        return True
    if signals.adult_declared and MINOR in ages:
        return True
    if signals.person_shown and fact_set.persons:
        # The file shows people; the record says that none of them can be recognised.
        return all(person.identifiable is False for person in fact_set.persons)
    return False


def guardian_stands(fact_set: FactSet, context: Context) -> bool:
    """Row 65: some guardian's consent is in effect, with its evidence."""
    for person in fact_set.persons:
        for record in person.records:
            if signed_by_other(record) and in_effect(record, context):
                if record.evidence in SHOWS_SOMETHING:
                    return True
    return False


def licence_rows(item: ItemFacts, context: Context) -> list[Found]:
    """Rows 91 to 94 and 96."""
    found = []
    if item.licence is LicenceClass.MISSING:
        found.append(Found("LICENCE_MISSING", REVIEW))
    if conditional(item, context):
        found.append(Found("LICENCE_CONDITIONAL", REVIEW))
    if item.licence is LicenceClass.GRANTS_NOTHING:
        found.append(Found("LICENCE_GRANTS_NOTHING", REVIEW))
    elif item.signals.nothing_granted and item.licence is not LicenceClass.REFERENCE:
        # Policy: a contract of one's own is an answer to a general notice in the file.
        found.append(Found("LICENCE_GRANTS_NOTHING", REVIEW))
    if item.licence is LicenceClass.UNRECOGNISED:
        found.append(Found("LICENCE_UNRECOGNISED", REVIEW))
    if item.signals.reservation_in_words:
        found.append(Found("RESERVATION_IN_WORDS", REVIEW))
    return found


def conditional(item: ItemFacts, context: Context) -> bool:
    """Row 92."""
    if item.signals.licence_conditional or item.signals.licence_ended:
        return True
    conditions = set(item.licence_conditions)
    if item.licence is LicenceClass.CONDITIONAL and not conditions:
        return True
    if context.purpose is not None and load_purposes().rules[context.purpose].non_commercial:
        conditions.discard("NC")
    return bool(conditions)


# --- which laws ------------------------------------------------------------------------------------------------------


def wholes_of(code: str) -> list[str]:
    """A place and what it is a part of, the nearest first: DE-BY, Germany, the Union."""
    if code.startswith("EU-"):
        return [code, "EU"]
    country, _, part = code.partition("-")
    above = [f"EU-{country}", "EU"] if country in EU_MEMBER_STATES else [country]
    return [code, *above] if part else above


def name_of(code: str) -> str:
    """DE and EU-DE are one."""
    return f"EU-{code}" if code in EU_MEMBER_STATES else code


def pack_for(code: str, packs: PackSet) -> tuple[str, Pack]:
    """3d, principle 3: its own pack, else that of its whole, else the union of all, under its own name."""
    for place in wholes_of(code):
        pack = packs.get(place)
        if pack is not None:
            return pack.id, pack
    return name_of(code), packs.strictest


def all_laws_for(item: ItemFacts, person: PersonFacts, context: Context, packs: PackSet) -> dict[str, Pack]:
    """Every pack that applies, those too that only forbid."""
    of_the_gate = {*context.controller_established_in, *context.offered_in}
    of_the_capture = {*item.jurisdictions, *person.jurisdictions, *item.hinted_jurisdictions}
    laws = {}
    for code in sorted(of_the_gate | of_the_capture | set(item.language_jurisdictions)):
        name, pack = pack_for(code, packs)
        laws[name] = pack
    if not any(pack_for(code, packs)[1].kind == "law" for code in of_the_capture):
        # Principle 3: nothing is known of the person or the capture; the controller and a language say nothing of it.
        laws["UNKNOWN"] = packs.strictest
    return laws


def laws_for(item: ItemFacts, person: PersonFacts, context: Context, packs: PackSet) -> dict[str, Pack]:
    """The packs that judge bases. A layer of prohibitions gives and judges none."""
    return {
        name: pack for name, pack in all_laws_for(item, person, context, packs).items() if pack.kind != "constraint"
    }


def which_laws(
    item: ItemFacts, person: PersonFacts, index: int | None, context: Context, packs: PackSet
) -> list[Found]:
    """Rows 90 and 95."""
    found = []
    for code in laws_for(item, person, context, packs):
        if packs.get(code) is None:
            found.append(Found("JURISDICTION_UNKNOWN_STRICTEST_APPLIED", INFO, code, index))
    declared = {*context.controller_established_in, *context.offered_in, *item.jurisdictions, *person.jurisdictions}
    names = {pack_for(code, packs)[0] for code in declared}
    for code in (*item.hinted_jurisdictions, *item.language_jurisdictions):
        name = pack_for(code, packs)[0]
        if name not in names:
            found.append(Found("JURISDICTION_SUGGESTED", INFO, name, index))
    return found


def stale_packs(fact_set: FactSet, context: Context, packs: PackSet) -> list[Found]:
    """Row 17, for every pack that applies to anybody shown."""
    laws: dict[str, Pack] = {}
    for person in fact_set.persons or (PersonFacts(),):
        laws |= all_laws_for(fact_set.item, person, context, packs)
    today = context.as_of.astimezone(UTC).date()
    return [Found("RULEPACK_STALE", REVIEW, code) for code, pack in laws.items() if today > pack.review_by]


# --- the person ------------------------------------------------------------------------------------------------------


def nobody_shown(item: ItemFacts) -> bool:
    """Row 21: a reviewer saw nobody, or a synthesis that is recorded holds no real likeness."""
    reviewed = item.persons_status is PersonsStatus.NONE and item.persons_reviewer
    if item.depicts_real_person is True:
        return False
    if item.synthetic:
        # Whether a generated picture resembles somebody has to be said; an unknown likeness is not "nobody".
        if item.depicts_real_person is None:
            return False
        return item.synthesis_record or reviewed
    return reviewed


def fully_anonymised(person: PersonFacts) -> bool:
    """Row 22: method, reviewer, original gone."""
    return person.anonymised and person.anonymisation_reviewer and person.original_retained is False


def must_have_basis(person: PersonFacts) -> bool:
    """Whether a person is alive and may be recognised. Not knowing whether they can be is no anonymity."""
    if person.deceased and person.death_recorded:
        # Row 24 of 3d: without date and evidence of death the person is judged as living.
        return False
    if person.identifiable is True:
        return True
    if person.identifiable is False:
        return False
    return not fully_anonymised(person)


def person_gate(item: ItemFacts, person: PersonFacts, index: int | None, context: Context) -> list[Found]:
    """Rows 22 to 24 and 62, 70, 71 for one person."""
    found = []
    if person.deceased and person.death_recorded:
        # The table's "everyone shown" holds person by person: the living are judged beside them.
        found.append(Found("DECEASED_CHECK_JURISDICTION", REVIEW, None, index))
    if person.identifiable is False:
        # Law note 1.12: what was scraped at random never reaches ALLOW with a person in it, not even anonymised.
        if not fully_anonymised(person) or scraped(item):
            found.append(Found("IDENTIFIABILITY_UNPROVEN", REVIEW, None, index))
        # 3d: the file still holds another picture, or templates are derived from people called unrecognisable.
        elif item.signals.hidden_picture or faces_measured(context):
            found.append(Found("IDENTIFIABILITY_UNPROVEN", REVIEW, None, index))
        else:
            found.append(Found("NOT_IDENTIFIABLE", ALLOW, None, index))
    elif person.identifiable is None and fully_anonymised(person):
        # Anonymised, but nobody said that it worked.
        found.append(Found("IDENTIFIABILITY_UNPROVEN", REVIEW, None, index))
    if age_of(person) == MINOR and not must_have_basis(person):
        # Policy: a minor is never cleared automatically, not even unrecognisable or dead.
        found.append(Found("MINOR_BEST_INTERESTS_REVIEW", REVIEW, None, index))
    if set(person.groups) - {ProtectedGroup.CHILD, ProtectedGroup.INDIGENOUS}:
        found.append(Found("PROTECTED_GROUP_REVIEW", REVIEW, None, index))
    if ProtectedGroup.INDIGENOUS in person.groups:
        if not any(record.community_authority for record in person.records):
            found.append(Found("COMMUNITY_AUTHORITY_MISSING", REVIEW, None, index))
    return found


def age_of(person: PersonFacts) -> str:
    """Adult, minor, or not established. A sign of a minor outweighs what says adult."""
    if person.age_status is AgeStatus.MINOR_VERIFIED or ProtectedGroup.CHILD in person.groups:
        return MINOR
    if person.age is not None and person.age < 18:
        return MINOR
    if person.age_when_taken is not None and person.age_when_taken < 18 and person.age is None:
        # A child when it was taken; only somebody who verified it makes them an adult today.
        if person.age_status is not AgeStatus.ADULT_VERIFIED:
            return MINOR
    if person.age_contradicts:
        # Policy: of ages that cannot all be true none establishes an adult.
        return NOT_ESTABLISHED
    if person.age is not None:
        return NOT_ESTABLISHED if person.age_status is AgeStatus.MINOR_APPARENT else ADULT
    if person.age_status is AgeStatus.MINOR_APPARENT:
        return NOT_ESTABLISHED
    if person.age_when_taken is not None:
        return ADULT
    if person.age_status in (AgeStatus.ADULT_VERIFIED, AgeStatus.ADULT_DECLARED):
        return ADULT
    return NOT_ESTABLISHED


# --- one person under one law ----------------------------------------------------------------------------------------


def person_under_law(fact_set: FactSet, person: PersonFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 30 to 64 for one person under one law: the record that carries furthest decides."""
    outcomes = []
    if must_have_basis(person):
        for record in person.records or (RecordFacts(LawfulBasis.NONE),):
            outcome = record_under_law(fact_set.item, person, record, pack, context)
            outcomes.append(outcome or [Found("LAWFUL_BASIS_VERIFIED", ALLOW)])
    else:
        # Deny is sticky: who said no has said no, recognisable or not.
        for record in person.records:
            outcomes.append(denials(record, context))
    if not outcomes:
        return []
    best = min(outcomes, key=lambda outcome: (severity(outcome), sorted(NUMBERS[one.code] for one in outcome)))
    if severity(best) == BLOCK.severity:
        # Policy: where every record is refused, all their reasons are reported.
        return [one for outcome in outcomes for one in outcome]
    return best


def record_under_law(
    item: ItemFacts, person: PersonFacts, record: RecordFacts, pack: Pack, context: Context
) -> list[Found]:
    """Rows 30 to 66 for one record."""
    found = denials(record, context)
    found += face_rows(record, pack, context)
    found += age_rows(person, record, pack, context)
    found += express_row(item, person, record, pack, context)
    basis = basis_rows(record, pack, context)
    found += basis
    if all(one.decision is not BLOCK for one in basis):
        # Only what is a basis is asked whether it stands.
        found += standing_rows(item, person, record, pack, context)
    return found


def signed_by_other(record: RecordFacts) -> bool:
    """Policy: a consent given by a guardian or representative is a guardian's, whatever it calls itself."""
    if record.basis not in CONSENT_KINDS:
        return False
    if record.giver is None:
        return record.basis is LawfulBasis.GUARDIAN_CONSENT
    return record.giver in (GiverRole.GUARDIAN, GiverRole.REPRESENTATIVE)


def implied(record: RecordFacts) -> bool:
    """Policy: anything whose form is IMPLIED is implied consent, whatever it calls itself."""
    if record.basis is LawfulBasis.IMPLIED_CONSENT:
        return True
    return record.basis in CONSENT_KINDS and record.form is ConsentForm.IMPLIED


def express(record: RecordFacts) -> bool:
    """A clear act, by the basis's name or by its recorded form."""
    if record.basis not in CONSENT_KINDS or implied(record):
        return False
    return record.basis is LawfulBasis.EXPLICIT_CONSENT or record.form is ConsentForm.EXPRESS


def in_effect(record: RecordFacts, context: Context) -> bool:
    """Given or renewed, in date, and no refusal stands against it."""
    if record.expired or refused(record, context):
        return False
    return record.status in (ConsentStatus.GIVEN, ConsentStatus.RENEWED)


def refused(record: RecordFacts, context: Context) -> bool:
    """3d, principle 2: a refusal binds the person and the purpose, whatever else is filed."""
    for purposes in record.refusals:
        if not purposes or context.purpose is None:
            return True
        for purpose in purposes:
            # Policy: who refuses a part refuses the whole that holds it, and the other way round.
            if context.purpose is purpose or {context.purpose, purpose} == {
                Purpose.SCIENTIFIC_RESEARCH,
                Purpose.ACADEMIC_RESEARCH,
            }:
                return True
    return False


def denials(record: RecordFacts, context: Context) -> list[Found]:
    """Rows 43 and 44."""
    status = record.status
    if record.basis in CONSENT_KINDS or record.basis is LawfulBasis.CONTRACT:
        if refused(record, context) or status in (
            ConsentStatus.WITHDRAWN,
            ConsentStatus.REFUSED,
            ConsentStatus.REVOKED_BY_CONTROLLER,
        ):
            return [Found("CONSENT_WITHDRAWN", BLOCK)]
    elif refused(record, context) or status in (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED):
        return [Found("OBJECTION_RECEIVED", BLOCK)]
    return []


def listed(basis: Any, pack: Pack) -> bool:
    """Whether this law's list has the basis. Express consent, also by a guardian, serves wherever consent does."""
    named = {entry.basis for entry in pack.bases}
    if basis in (LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.CONSENT, LawfulBasis.GUARDIAN_CONSENT):
        # Whether a plain consent was express enough for a law that lists explicit consent only is row 42's question.
        return bool(named & {LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.CONSENT, LawfulBasis.GUARDIAN_CONSENT})
    return basis in named


def basis_rows(record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 30 to 37: is it a basis at all, under this law."""
    basis, status = record.basis, record.status
    found = []
    if basis is LawfulBasis.NONE or status is ConsentStatus.INVALIDATED:
        found.append(Found("BASIS_MISSING", BLOCK))
    elif basis in CONSENT_KINDS or basis is LawfulBasis.CONTRACT:
        if status in (ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED, ConsentStatus.REFUSED):
            found.append(Found("BASIS_MISSING", BLOCK))
    elif basis in PUBLIC_KINDS:
        # What is public needs no act of giving; only the controller can take such a claim back.
        if status is ConsentStatus.REVOKED_BY_CONTROLLER:
            found.append(Found("BASIS_MISSING", BLOCK))
    elif basis in (NonBasis.COPYRIGHT_LICENCE, NonBasis.PLATFORM_TERMS):
        pass
    elif status in (ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED, ConsentStatus.REVOKED_BY_CONTROLLER):
        found.append(Found("BASIS_MISSING", BLOCK))

    if basis is NonBasis.COPYRIGHT_LICENCE or record.evidence_kind is EvidenceKind.COPYRIGHT_LICENCE:
        found.append(Found("LICENCE_IS_NOT_CONSENT", BLOCK))
    if basis is NonBasis.PLATFORM_TERMS:
        found.append(Found("PLATFORM_TERMS_NOT_CONSENT", BLOCK))
    if basis in PUBLIC_KINDS:
        found.append(public_row(record, pack, context))
    elif isinstance(basis, LawfulBasis) and basis is not LawfulBasis.NONE:
        if not listed(basis, pack):
            found.append(Found("BASIS_NOT_RECOGNISED_IN_JURISDICTION", BLOCK))
    return found


def public_row(record: RecordFacts, pack: Pack, context: Context) -> Found:
    """Rows 33 to 36: which of them a claim of public availability comes to."""
    if faces_measured(context):
        # Law note 1.8: no such exception for biometrics, but for what Texas says of one's own publication.
        if record.basis in pack.public.contested_if_measured:
            return Found("PUBLIC_AVAILABILITY_CONTESTED", REVIEW)
        return Found("PUBLIC_AVAILABILITY_NOT_A_BASIS", BLOCK)
    if record.basis in pack.public.contested_claims:
        return Found("PUBLIC_AVAILABILITY_CONTESTED", REVIEW)
    if record.basis is LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE:
        for kind in pack.public.classes:
            if kind.id != record.public_class:
                continue
            if kind.condition == "purpose" and context.purpose not in kind.related_purposes:
                return Found("PUBLIC_CLASS_PURPOSE_MISMATCH", BLOCK)
            if not record.public_class_evidence:
                return Found("PUBLIC_CLASS_EVIDENCE_MISSING", BLOCK)
            if kind.condition == "never_a_photo":
                return Found("PUBLIC_AVAILABILITY_NOT_A_BASIS", BLOCK)
            return Found("PUBLIC_AVAILABILITY_CONTESTED", REVIEW)
    return Found("PUBLIC_AVAILABILITY_NOT_A_BASIS", BLOCK)


def express_row(item: ItemFacts, person: PersonFacts, record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Row 42."""
    if implied(record):
        if faces_measured(context) or age_of(person) == MINOR or person.groups or item.categories:
            return [Found("CONSENT_NOT_EXPRESS", BLOCK)]
        if listed(LawfulBasis.IMPLIED_CONSENT, pack):
            return [Found("CONSENT_NOT_EXPRESS", REVIEW)]
        return [Found("CONSENT_NOT_EXPRESS", BLOCK)]
    if record.basis is LawfulBasis.CONSENT and record.form is None:
        # Policy: the law wants express consent where it lists explicit consent only.
        if any(entry.basis is LawfulBasis.CONSENT for entry in pack.bases):
            return [Found("CONSENT_NOT_EXPRESS", REVIEW)]
        return [Found("CONSENT_NOT_EXPRESS", BLOCK)]
    return []


def face_rows(record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 50, 51 and 66 (of a pack), which are asked whatever the basis is."""
    if not faces_measured(context):
        return []
    found = []
    longest = pack.retention.faces_years
    if longest is not None and not record.has_term:
        # Policy: a record without any event does not say when the person was last heard of.
        if record.years_since_last_event is None or record.years_since_last_event >= longest:
            found.append(Found("RETENTION_ENDED", BLOCK))
    if not express(record) or not record.biometric:
        found.append(Found("BIOMETRIC_EXPRESS_CONSENT_REQUIRED", BLOCK))
    elif pack.faces.written_release and not record.written_release:
        found.append(Found("BIOMETRIC_EXPRESS_CONSENT_REQUIRED", BLOCK))
    duty = pack.faces.declaration
    if duty is not None:
        made = context.face_templates.declarations.get(duty.to)
        if made is None or not made.id or made.disclosed_on is None or made.service_on is None:
            found.append(Found("QC_BIOMETRIC_DB_UNDECLARED", BLOCK))
        elif made.disclosed_on > context.as_of.astimezone(UTC).date():
            found.append(Found("QC_BIOMETRIC_DB_UNDECLARED", BLOCK))
        elif made.disclosed_on + timedelta(days=duty.days_before_service) > made.service_on:
            found.append(Found("QC_BIOMETRIC_DB_UNDECLARED", BLOCK))
    return found


def standing_rows(
    item: ItemFacts, person: PersonFacts, record: RecordFacts, pack: Pack, context: Context
) -> list[Found]:
    """Rows 40 to 59 but for those that are asked of anything."""
    basis = record.basis
    found = []

    # 40: proof. For legitimate interest the assessment is the proof, for a public class the class's own.
    if basis in APPROVED_KINDS:
        by_file = record.evidence_kind is EvidenceKind.ETHICS_APPROVAL and record.evidence in (
            *SHOWS_SOMETHING,
            EvidenceState.MISMATCH,
        )
        if not record.approval and not by_file:
            found.append(Found("EVIDENCE_MISSING", BLOCK))
    elif basis not in (LawfulBasis.LEGITIMATE_INTEREST, LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE):
        fitting = list(FITS.get(basis.value, ()))
        if signed_by_other(record):
            fitting.append("GUARDIAN_AUTHORITY")
        if record.evidence not in (*SHOWS_SOMETHING, EvidenceState.MISMATCH):
            found.append(Found("EVIDENCE_MISSING", BLOCK))
        elif record.evidence_kind is None or record.evidence_kind.value not in fitting:
            found.append(Found("EVIDENCE_MISSING", BLOCK))
        elif record.evidence is EvidenceState.REMOTE:
            # Policy: what is never fetched is for a person to look at.
            found.append(Found("EVIDENCE_MISSING", REVIEW))
    if record.evidence is EvidenceState.MISMATCH:
        found.append(Found("EVIDENCE_HASH_MISMATCH", BLOCK))

    if record.expired or record.status is ConsentStatus.EXPIRED:
        found.append(Found("CONSENT_EXPIRED", BLOCK))
    if basis in CONSENT_KINDS:
        if not record.notice_version:
            found.append(Found("CONSENT_NOTICE_VERSION_UNKNOWN", REVIEW))
        if not person.consent_at_acquisition or scraped(item):
            # Law note 1.12: nobody asks first who scrapes at random.
            found.append(Found("CONSENT_AFTER_COLLECTION", REVIEW))
        if len(set(record.purposes)) > 6:
            found.append(Found("CONSENT_NOT_SPECIFIC", REVIEW))

    if context.purpose is not None:
        if not set(record.purposes) & load_purposes().covering(context.purpose):
            found.append(Found("PURPOSE_OUT_OF_SCOPE", BLOCK))
        elif basis is LawfulBasis.RESEARCH_EXEMPTION and context.purpose not in RESEARCH:
            found.append(Found("PURPOSE_OUT_OF_SCOPE", BLOCK))
    if not set(context.recipients) <= set(record.recipients):
        found.append(Found("RECIPIENT_OUT_OF_SCOPE", BLOCK))
    elif record.recipients and context.purpose in PUBLICATION:
        # 3d: a publication goes to everybody, the record names some.
        found.append(Found("RECIPIENT_OUT_OF_SCOPE", BLOCK))
    else:
        # 3d: an offering in a territory that the record does not name; where it names none, everywhere.
        named = {name_of(territory) for territory in record.territories}
        for place in context.offered_in:
            if not named & {name_of(place), *wholes_of(place)}:
                found.append(Found("RECIPIENT_OUT_OF_SCOPE", BLOCK))

    revealing = {ProtectedGroup.PATIENT, ProtectedGroup.LACKS_CAPACITY, ProtectedGroup.INDIGENOUS} & set(person.groups)
    special = any(category in SPECIAL for category in item.categories)
    if pack.sensitive.condition_required and (faces_measured(context) or revealing or special):
        conditions = pack.sensitive.conditions
        by_consent = express(record) and LawfulBasis.EXPLICIT_CONSENT in conditions
        by_research = basis is LawfulBasis.RESEARCH_EXEMPTION and record.approval and basis in conditions
        by_other = basis in conditions and basis not in (*CONSENT_KINDS, LawfulBasis.RESEARCH_EXEMPTION)
        if not by_consent and not by_research and not by_other:
            found.append(Found("ART9_CONDITION_MISSING", BLOCK))

    if basis is LawfulBasis.LEGITIMATE_INTEREST:
        if record.assessment:
            found.append(Found("LIA_REVIEW", REVIEW))
        else:
            found.append(Found("LIA_MISSING", BLOCK))
    elif basis in NECESSITY_KINDS:
        # Policy: contract, legal duty and vital interest turn on necessity, which a person confirms.
        found.append(Found("LIA_REVIEW", REVIEW))
    elif basis in APPROVED_KINDS:
        found.append(Found("RESEARCH_EXEMPTION_REVIEW", REVIEW))
    return found


def age_rows(person: PersonFacts, record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 60 to 64."""
    age, given_at, limit = person.age, record.age_when_given, pack.minors.consent_age
    consent = record.basis in CONSENT_KINDS
    by_other = signed_by_other(record)
    found = []
    if age_of(person) == MINOR:
        alone = age is not None and limit <= age < 18 and (given_at is None or given_at >= limit)
        if not consent or not in_effect(record, context) or not (by_other or alone):
            found.append(Found("MINOR_GUARDIAN_CONSENT_REQUIRED", BLOCK))
        else:
            found.append(Found("MINOR_BEST_INTERESTS_REVIEW", REVIEW))
    elif age_of(person) == NOT_ESTABLISHED or (
        person.estimated_minor and person.age_status is not AgeStatus.ADULT_VERIFIED
    ):
        # The grid's column "unknown age": express consent, contract and research bear it, nothing else does.
        bears = record.basis in (
            LawfulBasis.EXPLICIT_CONSENT,
            LawfulBasis.CONSENT,
            LawfulBasis.GUARDIAN_CONSENT,
            LawfulBasis.CONTRACT,
            LawfulBasis.RESEARCH_EXEMPTION,
            LawfulBasis.NONE,
        )
        if bears and not implied(record) and not context.strict:
            found.append(Found("AGE_UNKNOWN_APPARENT_MINOR", REVIEW))
        else:
            found.append(Found("AGE_UNKNOWN_APPARENT_MINOR", BLOCK))

    if by_other or record.basis is LawfulBasis.GUARDIAN_CONSENT:
        needed = max(record.signatures_required or 1, pack.minors.signatures)
        signatures = 1 if record.signatures is None else record.signatures
        if not record.relationship_evidence or signatures < needed:
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))
        elif record.by_institution:
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))
        elif age_of(person) == MINOR and record.giver is GiverRole.REPRESENTATIVE:
            # Policy: for a child a parent or guardian signs; who only represents it may be its school.
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))
        elif age_of(person) == ADULT and given_at == 18 and ProtectedGroup.LACKS_CAPACITY not in person.groups:
            # Nobody signs for an adult who can sign.
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))

    if consent:
        if age_of(person) == ADULT:
            if (given_at is None and by_other) or (given_at is not None and given_at < 18):
                found.append(Found("RECONSENT_AT_MAJORITY", REVIEW))
        elif by_other and age is not None and given_at is not None and given_at < limit <= age:
            found.append(Found("RECONSENT_AT_MAJORITY", REVIEW))
    return found
