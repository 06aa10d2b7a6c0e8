"""Rules about what the file itself and its captured page say."""

from __future__ import annotations

from typing import Final

from provenance.model import SignalVerdict
from provenance.policy.facts import LicenceClass
from provenance.policy.rules.evaluation import AgeClass, Answer, ImageCase, because
from provenance.policy.rules.person import cleared_by_reviewer, nobody_shown, somebody_may_be_shown
from provenance.vocabulary import ContentCategory, Decision, PersonsStatus

_NO_LICENCE: Final = (LicenceClass.MISSING, LicenceClass.GRANTS_NOTHING)
_OPEN_LICENCES: Final = (LicenceClass.PERMISSIVE, LicenceClass.CONDITIONAL)


def training_opt_out(case: ImageCase) -> Answer:
    """A reservation against the purpose, or an agency's marker without a licence.

    A training licence of the rights holder contradicts it, which a person settles.
    """
    item, evaluation = case.item, case.evaluation
    opinions = {"generative": item.signals.generative_training, "other": item.signals.other_training}
    # Without a purpose every reservation speaks against it.
    kinds = evaluation.purpose.reservations if evaluation.context.purpose else tuple(opinions)
    refused = any(opinions[kind] is SignalVerdict.DENY for kind in kinds)
    if not refused and not (item.signals.stock_marker and item.licence in _NO_LICENCE):
        return False
    licensed = item.training_licence_in_force and not evaluation.covering.isdisjoint(item.training_licence)
    return because(Decision.REVIEW, licensed=True) if licensed else because(refused=refused, marker=not refused)


def signals_unreadable(case: ImageCase) -> Answer:
    """Something is there that could not be read whole."""
    return case.item.signals.unreadable


def persons_unaccounted(case: ImageCase) -> Answer:
    """More people are counted than listed. Those in a generated picture that resembles nobody need no accounting."""
    item = case.item
    generated = item.synthetic and nobody_shown(item)
    return item.signals.persons_counted > len(case.persons) and not generated


def synthetic_not_declared(case: ImageCase) -> Answer:
    """The file says that a model made it, and nobody said whom it resembles."""
    return case.item.signals.synthetic and not case.item.synthetic


def model_release_none(case: ImageCase) -> Answer:
    """MR-NON matters where a person is shown, or may be."""
    return case.item.signals.release_none and not cleared_by_reviewer(case)


def capture_contradicts_record(case: ImageCase) -> Answer:
    """The file and the record, two facts of the record, or two tables disagree. Two tables leave nothing to go by."""
    item, persons, file = case.item, case.persons, case.item.signals
    says_nobody = item.persons_status is PersonsStatus.NONE
    ages = {person.age for person in persons}
    all_anonymous = bool(persons) and all(person.identifiable is False for person in persons)
    return because(
        Decision.BLOCK if item.statements_conflict else None,
        statements=item.statements_conflict,
        licence=file.licence_denies or (file.stock_marker and item.licence in _OPEN_LICENCES),
        people=(says_nobody and (bool(persons) or file.person_shown or item.depicts_real_person is True))
        or (file.person_shown and all_anonymous),
        age=(file.minor_declared and ages == {AgeClass.ADULT}) or (file.adult_declared and AgeClass.MINOR in ages),
        dates=any(person.age_contradicts for person in persons),
    )


def minor_signal_in_file(case: ImageCase) -> Answer:
    """The file declares a minor; a guardian's standing consent turns the refusal into a review."""
    if not case.item.signals.minor_declared:
        return False
    return Decision.REVIEW if any(person.guarded for person in case.persons) else True


def sensitive_content_signal(case: ImageCase) -> Answer:
    """Marked as adult, violent or otherwise sensitive, by the file or the row, and somebody is shown or may be."""
    marked = case.item.signals.sensitive or ContentCategory.SENSITIVE in case.item.categories
    return marked and somebody_may_be_shown(case)
