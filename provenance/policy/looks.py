"""What people saw in a picture, brought together with what is recorded of it. Pure.

A look is a fact with its author. What it restricts counts at once and whoever said it: the picture does not change.
What it clears (nobody is shown, everybody is plainly an adult) counts like a manifest's `persons_determined_by`: said
by a named person, not before the image was acquired and not after the clock, and by nobody whose signature does not
fit. It fills in what no row says. Where it says another thing than a row, or than another person's look, the two
contradict each other as two tables do, and the image is blocked until they agree. It decides about no finding.

Where a context requires signatures, what nobody signed clears nothing and takes nothing back (`where_signed`); where it
contradicts a row or somebody else it does so all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from provenance.model import ApparentAge, Look, to_micros
from provenance.placeholders import folded, names_somebody
from provenance.policy.facts import FactSet, PersonFacts
from provenance.policy.rules.evaluation import AgeClass, age_class
from provenance.policy.signed import is_sound, said_of, why_not
from provenance.vocabulary import AgeStatus, ContentCategory, PersonsStatus

ANSWERED: Final = frozenset(
    {"PERSON_STATUS_UNKNOWN", "AGE_UNKNOWN_APPARENT_MINOR", "MODEL_RELEASE_NONE", "SENSITIVE_CONTENT_SIGNAL"}
)
"""Findings that somebody who looks at the picture may settle. Others ask for a document or a decision."""


@dataclass(frozen=True, slots=True)
class LookFacts:
    """What all looks at one picture come to at the clock; `conflict` where they contradict one another.

    `signed` is what they come to where only signed ones clear; None where all that they clear rests on unsigned ones.
    """

    persons_status: PersonsStatus = PersonsStatus.UNKNOWN
    persons: int = 0
    age: ApparentAge | None = None
    synthetic: bool = False
    sensitive: bool = False
    conflict: bool = False
    signed: LookFacts | None = None


def looks_of(looks: Iterable[Look], *, acquired_at: int | None, clock: int) -> LookFacts:
    """What looks at one picture come to; times are microseconds since 1970.

    Of what one person said at the clock the newest counts. Of what they say later, and of what is said in their name
    under a signature that does not fit, whatever restricts counts.
    """
    given = sorted(looks, key=lambda one: one.at)
    every = _come_to(given, acquired_at, clock, signed_only=False)
    signed = _come_to(given, acquired_at, clock, signed_only=True)
    return every if signed == _restricting(every) else replace(every, signed=signed)


def where_signed(seen: LookFacts) -> LookFacts:
    """What looks come to where only signed ones clear.

    >>> where_signed(LookFacts(persons_status=PersonsStatus.NONE)).persons_status.value
    'UNKNOWN'
    """
    return seen.signed if seen.signed is not None else _restricting(seen)


def _restricting(seen: LookFacts) -> LookFacts:
    nobody, adults = seen.persons_status is PersonsStatus.NONE, seen.age is ApparentAge.ADULT
    return replace(
        seen,
        persons_status=PersonsStatus.UNKNOWN if nobody else seen.persons_status,
        age=None if adults else seen.age,
        signed=None,
    )


def _come_to(given: Sequence[Look], acquired_at: int | None, clock: int, *, signed_only: bool) -> LookFacts:
    """What looks come to, oldest first."""

    def may_speak(look: Look) -> bool:
        return to_micros(look.at) <= clock and is_sound(look, signed_only)

    later = [look for look in given if not may_speak(look)]
    words = words_of(filter(may_speak, given))
    counting = [*later, *(look for word in words for look in word.seen)]
    clearing = [look for word in words for look in (word.nobody, word.age) if look and _may_clear(look, acquired_at)]
    shown = any(_shows_somebody(look) for look in counting)
    nobody = any(look.persons_status is PersonsStatus.NONE for look in clearing)
    minor = any(look.age is ApparentAge.MINOR for look in [*later, *(word.age for word in words if word.age)])
    adults = any(look.age is ApparentAge.ADULT for look in clearing)
    return LookFacts(
        persons_status=PersonsStatus.PRESENT if shown else PersonsStatus.NONE if nobody else PersonsStatus.UNKNOWN,
        persons=max((look.persons or 0 for look in [*later, *(w.count for w in words if w.count)]), default=0),
        age=ApparentAge.MINOR if minor else ApparentAge.ADULT if adults else None,
        synthetic=any(look.synthetic for look in given),
        sensitive=any(look.sensitive for look in given),
        conflict=(shown and nobody) or (minor and adults),
    )


@dataclass(frozen=True, slots=True)
class Word:
    """What one person said of people last: that nobody is shown, or in which looks they saw somebody, and of them the
    newest that counts them and the newest that tells an age."""

    nobody: Look | None = None
    seen: tuple[Look, ...] = ()
    count: Look | None = None
    age: Look | None = None

    @property
    def summary(self) -> str | None:
        """What they saw in a word: nobody, somebody or a minor; None where they said nothing of people."""
        if not self.seen:
            return "nobody" if self.nobody is not None else None
        return "minor" if self.age is not None and self.age.age is ApparentAge.MINOR else "somebody"


def words_of(looks: Iterable[Look]) -> list[Word]:
    """What each person's looks at one picture come to."""
    said: dict[str, list[Look]] = {}
    for look in sorted(looks, key=lambda one: one.at):
        said.setdefault(folded(look.reviewer), []).append(look)
    return [_word(by_one) for by_one in said.values()]


