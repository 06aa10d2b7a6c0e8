"""Every word of the vocabulary has a sentence, and stands where the sentence's enum says that it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from provenance.meanings import ENUMS, about, enums_named, fields_of, meaning
from provenance.records.schemas import KINDS, schema_of
from provenance.tables import table
from provenance.vocabulary import Decision, Term


def values_of_fields(schema: Any) -> Iterator[tuple[str, set[str]]]:
    """Every field of a schema that takes words, with those words."""
    if isinstance(schema, dict):
        for name, field in schema.get("properties", {}).items():
            yield name, set(re.findall(r"[A-Z][A-Z_]+", str([*found(field, "enum")])))
        for part in schema.values():
            yield from values_of_fields(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from values_of_fields(part)


def found(schema: Any, key: str) -> Iterator[Any]:
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict) and key in schema:
        yield schema[key]
    for part in parts:
        yield from found(part, key)


def test_every_enum_of_the_vocabulary_is_told() -> None:
    assert set(ENUMS) == set(Term.__subclasses__())
    assert table("provenance", "meanings.toml").keys() == {kind.__name__ for kind in ENUMS}


@pytest.mark.parametrize("kind", ENUMS)
def test_every_word_has_one_short_sentence_and_no_other_word_has_one(kind: type[Term]) -> None:
    told = table("provenance", "meanings.toml")[kind.__name__]
    assert list(told) == ["about", "fields", *(term.value for term in kind)]
    for text in (about(kind), *map(meaning, kind)):
        assert 5 < len(text) < 130
        assert text.endswith(".")
        assert text[0].isupper()


@pytest.mark.parametrize("kind", [kind for kind in ENUMS if kind is not Decision])
def test_the_fields_take_these_words(kind: type[Term]) -> None:
    words = {term.value for term in kind}
    taken: dict[str, set[str]] = {}
    for form in KINDS:
        for name, values in values_of_fields(schema_of(form)):
            taken.setdefault(name, set()).update(values)
    for name in fields_of(kind):
        if name != "given_by":  # the column of the flat form, whose field is `role`
            assert words <= taken[name], name
        assert kind in enums_named(name)


def test_an_enum_is_found_by_any_spelling_of_its_name() -> None:
    for name in ("AccessState", "access_state", "access-state", "ACCESSSTATE"):
        assert [kind.__name__ for kind in enums_named(name)] == ["AccessState"]
    assert enums_named("access") == ()
