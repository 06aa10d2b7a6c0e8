"""The numbers of fact sets: what is equal has one number, and is written down once.

Records are told apart first, then people with their records, then images with their people, so that of millions of
images only what was not met before is looked at one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.gate.columns import Ints, Places, constant, listed, numbered, numbered_sequences
from provenance.gate.fact_sets import Profiles
from provenance.gate.facts_columns import DATED, UNKNOWN, Facts, Images, Shown
from provenance.gate.facts_refusals import Refused
from provenance.ledger import schema
from provenance.ledger.append import next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.evidence import STATES
from provenance.ledger.interning import lookup
from provenance.policy.facts import EvidenceState
from provenance.policy.looks import encode

_REMEMBERED: Final = 200_000

_SHOWN: Final = STATES.index(EvidenceState.MATCHES)
"""A refusal needs no proof."""

Key: TypeAlias = tuple[Any, ...]


class FactNumbers:
    """The numbers of fact sets, remembered within bounds and kept in the ledger."""

    def __init__(self) -> None:
        self._forget()

    def of(self, connection: Connection, facts: Facts, refused: Refused) -> Ints:
        """The number of each image's fact set; those that are new are stored."""
        if len(self._sets) + len(self._people) + len(self._records) > _REMEMBERED:
            self._forget()
        people = self._people_of(facts.shown, *self._records_of(facts, refused, Profiles(connection)))
        return self._images_of(connection, facts.images, people)

    def _forget(self) -> None:
        # The keys of people name records by their numbers, those of fact sets name people: all go together.
        self._refusals = _Interned(_json)
        self._looks = _Interned(str)
        self._records = _Interned(self._record)
        self._people = _Interned(self._person)
        self._sets: dict[Key, int] = {}

    def _records_of(self, facts: Facts, refused: Refused, profiles: Profiles) -> tuple[Ints, Ints]:
        """The records of each person shown: how many are distinct, and their numbers one after another."""
        records, unstated = facts.records, refused.unstated
        size, more = len(records.shown), len(unstated)
        refusals = constant(0, size + more)
        for place, terms in (*refused.standing.items(), *enumerate((one.refused for one in unstated), start=size)):
            refusals[place] = self._refusals.number(_purposes(profiles, terms))
        columns = (
            _extended(records.terms, [one.terms for one in unstated]),
            _extended(records.status, [one.status for one in unstated]),
            _extended(records.evidence, [_SHOWN] * more),
            _extended(records.age_given, [UNKNOWN] * more),
            _extended(records.years, [UNKNOWN] * more),
            _extended(records.has_term, [0] * more),
            refusals,
        )
        first, places = numbered(*columns)
        numbers = self._records.numbers(listed(columns, first))[places]
        shown = _extended(records.shown, [one.shown for one in unstated])
        in_order = np.lexsort((numbers, shown))
        numbers, shown = numbers[in_order], shown[in_order]
        fresh = np.ones(len(shown), np.bool_)
        fresh[1:] = (shown[1:] != shown[:-1]) | (numbers[1:] != numbers[:-1])
        counts = np.bincount(shown[fresh], minlength=len(facts.shown.image))
        return counts.astype(np.int64), numbers[fresh]

    def _people_of(self, shown: Shown, counts: Ints, records: Ints) -> Ints:
        """The number of each person shown, with their records."""
        columns = (shown.profile, shown.age_now, shown.age_taken, shown.died, shown.conflict, shown.consented)
        keys, places = _distinct(columns, counts, records)
        return self._people.numbers(keys)[places]

    def _images_of(self, connection: Connection, images: Images, people: Ints) -> Ints:
        """The number of each image's fact set."""
        seen = constant(0, len(images.number))
        for place, look in images.seen.items():
            if told := encode(look):
                seen[place] = self._looks.number(_json(told))
        keys, places = _distinct((images.profile, images.dated, seen), images.shown, people)
        sets = self._sets
        sets.update(_stored(connection, {key: self._image(*key) for key in keys if key not in sets}))
        return np.array([sets[key] for key in keys], np.int64)[places]

    def _record(self, key: Key) -> str:
        terms, status, evidence, age_given, years, has_term, refusals = key
        facts = {
            "terms": terms,
            "status": status,
            "evidence": evidence,
            "age_when_given": _known(age_given),
            "years_since_last_event": _known(years),
            "has_term": bool(has_term),
        }
        return _object(facts, refusals=self._refusals.text(refusals))

    def _person(self, key: Key) -> str:
        person, age, age_taken, died, conflict, consented, *records = key
        facts = {
            "person": person,
            "age": _known(age),
            "age_when_taken": _known(age_taken),
            "died": bool(died),
            "ages_conflict": bool(conflict),
            "consent_at_acquisition": bool(consented),
        }
        return _object(facts, records=_array(sorted(map(self._records.text, records), key=_in_order)))

    def _image(self, profile: int, dated: int, seen: int, *people: int) -> str:
        facts = {"item": profile, **{name: bool(dated >> bit & 1) for bit, name in enumerate(DATED)}}
        return _object(facts, people=_array(map(self._people.text, people)), looks=self._looks.text(seen))