def _word(looks: Iterable[Look]) -> Word:
    """What one person's looks come to, oldest first: that nobody is shown takes back what they saw before."""
    word = Word()
    for look in looks:
        if look.persons_status is PersonsStatus.NONE:
            word = Word(nobody=look)
        elif _shows_somebody(look):
            counts, tells = look.persons is not None, look.age is not None
            word = Word(None, (*word.seen, look), look if counts else word.count, look if tells else word.age)
    return word


def _shows_somebody(look: Look) -> bool:
    return look.persons_status is PersonsStatus.PRESENT or bool(look.persons) or look.age is not None


def _may_clear(look: Look, acquired_at: int | None) -> bool:
    return names_somebody(look.reviewer) and (acquired_at is None or to_micros(look.at) >= acquired_at)


def with_looks(facts: FactSet, every: LookFacts, *, signed_only: bool = False) -> FactSet:
    """The facts of an image together with what people saw in it; with `signed_only` only signed looks clear.

    >>> seen = LookFacts(persons_status=PersonsStatus.NONE)
    >>> with_looks(FactSet(ItemFacts()), seen).item.persons_reviewer
    True
    """
    item, persons, seen = facts.item, facts.persons, where_signed(every) if signed_only else every
    signals = replace(
        item.signals,
        persons_counted=max(item.signals.persons_counted, seen.persons),
        synthetic=item.signals.synthetic or seen.synthetic,
        minor_suspected=item.signals.minor_suspected or seen.age is ApparentAge.MINOR,
    )
    categories = {*item.categories, *([ContentCategory.SENSITIVE] if seen.sensitive else [])}
    disagree = any(one.conflict or _status_differs(facts, one) or _ages_differ(persons, one) for one in (every, seen))
    item = replace(
        item, signals=signals, categories=tuple(sorted(categories)),
        statements_conflict=item.statements_conflict or disagree,
    )  # fmt: skip
    if seen.persons_status is PersonsStatus.PRESENT:
        item = replace(item, persons_status=PersonsStatus.PRESENT)
    elif seen.persons_status is PersonsStatus.NONE and not disagree:
        row_says_so = item.persons_status is PersonsStatus.NONE and item.persons_reviewer
        item = replace(
            item, persons_status=PersonsStatus.NONE, persons_reviewer=True, nobody_by_look_alone=not row_says_so
        )  # fmt: skip
    if seen.age is not None:
        status = AgeStatus.MINOR_APPARENT if seen.age is ApparentAge.MINOR else AgeStatus.ADULT_DECLARED
        persons = tuple(replace(p, age_status=status) if _age_is_open(p) else p for p in persons)
    return FactSet(item, persons)


