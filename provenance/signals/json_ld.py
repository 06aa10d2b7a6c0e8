"""JSON-LD metadata as XMP properties, so that one reader serves both (CAWG Metadata Assertion 1.1, schema.org).

>>> [(p.name, p.value.text) for p in json_properties({"dc:rights": "ACME"})]
[('rights', 'ACME')]
>>> [p.value.text for p in json_properties({"license": {"@type": "CreativeWork", "url": "https://example.org/terms"}})]
['https://example.org/terms']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from provenance.carriers.xmp import Property, Value
from provenance.signals.fields import table

_SCHEMA: Final = "https://schema.org/"
_SCHEMA_FORMS: Final = frozenset({"http://schema.org", "https://schema.org"})
_MAX_DEPTH: Final = 8
_MAX_KEYS: Final = 2_000


def json_properties(data: Mapping[str, Any]) -> tuple[Property, ...]:
    """The properties of a JSON-LD object. A prefix stands for what its `@context` says, else for what is usual.

    Names without a prefix are taken for schema.org's.
    """
    known: dict[str, str] = dict(table("fields.toml")["prefixes"])
    context = data.get("@context")
    for each in context if isinstance(context, list) else (context,):
        if isinstance(each, dict):
            known |= {str(key): value for key, value in each.items() if isinstance(value, str)}
    return tuple(_properties(data, known, 0))


def _properties(data: Mapping[str, Any], known: Mapping[str, str], depth: int) -> Iterator[Property]:
    for index, (key, value) in enumerate(data.items()):
        if index >= _MAX_KEYS or depth > _MAX_DEPTH:
            return
        if key.startswith("@"):
            continue
        prefix, colon, name = key.rpartition(":")
        namespace = known.get(prefix, prefix) if colon else _SCHEMA
        if namespace.rstrip("/") in _SCHEMA_FORMS:
            namespace = _SCHEMA
        yield Property(namespace, name, _value(value, known, depth + 1))


def _value(value: object, known: Mapping[str, str], depth: int) -> Value:
    if depth > _MAX_DEPTH:
        return Value()
    if isinstance(value, list):
        return Value(items=tuple(_value(each, known, depth + 1) for each in value[:_MAX_KEYS]))
    if not isinstance(value, dict):
        return Value("" if value is None else str(value))
    for key in ("@value", "@id"):
        if isinstance(value.get(key), str):
            return Value(value[key])
    for key in ("@list", "@set"):
        if isinstance(value.get(key), list):
            return _value(value[key], known, depth + 1)
    if value and not any(":" in key or key.startswith("@") for key in value) and _are_languages(value):
        return Value(items=tuple(_value(each, known, depth + 1) for each in value.values()))
    return Value(_named(value), fields=tuple(_properties(value, known, depth + 1)))


def _named(value: Mapping[str, Any]) -> str:
    """What an object of schema.org stands for where a text could stand: its address, else its name."""
    return next((value[key] for key in ("url", "name") if isinstance(value.get(key), str)), "")


def _are_languages(value: Mapping[str, Any]) -> bool:
    """Whether the keys of an object are languages (`x-default`, `de`, `en-GB`), its values one text in each."""
    return all(len(key) == 2 or "-" in key for key in value)
