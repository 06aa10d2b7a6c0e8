"""Rules about copyright licences, which are a question of their own beside privacy."""

from __future__ import annotations

from provenance.policy.facts import LicenceClass
from provenance.policy.rules.evaluation import Answer, ImageCase


def licence_missing(case: ImageCase) -> Answer:
    """Nobody recorded one."""
    return case.item.licence is LicenceClass.MISSING


def licence_conditional(case: ImageCase) -> Answer:
    """A condition that the purpose may breach, in the declared or the file's own licence, or a term that is over."""
    return bool(breachable_conditions(case))


def breachable_conditions(case: ImageCase) -> tuple[str, ...]:
    """The conditions that count; NC is none for a purpose that is never commercial."""
    item = case.item
    conditions = item.licence_conditions
    if item.licence is LicenceClass.CONDITIONAL and not conditions:
        conditions = ("a condition",)
    if case.evaluation.purpose.non_commercial:
        conditions = tuple(condition for condition in conditions if condition != "NC")
    if item.signals.licence_conditional:
        conditions = (*conditions, "the file's own licence")
    if item.signals.licence_ended:
        conditions = (*conditions, "its term has ended")
    return conditions


def licence_grants_nothing(case: ImageCase) -> Answer:
    """Words that reserve every right. A contract of one's own is an answer to those in the file."""
    item = case.item
    if item.licence is LicenceClass.GRANTS_NOTHING:
        return True
    return bool(item.signals.nothing_granted) and item.licence is not LicenceClass.REFERENCE


def licence_unrecognised(case: ImageCase) -> Answer:
    """A text that names no licence that anybody could look up."""
    return case.item.licence is LicenceClass.UNRECOGNISED


def reservation_in_words(case: ImageCase) -> Answer:
    """Words refuse AI training or text and data mining. Whether they bind is unsettled, so a person looks."""
    return bool(case.item.signals.reservation_in_words)
