"""What holds for every combination of facts, whatever they are."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model import Assessment, Context, Declaration, FaceTemplates, SignalFacts, SignalVerdict
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.findings import Judgement
from provenance.policy.judge import Judge
from provenance.policy.packs import PackSet, load_packs
from provenance.policy.reasons import ReasonCatalogue, load_reasons
from provenance.vocabulary import (
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

LAWS = tuple(pack.id for pack in load_packs() if pack.kind == "law")
REVIEW = Decision.REVIEW.severity
MILD = (ConsentStatus.GIVEN, ConsentStatus.RENEWED)
AGES = st.sampled_from([None, 0, 9, 12, 13, 15, 17, 18])
FLAG = st.booleans()
MAYBE = st.sampled_from([None, True, False])
OPINION = st.sampled_from(list(SignalVerdict))
REFUSED = st.sampled_from([(), ((),), ((Purpose.MODEL_TRAINING,),), ((Purpose.WEBSITE_DISPLAY,), ())])
PLACES = st.lists(st.sampled_from((*LAWS, "EU-AIA", "NZ", "CA-ON", "DE")), max_size=3, unique=True).map(tuple)

# Everything starts from a picture that may be used, and a few facts of it are changed: so most of the rules' borders
# lie within reach, on both sides.
CONSENT = RecordFacts(
    basis=LawfulBasis.EXPLICIT_CONSENT,
    purposes=(Purpose.MODEL_TRAINING,),
    evidence_kind=EvidenceKind.MODEL_RELEASE,
    evidence=EvidenceState.MATCHES,
    notice_version=True,
    form=ConsentForm.EXPRESS,
    giver=GiverRole.SELF,
    status=ConsentStatus.GIVEN,
)
RECORD_FACTS = {
    "basis": st.sampled_from([*LawfulBasis, *NonBasis]),
    "purposes": st.sampled_from([(), (Purpose.WEBSITE_DISPLAY,), tuple(Purpose)]),
    "recipients": st.sampled_from([(), ("Acme",)]),
    "territories": st.sampled_from([(), ("CA",)]),
    "evidence_kind": st.sampled_from([None, *EvidenceKind]),
    "evidence": st.sampled_from(list(EvidenceState)),
    "notice_version": FLAG,
    "form": st.sampled_from([None, *ConsentForm]),
    "biometric": FLAG,
    "written_release": FLAG,
    "giver": st.sampled_from([None, *GiverRole]),
    "relationship_evidence": FLAG,
    "signatures": st.sampled_from([None, 1, 2]),
    "signatures_required": st.sampled_from([None, 1, 2]),
    "public_class": st.sampled_from([None, "a", "(b)", "1(e)", "law", "?"]),
    "public_class_evidence": FLAG,
    "assessment": FLAG,
    "approval": FLAG,
    "community_authority": FLAG,
    "status": st.sampled_from(list(ConsentStatus)),
    "expired": FLAG,
    "refusals": REFUSED,
    "by_institution": FLAG,
    "years_since_last_event": st.sampled_from([None, 0, 1, 3, 10]),
    "has_term": FLAG,
    "age_when_given": AGES,
}
ADULT = PersonFacts(identifiable=True, age=18, age_status=AgeStatus.ADULT_VERIFIED, consent_at_acquisition=True)
PERSON_FACTS = {
    "identifiable": MAYBE,
    "anonymised": FLAG,
    "anonymisation_reviewer": FLAG,
    "original_retained": MAYBE,
    "deceased": FLAG,
    "death_recorded": FLAG,
    "age_contradicts": FLAG,
    "consent_at_acquisition": FLAG,
    "age": AGES,
    "age_when_taken": AGES,
    "age_status": st.sampled_from([None, *AgeStatus]),
    "estimated_minor": FLAG,
    "groups": st.lists(st.sampled_from(list(ProtectedGroup)), max_size=2, unique=True).map(tuple),
    "jurisdictions": PLACES,
}
SIGNAL_FACTS = {
    "generative_training": OPINION,
    "other_training": OPINION,
    **dict.fromkeys(
        [
            "stock_marker",
            "unreadable",
            "minor_declared",
            "adult_declared",
            "minor_suspected",
            "person_shown",
            "release_none",
            "licence_denies",
            "licence_conditional",
            "licence_ended",
            "synthetic",
            "sensitive",
            "hidden_picture",
        ],
        FLAG,
    ),
    "reservation_in_words": st.sampled_from(["", "dc:rights"]),
    "nothing_granted": st.sampled_from(["", "dc:rights"]),
    "persons_counted": st.integers(0, 4),
}
IMAGE = ItemFacts(
    source_recorded=True,
    acquired_recorded=True,
    acquisition_method=AcquisitionMethod.LICENSED,
    licence=LicenceClass.REFERENCE,
    persons_status=PersonsStatus.PRESENT,
)
ITEM_FACTS = {
    **dict.fromkeys(
        [
            "registered",
            "readable",
            "bytes_match",
            "not_opened",
            "declared_missing",
            "part_not_compared",
            "statements_conflict",
            "suppressed",
            "illegal_suspected",
            "source_recorded",
            "acquired_recorded",
            "acquired_in_future",
            "upstream",
            "upstream_evidence",
            "creative_commons_by",
            "training_licence_in_force",
            "retention_ended",
            "source_gone",
            "persons_reviewer",
            "nobody_by_look_alone",
            "synthetic",
            "synthesis_record",
            "near_duplicate_of_blocked",
            "conflicting_claims",
            "copy_refused",
        ],
        FLAG,
    ),
    "acquisition_method": st.sampled_from([None, *AcquisitionMethod]),
    "upstream_method": st.sampled_from([None, *AcquisitionMethod]),
    "training_licence": st.sampled_from([(), (Purpose.MODEL_TRAINING,)]),
    "categories": st.lists(st.sampled_from(list(ContentCategory)), max_size=2, unique=True).map(tuple),
    "licence": st.sampled_from(list(LicenceClass)),
    "licence_conditions": st.sampled_from([(), ("NC",)]),
    "persons_status": st.sampled_from(list(PersonsStatus)),
    "depicts_real_person": MAYBE,
    "jurisdictions": PLACES,
    "hinted_jurisdictions": PLACES,
    "language_jurisdictions": PLACES,
}
MADE = Assessment("DPIA-7", "J. Morin", datetime(2026, 5, 1, tzinfo=UTC))
CONTEXT = Context(
    as_of=datetime(2026, 11, 22, tzinfo=UTC),
    purpose=Purpose.MODEL_TRAINING,
    face_templates=FaceTemplates(derived=False),
    assessment=MADE,
)
CONTEXT_FACTS = {
    "as_of": st.just(datetime(2027, 6, 1, tzinfo=UTC)),
    "purpose": st.sampled_from([None, *Purpose]),
    "controller_established_in": PLACES,
    "offered_in": PLACES,
    "recipients": st.just(("Acme",)),
    "face_templates": st.builds(
        FaceTemplates,
        derived=MAYBE,
        identify=FLAG,
        declarations=st.sampled_from([{}, {"CA-QC": Declaration(id="CAI-1")}]),
        assumed=FLAG,
    ),
    "assessment": st.sampled_from([None, MADE]),
    "retain_until": st.sampled_from([None, datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 11, 1, tzinfo=UTC)]),
    "strict": FLAG,
}


@st.composite
def changed(draw: st.DrawFn, base: Any, facts: dict[str, st.SearchStrategy[Any]], most: int = 3) -> Any:
    """`base` with up to `most` of its facts drawn anew."""
    names = draw(st.lists(st.sampled_from(sorted(facts)), max_size=most, unique=True))
    return replace(base, **{name: draw(facts[name]) for name in names})


@st.composite
def people(draw: st.DrawFn) -> PersonFacts:
    own = draw(st.lists(changed(CONSENT, RECORD_FACTS), max_size=2))
    records_ = draw(st.sampled_from([(CONSENT,), tuple(own)]))
    person: PersonFacts = replace(draw(changed(ADULT, PERSON_FACTS)), records=records_)
    return person


@st.composite
def all_items(draw: st.DrawFn) -> ItemFacts:
    signals = draw(changed(SignalFacts(), SIGNAL_FACTS, 2))
    item: ItemFacts = replace(draw(changed(IMAGE, ITEM_FACTS)), signals=signals)
    return item


records = changed(CONSENT, RECORD_FACTS)
items = all_items()
fact_sets = st.builds(FactSet, items, st.lists(people(), max_size=3).map(tuple))
contexts = changed(CONTEXT, CONTEXT_FACTS, 2)


@cache
def packs_and_codes() -> tuple[PackSet, ReasonCatalogue]:
    return load_packs(), load_reasons()


def decide(fact_set: FactSet, context: Context) -> Judgement:
    return Judge(context, *packs_and_codes()).judge(fact_set)


def severity(fact_set: FactSet, context: Context) -> int:
    return decide(fact_set, context).decision.severity


def stands(record: RecordFacts) -> bool:
    """Whether a record could possibly carry an ALLOW: expressed, evidenced, in effect, given by the adult themself."""
    return (
        record.basis in (LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.CONSENT, LawfulBasis.GUARDIAN_CONSENT)
        and record.status in MILD
        and record.evidence in (EvidenceState.MATCHES, EvidenceState.UNPINNED)
        and not record.expired
        and (record.form is not None or record.basis is not LawfulBasis.CONSENT)
        and not any(not purposes or Purpose.MODEL_TRAINING in purposes for purposes in record.refusals)
    )


@given(fact_sets, contexts)
@settings(max_examples=600, deadline=None)
def test_allow_is_earned_for_everybody_shown(fact_set: FactSet, context: Context) -> None:
    judgement = decide(fact_set, context)
    if judgement.decision is not Decision.ALLOW:
        return
    item = fact_set.item
    assert judgement.reason in {"NO_PERSON_DEPICTED", "NOT_IDENTIFIABLE", "LAWFUL_BASIS_VERIFIED"}
    assert context.purpose is not None
    assert item.registered
    assert item.readable
    assert item.persons_status is not PersonsStatus.UNKNOWN or item.synthetic
    for person in fact_set.persons:
        assert item.acquisition_method is not AcquisitionMethod.UNTARGETED_SCRAPE
        assert not (person.deceased and person.death_recorded)
        assert not person.age_contradicts
        assert person.age is None or person.age >= 18
        if context.purpose is Purpose.MODEL_TRAINING:
            assert person.identifiable is False or any(stands(record) for record in person.records)


@given(items, people(), contexts)
@settings(max_examples=300, deadline=None)
def test_nothing_recorded_never_allows_an_identifiable_person(
    item: ItemFacts, person: PersonFacts, context: Context
) -> None:
    bare = replace(person, identifiable=True, records=())
    assert severity(FactSet(item, (bare,)), context) >= REVIEW
    unknown = tuple(replace(record, status=ConsentStatus.UNKNOWN) for record in person.records)
    shown = replace(person, identifiable=True, records=unknown)
    assert severity(FactSet(item, (shown,)), context) >= REVIEW


@given(
    fact_sets, contexts, st.sampled_from(LAWS), st.sampled_from(["item", "person", "controller", "hint", "language"])
)
@settings(max_examples=400, deadline=None)
def test_adding_a_law_never_makes_milder(fact_set: FactSet, context: Context, law: str, where: str) -> None:
    if where in {"item", "person", "hint"}:
        # Where nothing is known of the capture the union of all stands, and a fact about it ends that.
        known = replace(fact_set.item, jurisdictions=("CA", *fact_set.item.jurisdictions))
        fact_set = replace(fact_set, item=known)
    more_context, more = context, fact_set
    if where == "item":
        more = replace(more, item=replace(more.item, jurisdictions=(*more.item.jurisdictions, law)))
    elif where == "hint":
        more = replace(more, item=replace(more.item, hinted_jurisdictions=(*more.item.hinted_jurisdictions, law)))
    elif where == "language":
        spoken = (*more.item.language_jurisdictions, law)
        more = replace(more, item=replace(more.item, language_jurisdictions=spoken))
    elif where == "controller":
        more_context = replace(context, controller_established_in=(law, *context.controller_established_in))
    elif more.persons:
        first = more.persons[0]
        first = replace(first, jurisdictions=(*first.jurisdictions, law))
        more = replace(more, persons=(first, *more.persons[1:]))
    assert severity(more, more_context) >= severity(fact_set, context)


@given(fact_sets.filter(lambda fact_set: fact_set.persons), people(), contexts)
@settings(max_examples=400, deadline=None)
def test_adding_a_person_never_makes_milder(fact_set: FactSet, person: PersonFacts, context: Context) -> None:
    # What the file says of somebody unnamed may be settled by naming them; without that, nothing is.
    quiet = replace(fact_set.item.signals, person_shown=False, minor_declared=False, persons_counted=0)
    fewer = replace(fact_set, item=replace(fact_set.item, signals=quiet))
    more = replace(fewer, persons=(*fewer.persons, person))
    assert severity(more, context) >= severity(fewer, context)


SIGNALS_AGAINST = (
    "unreadable",
    "minor_suspected",
    "minor_declared",
    "person_shown",
    "stock_marker",
    "release_none",
    "licence_denies",
    "licence_conditional",
    "synthetic",
    "sensitive",
    "hidden_picture",
)
FACTS_AGAINST = (
    "suppressed",
    "illegal_suspected",
    "conflicting_claims",
    "copy_refused",
    "near_duplicate_of_blocked",
    "not_opened",
    "declared_missing",
    "part_not_compared",
    "statements_conflict",
    "acquired_in_future",
    "retention_ended",
    "source_gone",
)


@given(fact_sets, contexts, st.data())
@settings(max_examples=600, deadline=None)
def test_adding_a_denial_never_makes_milder(fact_set: FactSet, context: Context, data: st.DataObject) -> None:
    item, persons = fact_set.item, fact_set.persons
    denied = data.draw(st.sampled_from(["signal", "item", "record", "refuse", "withdraw", "minor"]))
    if denied == "signal":
        field = data.draw(st.sampled_from(SIGNALS_AGAINST))
        item = replace(item, signals=replace(item.signals, **{field: True}))
        field = data.draw(st.sampled_from(["generative_training", "other_training"]))
        item = replace(item, signals=replace(item.signals, **{field: SignalVerdict.DENY}))
    elif denied == "item":
        field = data.draw(st.sampled_from(FACTS_AGAINST))
        item = replace(item, **{field: True})
    elif persons:
        first, *others = persons
        if denied == "record":
            no = data.draw(records)
            refusal = replace(no, status=data.draw(st.sampled_from([ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED])))
            first = replace(first, records=(*first.records, refusal))
        elif denied == "refuse":
            refused = tuple(replace(record, refusals=(*record.refusals, ())) for record in first.records)
            first = replace(first, records=refused)
        elif denied == "withdraw":
            ended = tuple(replace(record, status=ConsentStatus.WITHDRAWN) for record in first.records)
            first = replace(first, records=ended)
        else:
            first = replace(first, groups=(*first.groups, ProtectedGroup.CHILD), age=9)
        persons = (first, *others)
    assert severity(FactSet(item, persons), context) >= severity(fact_set, context)


def told(judgement: Judgement, back: dict[int | None, int | None]) -> set[object]:
    return {(found.code, found.decision, found.jurisdiction, back.get(found.person)) for found in judgement.findings}


@given(fact_sets, contexts, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_order_never_matters(fact_set: FactSet, context: Context, rng: random.Random) -> None:
    def shuffled(values: tuple) -> tuple:  # type: ignore[type-arg]
        return tuple(rng.sample(values, len(values)))

    order = rng.sample(range(len(fact_set.persons)), len(fact_set.persons))
    mixed = FactSet(
        replace(
            fact_set.item,
            jurisdictions=shuffled(fact_set.item.jurisdictions),
            hinted_jurisdictions=shuffled(fact_set.item.hinted_jurisdictions),
        ),
        tuple(
            replace(
                fact_set.persons[place],
                records=shuffled(fact_set.persons[place].records),
                jurisdictions=shuffled(fact_set.persons[place].jurisdictions),
            )
            for place in order
        ),
    )
    context_mixed = replace(
        context,
        controller_established_in=shuffled(context.controller_established_in),
        offered_in=shuffled(context.offered_in),
    )
    first, second = decide(fact_set, context), decide(mixed, context_mixed)
    assert (first.decision, first.reason) == (second.decision, second.reason)
    straight: dict[int | None, int | None] = {None: None, **{place: place for place in order}}
    back: dict[int | None, int | None] = {None: None, **dict(enumerate(order))}
    assert told(first, straight) == told(second, back)


@given(fact_sets, contexts)
@settings(max_examples=200, deadline=None)
def test_nothing_changes_a_prohibited_purpose(fact_set: FactSet, context: Context) -> None:
    judgement = decide(fact_set, replace(context, purpose=Purpose.FACE_RECOGNITION_DATABASE))
    found = [finding for finding in judgement.findings if finding.code == "PURPOSE_PROHIBITED"]
    assert [finding.decision for finding in found] == [Decision.BLOCK]
    assert judgement.decision is Decision.BLOCK


@given(items, people(), contexts)
@settings(max_examples=300, deadline=None)
def test_an_unknown_place_is_judged_like_every_place_at_once(
    item: ItemFacts, person: PersonFacts, context: Context
) -> None:
    item = replace(item, jurisdictions=(), hinted_jurisdictions=())
    context = replace(context, controller_established_in=(), offered_in=())
    unknown = decide(FactSet(item, (replace(person, jurisdictions=()),)), context)
    everywhere = decide(FactSet(item, (replace(person, jurisdictions=LAWS),)), context)
    assert unknown.decision is everywhere.decision


@given(fact_sets, contexts)
@settings(max_examples=200, deadline=None)
def test_the_primary_reason_is_the_lowest_of_the_worst(fact_set: FactSet, context: Context) -> None:
    judgement = decide(fact_set, context)
    worst = max(finding.decision.severity for finding in judgement.findings)
    numbers = {finding.number: finding.code for finding in judgement.findings if finding.decision.severity == worst}
    assert judgement.decision.severity == worst
    assert judgement.reason == numbers[min(numbers)]
    places_ = [(finding.number, finding.person, finding.jurisdiction) for finding in judgement.findings]
    assert len(places_) == len(set(places_))


def test_the_strategies_reach_both_sides_of_the_borders() -> None:
    reached: Counter[Decision] = Counter()
    primary: set[str] = set()

    @given(fact_sets, contexts)
    @settings(max_examples=500, deadline=None, database=None, derandomize=True)
    def search(fact_set: FactSet, context: Context) -> None:
        judgement = decide(fact_set, context)
        reached[judgement.decision] += 1
        primary.add(judgement.reason)

    search()
    assert min(reached[Decision.ALLOW], reached[Decision.REVIEW], reached[Decision.BLOCK]) > 10
    assert len(primary) > 20
