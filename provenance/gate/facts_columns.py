"""Images at a clock, column by column: who is shown in them and under which records, and for how long that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from sqlalchemy.engine import Connection

from provenance.gate.beside import Beside
from provenance.gate.columns import (
    Flags,
    Ints,
    Places,
    among,
    constant,
    expanded,
    largest,
    matching,
    read,
    smallest,
    unpacked,
)
from provenance.gate.facts_query import (
    DATES,
    DEPICTION,
    IN_EFFECT,
    ITEM,
    LIFE,
    MOST_YEARS,
    NONE,
    STATE,
    YEAR,
    Clock,
    Deriving,
    dates_query,
    depictions_query,
    items_query,
    links_query,
    states_query,
)
from provenance.ledger.schema import NEVER
from provenance.model import Look, to_micros
from provenance.policy.looks import LookFacts, looks_of
from provenance.vocabulary import ADULT_AGE

UNKNOWN: Final = -1
"""Stands for an age or a number of years that nobody knows."""

DATED: Final = (
    "acquired_in_future", "licence_ended", "training_licence_in_force", "looked_at_later", "retention_ended",
    "source_gone",
)  # fmt: skip
"""What the clock makes of an image's own dates, from the lowest bit of `Images.dated`."""


@dataclass(slots=True)
class Images:
    """A row an image. `starts` and `ends` are the instants between which nothing about it changes by itself."""

    number: Ints
    profile: Ints
    acquired_at: Ints
    acquired_on: Ints
    dated: Ints
    shown: Ints
    """How many people it shows: so many rows of `Shown`, in their order."""
    seen: Mapping[int, LookFacts]
    """What people saw in it, by its place here. Few images have any."""
    starts: Ints
    ends: Ints


@dataclass(slots=True)
class Shown:
    """A row for each person shown in an image."""

    image: Places
    person: Ints
    profile: Ints
    age_now: Ints
    age_taken: Ints
    died: Ints
    conflict: Ints
    consented: Ints