def _status_differs(facts: FactSet, seen: LookFacts) -> bool:
    """Whether a row says that nobody is shown where somebody was seen, or the other way about."""
    if seen.persons_status is PersonsStatus.NONE:
        return facts.item.persons_status is PersonsStatus.PRESENT or bool(facts.persons)
    return seen.persons_status is PersonsStatus.PRESENT and facts.item.persons_status is PersonsStatus.NONE


def _ages_differ(persons: Iterable[PersonFacts], seen: LookFacts) -> bool:
    """Whether a minor was seen where only adults are recorded, or only adults where a minor is."""
    classes = {_recorded_age(person) for person in persons}
    if seen.age is ApparentAge.MINOR:
        return classes == {AgeClass.ADULT}
    return seen.age is ApparentAge.ADULT and AgeClass.MINOR in classes


def _recorded_age(person: PersonFacts) -> AgeClass:
    return AgeClass.MINOR if person.age_status is AgeStatus.MINOR_APPARENT else age_class(person)


def _age_is_open(person: PersonFacts) -> bool:
    """Whether nothing is recorded of a person's age; a contradiction is not nothing."""
    return _recorded_age(person) is AgeClass.UNKNOWN and not person.age_contradicts


def told(look: Look) -> str:
    """What somebody saw, in one line for people.

    >>> told(Look(b"", "JM", datetime(2026, 11, 26), PersonsStatus.PRESENT, persons=2))  # doctest: +SKIP
    'JM on 2026-11-26, unsigned: a person is shown, 2 of them'
    """
    said = [_WORDS[look.persons_status]] if look.persons_status is not PersonsStatus.UNKNOWN else []
    said += [f"{look.persons:,} of them"] if look.persons and look.persons > 1 else []
    said += [_AGES[look.age]] if look.age is not None else []
    said += ["generated"] if look.synthetic else []
    said += ["sensitive"] if look.sensitive else []
    return f"{look.reviewer} on {look.at.date()}, {said_of(look)}: {', '.join(said) or 'nothing that counts'}"


def uncounted(looks: Iterable[Look], signed_only: bool) -> str:  # noqa: FBT001 - its caller holds a flag
    """The newest look that would clear something and counts for nothing, and why, for people; "" where there is none.

    `looks` come oldest first.
    """
    for look in reversed(list(looks)):
        clears = look.persons_status is PersonsStatus.NONE or look.age is ApparentAge.ADULT
        if clears and not is_sound(look, signed_only):
            return f"Not counted: {told(look)}; {why_not(look)}."
    return ""


_WORDS: Final = {PersonsStatus.NONE: "nobody is shown", PersonsStatus.PRESENT: "a person is shown"}
_AGES: Final = {ApparentAge.MINOR: "a minor among them", ApparentAge.ADULT: "all plainly adults"}


# --- as a fact set's text holds them ----------------------------------------------------------------------------------

_NOTHING: Final = asdict(LookFacts())


def encode(seen: LookFacts) -> dict[str, Any]:
    """What was seen as plain values, without what nobody said."""
    signed = {"signed": encode(seen.signed)} if seen.signed is not None else {}
    said = asdict(replace(seen, signed=None))
    return {name: value for name, value in said.items() if value != _NOTHING[name]} | signed


def decode(values: Mapping[str, Any]) -> LookFacts:
    """What was seen, from its plain values."""
    age, signed = values.get("age"), values.get("signed")
    status = PersonsStatus(values.get("persons_status", PersonsStatus.UNKNOWN))
    told = {
        "persons_status": status,
        "age": ApparentAge(age) if age is not None else None,
        "signed": decode(signed) if signed is not None else None,
    }
    return LookFacts(**{**values, **told})