class _Interned:
    """Things told apart by their keys: each has a number from 1 and a text. 0 stands for nothing."""

    def __init__(self, told: Callable[[Any], str]) -> None:
        self._told = told
        self._numbers: dict[Any, int] = {}
        self._texts = [""]

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, key: Any) -> int:
        """The number of a key."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._texts)
            self._texts.append(self._told(key))
        return found

    def numbers(self, keys: Iterable[Any]) -> Ints:
        """The numbers of several keys."""
        return np.array([self.number(key) for key in keys], np.int64)

    def text(self, number: int) -> str:
        """The text of a number."""
        return self._texts[number]


def _extended(column: NDArray[np.integer[Any]], more: Sequence[int]) -> Ints:
    return np.append(column, np.array(more, np.int64)).astype(np.int64)


def _distinct(columns: Sequence[Ints], counts: Ints, parts: Ints) -> tuple[list[Key], Places]:
    """The distinct rows of columns with their parts, of which each row has `counts`; and which of these each row is."""
    _, heads = numbered(*columns)
    first, places = numbered_sequences(heads, counts, parts)
    spans = listed((np.cumsum(counts) - counts, counts), first)
    keys = [
        (*key, *parts[start : start + count].tolist())
        for key, (start, count) in zip(listed(columns, first), spans, strict=True)
    ]
    return keys, places


def _purposes(profiles: Profiles, terms: Iterable[int]) -> tuple[tuple[str, ...], ...]:
    """The purposes of each refusal, none for one of every purpose."""
    named = {profiles.terms(number).purposes for number in terms}
    return tuple(sorted(tuple(purpose.value for purpose in purposes) for purposes in named))


def _stored(connection: Connection, texts: Mapping[Key, str]) -> dict[Key, int]:
    """The numbers of fact sets that were not met before, storing those that are new."""
    digests = {text: sha256(text.encode()).digest() for text in texts.values()}
    table = schema.fact_set
    known = lookup(connection, table.c.digest, table.c.id, digests.values())
    new = [(text, digest) for text, digest in digests.items() if digest not in known]
    first = next_id(connection, table) if new else 0
    rows = [(first + place, digest, text) for place, (text, digest) in enumerate(new)]
    bulk(connection, table, ("id", "digest", "facts"), rows)
    known.update({digest: number for number, digest, _ in rows})
    return {key: known[digests[text]] for key, text in texts.items()}


def _known(value: int) -> int | None:
    return None if value == UNKNOWN else value


@lru_cache(_REMEMBERED)
def _in_order(record: str) -> str:
    """By what records stand in the order in which they have always been written."""
    return json.dumps(json.loads(record), sort_keys=True)


def _object(facts: Mapping[str, Any], **parts: str) -> str:
    """JSON of what is known, followed by parts that are JSON already. An age of 0 is known."""
    known = {name: value for name, value in facts.items() if value is not None and value is not False}
    told = "".join(f',"{name}":{text}' for name, text in parts.items() if text)
    return f"{_json(known)[:-1]}{told}}}"


def _array(texts: Iterable[str]) -> str:
    """A list of what is JSON already; nothing where it is empty."""
    joined = ",".join(texts)
    return f"[{joined}]" if joined else ""


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
