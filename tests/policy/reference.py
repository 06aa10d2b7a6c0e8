"""The decision table read a second time: one combination at a time, slow and plain, sharing no code with the rules.

It follows the table's own order (item gates, person gate, each person under each law, the image as a whole) with
nested ifs, so that a reader can lay it beside the table. Packs, purposes and the numbers of reason codes are data
and are read from where the rules read them. Where the table is silent the choice that `docs/policy.md` documents is
followed, and a comment beginning "Policy:" says so.
"""

# ruff: noqa: SIM102, SIM114, PERF401 - one plain `if` for each condition of the table, to be laid beside it

from __future__ import annotations

from datetime import UTC

from reference_facts import (  # type: ignore[import-not-found]
    ADULT,
    ALLOW,
    BIOMETRIC_PURPOSES,
    BLOCK,
    INFO,
    MINOR,
    NUMBERS,
    REVIEW,
    SHOWS_SOMETHING,
    SPECIAL,
    Found,
    Outcome,
    age_of,
    faces_measured,
    in_effect,
    must_have_basis,
    name_of,
    nobody_shown,
    scraped,
    severity,
    signed_by_other,
    wholes_of,
)
from reference_person import person_gate, person_under_law

from provenance.model import Context, SignalVerdict
from provenance.placeholders import is_reference, names_somebody
from provenance.policy.facts import FactSet, ItemFacts, LicenceClass, PersonFacts
from provenance.policy.packs import Pack, PackSet
from provenance.policy.purposes import load_purposes
from provenance.vocabulary import (
    AcquisitionMethod,
    ContentCategory,
    EvidenceKind,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)


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
        found += which_laws(item, None if nobody else PersonFacts(), None, context, packs)

    # Step 4, the image as a whole.
    if lack:
        found.append(Found("PARTIAL_BASIS_COVERAGE", BLOCK))
    if item.copy_refused:
        found.append(Found("NEAR_DUPLICATE_OF_BLOCKED", BLOCK))
    elif item.near_duplicate_of_blocked or item.conflicting_claims:
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
    # Somebody who looked at pictures by the hundred settles who is shown, and no doubt about an age.
    if signals.minor_suspected and not (cleared and not fact_set.persons and not item.nobody_by_look_alone):
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
    elif item.source_gone:
        found.append(Found("RETENTION_ENDED", REVIEW))
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


def pack_for(code: str, packs: PackSet) -> tuple[str, Pack]:
    """3d, principle 3: its own pack, else that of its whole, else the union of all, under its own name."""
    for place in wholes_of(code):
        pack = packs.get(place)
        if pack is not None:
            return pack.id, pack
    return name_of(code), packs.strictest


def all_laws_for(item: ItemFacts, person: PersonFacts | None, context: Context, packs: PackSet) -> dict[str, Pack]:
    """Every pack that applies, those too that only forbid; without a person where nobody is shown."""
    of_the_gate = {*context.controller_established_in, *context.offered_in}
    of_the_capture = {*item.jurisdictions, *item.hinted_jurisdictions}
    if person is not None:
        of_the_capture |= set(person.jurisdictions)
    laws = {}
    for code in sorted(of_the_gate | of_the_capture | set(item.language_jurisdictions)):
        name, pack = pack_for(code, packs)
        laws[name] = pack
    if person is not None and not any(pack_for(code, packs)[1].kind == "law" for code in of_the_capture):
        # Principle 3: nothing is known of the person or the capture; the controller and a language say nothing of it.
        laws["UNKNOWN"] = packs.strictest
    return laws


def laws_for(item: ItemFacts, person: PersonFacts | None, context: Context, packs: PackSet) -> dict[str, Pack]:
    """The packs that judge bases. A layer of prohibitions gives and judges none."""
    return {
        name: pack for name, pack in all_laws_for(item, person, context, packs).items() if pack.kind != "constraint"
    }


def which_laws(
    item: ItemFacts, person: PersonFacts | None, index: int | None, context: Context, packs: PackSet
) -> list[Found]:
    """Rows 90 and 95."""
    found = []
    for code in laws_for(item, person, context, packs):
        if packs.get(code) is None:
            found.append(Found("JURISDICTION_UNKNOWN_STRICTEST_APPLIED", INFO, code, index))
    declared = {*context.controller_established_in, *context.offered_in, *item.jurisdictions}
    declared |= set(person.jurisdictions if person is not None else ())
    names = {pack_for(code, packs)[0] for code in declared}
    for code in (*item.hinted_jurisdictions, *item.language_jurisdictions):
        name = pack_for(code, packs)[0]
        if name not in names:
            found.append(Found("JURISDICTION_SUGGESTED", INFO, name, index))
    return found


def stale_packs(fact_set: FactSet, context: Context, packs: PackSet) -> list[Found]:
    """Row 17, for every pack that applies to anybody shown."""
    laws: dict[str, Pack] = {}
    for person in fact_set.persons or (None if nobody_shown(fact_set.item) else PersonFacts(),):
        laws |= all_laws_for(fact_set.item, person, context, packs)
    today = context.as_of.astimezone(UTC).date()
    return [Found("RULEPACK_STALE", REVIEW, code) for code, pack in laws.items() if today > pack.review_by]