@dataclass(slots=True)
class Records:
    """A row for each record in scope of a person shown, in the order of those, as it stands at the clock."""

    shown: Places
    record: Ints
    terms: Ints
    status: Ints
    evidence: Ints
    age_given: Ints
    years: Ints
    has_term: Ints


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything from which the facts of some images are made."""

    images: Images
    shown: Shown
    records: Records


@dataclass(frozen=True, slots=True)
class _States:
    """The states of records in their spans, sorted by person."""

    person: Ints
    record: Ints
    from_at: Ints
    until_at: Ints
    since_at: Ints
    given_on: Ints
    profile: Ints
    status: Ints
    evidence: Ints
    has_term: Ints
    is_consent: Ints
    scoped: Ints

    def at(self, places: Places | Flags) -> _States:
        """Some of them, in that order."""
        return _States(*(getattr(self, column.name)[places] for column in fields(self)))


def read_facts(connection: Connection, how: Deriving) -> Facts:
    """Read some images with all that belongs to them, and bring it together at the clock."""
    images = _images(connection, how)
    shown, life = _shown(connection, how, images)
    states = _states(connection, how)
    standing = (states.from_at <= how.clock.at) & (states.until_at > how.clock.at)
    given = (states.is_consent > 0) & np.isin(states.status, IN_EFFECT)
    linked = _Linked.read(connection, how) if states.scoped.any() else None
    place, of = _in_scope(images, shown, states.at(standing), linked)
    now = states.at(standing).at(of)
    consents = states.at(given)
    place_then, of_then = _in_scope(images, shown, consents, linked)
    _consented(images, shown, (place, place_then), consents.at(of_then))
    records = _records(images, shown, life, place, now, how.clock)
    _hold(images, shown, life, place, now, how.clock)
    return Facts(images, shown, records)


@dataclass(frozen=True, slots=True)
class _Life:
    """When each person shown was born and died, as days, and their recorded age; 0 and UNKNOWN where nobody knows."""

    born_on: Ints
    died_on: Ints
    age: Ints


def _images(connection: Connection, how: Deriving) -> Images:
    number, acquired_at, packed = read(connection, items_query(how))
    profile, acquired_on, dated = unpacked(ITEM, packed)
    size = len(number)
    found = Images(
        number, profile, acquired_at, acquired_on, constant(0, size), constant(0, size), {}, constant(-NEVER, size),
        constant(NEVER, size),
    )  # fmt: skip
    at = how.clock.at
    _turn(found, slice(None), acquired_at, at)
    found.dated += (acquired_at > at) << DATED.index("acquired_in_future")
    retain_until = constant(NONE, size)
    if dated.any():
        places, dates = np.flatnonzero(dated), read(connection, dates_query(how))[1:]
        told = dict(zip(DATES, dates, strict=True))
        _take_dates(found, places, told, at)
        retain_until[places] = told["retain_until_at"]
    _take_beside(found, Beside.of(connection, how), retain_until, how.clock)
    return found


def _take_dates(images: Images, places: Places, told: Mapping[str, Ints], at: int) -> None:
    """What the clock makes of the dates of some images, and when it will make something else of them."""
    starts, ends = told["training_from_at"], told["training_until_at"]
    facts = {
        "licence_ended": (told["licence_ends_at"] != NONE) & (told["licence_ends_at"] < at),
        "training_licence_in_force": (starts != NONE) & (starts <= at) & ((ends == NONE) | (at <= ends)),
        "looked_at_later": told["looked_at"] > at,
    }
    for name, holds in facts.items():
        images.dated[places] += holds.astype(np.int64) << DATED.index(name)
    for name in ("training_from_at", "looked_at"):
        _turn(images, places, told[name], at)
    for name in ("licence_ends_at", "training_until_at"):
        _turn(images, places, _after(told[name]), at)


def _turn(images: Images, places: Places | slice, instants: Ints, at: int) -> None:
    """Something about some images becomes another at these instants, NONE where it does not."""
    past = (instants != NONE) & (instants <= at)
    images.starts[places] = np.maximum(images.starts[places], np.where(past, instants, -NEVER))
    images.ends[places] = np.minimum(images.ends[places], np.where(instants > at, instants, NEVER))


def _after(ends: Ints) -> Ints:
    """When something is over whose last instant still counts."""
    return np.where(ends == NONE, NONE, ends + 1)


def _take_beside(images: Images, beside: Beside, retain_until: Ints, clock: Clock) -> None:
    """What people saw in images, until when these may be kept, whatever says so first, and whose source is gone."""
    place_of = {
        item: int(np.searchsorted(images.number, item))
        for one in (beside.looks, beside.terms, beside.lost)
        for item in one
    }
    for item, until in beside.terms.items():
        own = retain_until[place_of[item]]
        retain_until[place_of[item]] = until if own == NONE else min(int(own), until)
    ended = (retain_until != NONE) & (retain_until < clock.at)
    images.dated += ended.astype(np.int64) << DATED.index("retention_ended")
    _turn(images, slice(None), _after(retain_until), clock.at)
    for item in beside.lost:
        images.dated[place_of[item]] += 1 << DATED.index("source_gone")
    for item, several in beside.looks.items():
        for look in several:
            _turn(images, slice(place_of[item], place_of[item] + 1), np.array([to_micros(look.at)]), clock.at)
    images.seen = {
        place_of[item]: _come_to(images, place_of[item], several, clock) for item, several in beside.looks.items()
    }


def _come_to(images: Images, place: int, several: Sequence[Look], clock: Clock) -> LookFacts:
    acquired_at = int(images.acquired_at[place])
    return looks_of(several, acquired_at=None if acquired_at == NONE else acquired_at, clock=clock.at)


def _shown(connection: Connection, how: Deriving, images: Images) -> tuple[Shown, _Life]:
    number, person, packed, packed_life = read(connection, depictions_query(how))
    profile, aged, conflict = unpacked(DEPICTION, packed)
    born_on, died_on = unpacked(LIFE, packed_life)
    life = _Life(born_on, died_on, aged - 1)
    image = np.searchsorted(images.number, number)
    images.shown = np.bincount(image, minlength=len(images.number)).astype(np.int64)
    acquired_on = images.acquired_on[image]
    died = (life.died_on > 0) & (life.died_on <= how.clock.day)
    return Shown(
        image, person, profile, _age_now(life, acquired_on, how.clock), _age_taken(life, acquired_on),
        died.astype(np.int64), conflict, constant(0, len(number)),
    ), life  # fmt: skip


def _states(connection: Connection, how: Deriving) -> _States:
    *columns, packed = read(connection, states_query(how))
    found = _States(*columns, *unpacked(STATE, packed))
    return found.at(np.argsort(found.person, kind="stable"))


@dataclass(frozen=True, slots=True)
class _Linked:
    """The images that the scopes of records name."""

    image: Ints
    record: Ints

    @classmethod
    def read(cls, connection: Connection, how: Deriving) -> _Linked:
        """Those of the images that are derived."""
        return cls(*read(connection, links_query(how)))


def _in_scope(images: Images, shown: Shown, states: _States, linked: _Linked | None) -> tuple[Places, Places]:
    """Which state is in scope of whom: pairs of places, in the order of the persons shown."""
    place, of = expanded(*matching(states.person, shown.person))
    if linked is None:
        return place, of
    named = among((images.number[shown.image[place]], states.record[of]), (linked.image, linked.record))
    reaches = (states.scoped[of] == 0) | named
    return place[reaches], of[reaches]


def _consented(images: Images, shown: Shown, places: tuple[Places, Places], consents: _States) -> None:
    """Whether a consent of the person in scope was in effect when the image was acquired, where any record stands."""
    place, place_then = places
    acquired = images.acquired_at[shown.image[place_then]]
    then = place_then[(acquired != NONE) & (consents.from_at <= acquired) & (consents.until_at > acquired)]
    shown.consented[np.intersect1d(place, then)] = 1


def _records(images: Images, shown: Shown, life: _Life, place: Places, now: _States, clock: Clock) -> Records:
    years = np.where(_counts_years(now), np.minimum((clock.at - now.since_at) // YEAR, MOST_YEARS), UNKNOWN)
    acquired_on = images.acquired_on[shown.image[place]]
    of = _Life(life.born_on[place], life.died_on[place], life.age[place])
    return Records(
        place, now.record, now.profile, now.status, now.evidence, _age_given(of, acquired_on, now.given_on), years,
        now.has_term,
    )  # fmt: skip


def _hold(images: Images, shown: Shown, life: _Life, place: Places, now: _States, clock: Clock) -> None:
    """Narrow for how long nothing changes by itself: states, years since an event and, within a day, ages and deaths.

    A minor may have a birthday tomorrow, and a death may be recorded ahead.
    """
    counts = _counts_years(now)
    years = (clock.at - now.since_at) // YEAR
    begins = np.where(counts, now.since_at + years * YEAR, now.from_at)
    year_ends = now.since_at + (years + 1) * YEAR
    ends = np.where(counts & (years < MOST_YEARS), np.minimum(year_ends, now.until_at), now.until_at)
    image = shown.image[place]
    largest(images.starts, image, begins)
    smallest(images.ends, image, ends)
    knows_day = (shown.age_now != UNKNOWN) | (life.died_on > 0)
    largest(images.starts, shown.image[knows_day], constant(clock.day_starts, int(knows_day.sum())))
    coming = ((shown.age_now != UNKNOWN) & (shown.age_now < ADULT_AGE)) | (life.died_on > clock.day)
    smallest(images.ends, shown.image[coming], constant(clock.day_ends, int(coming.sum())))


def _counts_years(now: _States) -> Flags:
    """Years since the last event matter only to a consent in effect that names no end."""
    counts: Flags = np.isin(now.status, IN_EFFECT) & (now.has_term == 0)
    return counts


def _years(later: Ints | int, earlier: Ints) -> Ints:
    """Whole years between two days as numbers."""
    return np.asarray((later - earlier) // 10_000)


def _capped(age: Ints) -> Ints:
    """An age as the rules tell it apart: 18 and all above it are one."""
    return np.clip(age, 0, ADULT_AGE)


def _age_now(life: _Life, acquired_on: Ints, clock: Clock) -> Ints:
    since = np.where((acquired_on > 0) & (acquired_on < clock.day), _years(clock.day, acquired_on), 0)
    by_age = np.where(life.age == UNKNOWN, UNKNOWN, _capped(life.age + since))
    return np.where(life.born_on > 0, _capped(_years(clock.day, life.born_on)), by_age)


def _age_taken(life: _Life, acquired_on: Ints) -> Ints:
    by_birth = np.where(acquired_on > 0, _capped(_years(acquired_on, life.born_on)), UNKNOWN)
    by_age = np.where(life.age == UNKNOWN, UNKNOWN, _capped(life.age))
    return np.where(life.born_on > 0, by_birth, by_age)


def _age_given(life: _Life, acquired_on: Ints, given_on: Ints) -> Ints:
    """The age at the last consent. Where nobody's birthday is known it is the least that it can have been."""
    begun = np.where((acquired_on - given_on) % 10_000 == 0, 0, 1)
    later = life.age + _years(given_on, acquired_on)
    before = life.age - _years(acquired_on, given_on) - begun
    by_age = _capped(np.where(given_on >= acquired_on, later, before))
    by_age = np.where((life.age == UNKNOWN) | (acquired_on == 0), UNKNOWN, by_age)
    by_birth = _capped(_years(given_on, life.born_on))
    return np.where(given_on == 0, UNKNOWN, np.where(life.born_on > 0, by_birth, by_age))
