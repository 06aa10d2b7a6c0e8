"""A fact set that is read part by part is what the whole of its JSON says."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from provenance.gate.fact_sets import Profiles
from provenance.policy.facts import FactSet, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.summarise import encode
from provenance.vocabulary import LawfulBasis

records = st.fixed_dictionaries(
    {"terms": st.just(3), "status": st.integers(0, 8)},
    optional={"evidence": st.integers(0, 10), "refusals": st.lists(st.just(["MODEL_TRAINING"]), max_size=2)},
)
persons = st.fixed_dictionaries(
    {"person": st.just(2)},
    optional={"age": st.integers(0, 18), "records": st.lists(records, min_size=1, max_size=3)},
)
fact_sets = st.fixed_dictionaries(
    {"item": st.just(1)},
    optional={"licence_ended": st.just(value=True), "people": st.lists(persons, min_size=1, max_size=3)},
)
separators = st.sampled_from([(",", ":"), (", ", ": ")])


class Known(Profiles):
    """Profiles of an image, a person and a record without a ledger."""

    def __init__(self) -> None:
        super().__init__(None)

    def _text(self, kind: str, number: int) -> str:
        record = RecordFacts(basis=LawfulBasis.EXPLICIT_CONSENT)
        return encode({"item": ItemFacts(source_recorded=True), "person": PersonFacts(), "record": record}[kind])


def come_to(facts: dict) -> FactSet:
    """By the decoders of the parts, each asked for what JSON says is there."""
    known = Known()
    people = tuple(known._person(person) for person in facts.get("people", ()))
    return FactSet(known._item({name: value for name, value in facts.items() if name != "people"}), people)


def turned(facts: object) -> object:
    """The same, with the names of every object in the other order."""
    if isinstance(facts, dict):
        return {name: turned(value) for name, value in reversed(facts.items())}
    return [turned(one) for one in facts] if isinstance(facts, list) else facts


@given(fact_sets, separators, st.booleans())
def test_the_parts_are_those_of_the_whole(facts, separators, other):
    """As they are written, and as any other writer of JSON may have written them."""
    text = json.dumps(turned(facts) if other else facts, separators=separators)
    assert Known().fact_set(text) == come_to(facts)
