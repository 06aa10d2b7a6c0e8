"""JSON Schemas (draft 2020-12) of the files that people write, made from the forms that read them.

A schema states the canonical way of writing: enums as they are listed, times with an offset. The readers take more (a
CSV cell is text, `purpose` may be written in small letters), and check what no schema can, such as that two rows agree.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from provenance.records.forms import ContextForm, ManifestForm, RecordForm
from provenance.records.reviews import SHOWN, ReviewForm
from provenance.records.values.fields import Form

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

KINDS: Final[dict[str, tuple[type[Form], str]]] = {
    "manifest": (
        ManifestForm,
        "One image of a manifest: a line of JSON Lines, an [[image]] of TOML, a row of Parquet.",
    ),
    "records": (RecordForm, "One basis record: a line of JSON Lines, or a row of Parquet."),
    "context": (ContextForm, "A gate context: a TOML or JSON file, or [tool.provenance] of a pyproject.toml."),
    "reviews": (ReviewForm, "One decided row of what `provenance review export` writes."),
}
"""What is described: the form, and what one object of it is."""

_TOLD: Final = {"type": ["string", "null"], "description": "Tells the reviewer what was found; not read back."}
_COLUMNS: Final = {"type": "object", "description": "How a stranger's columns become ours; docs/columns.md."}


class _Plain(GenerateJsonSchema):
    """Without titles that repeat a name; what may be left out may also be null."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        kinds = inner.get("anyOf", [])
        return inner if {"type": "null"} in kinds else {"anyOf": [inner, {"type": "null"}]}


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file, by its name in `KINDS`.

    >>> schema_of("records")["required"]
    ['record_id', 'person', 'basis']
    """
    form, what = KINDS[kind]
    schema = form.model_json_schema(schema_generator=_Plain)
    told = {"$schema": DIALECT} | schema | {"title": kind, "description": what}
    if kind == "manifest":
        told |= {"additionalProperties": True, "anyOf": [{"required": ["file_name"]}, {"required": ["url"]}]}
    elif kind == "context":
        told["properties"]["columns"] = _COLUMNS
    elif kind == "reviews":
        told["properties"] |= {name: _TOLD for name in SHOWN if name not in told["properties"]}
    return told
