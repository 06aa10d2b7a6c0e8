"""Every example in docs/manifest.md is read as it stands, and its tables of fields are those of the readers.

After a change that is meant, `RENEW_DOCS=1 pytest tests/records/test_docs.py` writes the tables anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provenance.meanings import ENUMS, enums_named
from provenance.records import flat, read_manifest, read_records
from provenance.records.context import read_context
from provenance.records.schemas import KINDS, schema_of

DOCS = Path(__file__).parents[2] / "docs" / "manifest.md"
TEXT = DOCS.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(jsonl|csv|toml) (\w+)\n(.*?)```", TEXT, re.DOTALL)
TABLE = re.compile(r"(?<=<!-- fields: )(\w+) -->\n(.*?)(?=<!-- end -->)", re.DOTALL)
HEAD = "| field | takes | what it is |\n|---|---|---|\n"
FORMATS = {"date-time": "time", "date": "day", "uri": "address"}
TYPES = {
    "boolean": "`true` or `false`", "integer": "whole number", "number": "number", "object": "object", "string": "text",
}  # fmt: skip


def test_there_are_examples_of_each_kind() -> None:
    assert {kind for _, kind, _ in BLOCKS} == {"manifest", "records", "context"}


@pytest.mark.parametrize(("extension", "kind", "text"), BLOCKS)
def test_an_example_is_sound(tmp_path: Path, extension: str, kind: str, text: str) -> None:
    path = tmp_path / f"{kind}.{extension}"
    path.write_text(text, encoding="utf-8")
    if kind == "manifest":
        manifest = read_manifest(path)
        assert manifest.unknown == ()
        assert len(list(manifest.iterate())) == 2
    elif kind == "records":
        records = read_records(path)
        assert len(list(records.iterate())) == 1
    else:
        assert read_context(path).purpose is not None


def takes(name: str, schema: dict[str, Any], forms: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """What a field takes, in words, and the form of the objects in it."""
    kinds = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    told = [what_of(name, kind, forms) for kind in (kinds[0].get("oneOf") or kinds[:1])]
    return " or ".join(words for words, _ in told), next((form for _, form in told if form is not None), None)


def what_of(name: str, kind: dict[str, Any], forms: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    if "$ref" in kind:
        return "object", forms[kind["$ref"].rpartition("/")[2]]
    if "items" in kind:
        words, form = what_of(name, kind["items"], forms)
        return f"list: {words}", form
    if "additionalProperties" in kind:
        words, form = what_of(name, kind["additionalProperties"], forms)
        return f"{words} by jurisdiction", form
    if "enum" in kind:
        return f"`provenance values {name}`", None
    if "oneOf" in kind or ("anyOf" in kind and "type" not in kind):
        return takes(name, kind, forms)
    if "anyOf" in kind:
        return " or ".join(FORMATS[one["format"]] for one in kind["anyOf"]), None
    if "pattern" in kind:
        return "64 hexadecimal digits", None
    if "examples" in kind:
        return "jurisdiction", None
    if isinstance(kind["type"], list):
        return "object or path", None
    return FORMATS.get(kind.get("format", ""), TYPES[kind["type"]]), None


def rows(form: dict[str, Any], forms: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, schema in form["properties"].items():
        words, inner = takes(name, schema, forms)
        must = ", required" if name in form.get("required", ()) else ""
        yield f"| `{prefix}{name}` | {words}{must} | {schema['description']} |\n"
        if inner is not None:
            between = "[]." if words.startswith("list") else ".CODE." if words.endswith("jurisdiction") else "."
            yield from rows(inner, forms, f"{prefix}{name}{between}")


def table_of(kind: str) -> str:
    schema = schema_of(kind)
    return HEAD + "".join(rows(schema, schema.get("$defs", {})))


def test_the_tables_of_fields_are_those_of_the_readers() -> None:
    told = TABLE.sub(lambda match: f"{match[1]} -->\n{table_of(match[1])}", TEXT)
    if os.environ.get("RENEW_DOCS"):
        DOCS.write_text(told, encoding="utf-8")
    assert [kind for kind, _ in TABLE.findall(TEXT)] == [kind for kind in KINDS if kind != "reviews"]
    assert told == TEXT


def test_every_field_with_words_of_its_own_can_be_looked_up() -> None:
    named = set(re.findall(r"`provenance values ([a-z_]+)`", TEXT))
    assert named
    assert {name for name in named if not enums_named(name)} == set()
    assert {kind for kind in ENUMS if not any(kind in enums_named(name) for name in named)} <= set(
        enums_named("decision")
    )


def test_every_column_of_the_flat_form_is_told() -> None:
    told = TEXT.partition("## The flat form")[2].partition("\n## ")[0]
    assert [name for name in sorted(flat.FLAT_COLUMNS) if f"`{name}`" not in told] == []
