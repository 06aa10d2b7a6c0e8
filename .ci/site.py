"""What the documentation site makes of our sources: fences that mkdocs knows, sessions in docstrings, JSON Schemas."""

from __future__ import annotations

import json
import re
from typing import Any

import griffe
from mkdocs.structure.files import File, Files

from provenance.policy import waivers
from provenance.records.schemas import KINDS, schema_of

_FENCE = re.compile(r"^(```\w+) \w+$", re.MULTILINE)
_DOCTEST = re.compile(r"(?:^|(?<=\n\n))(>>> .*?)(?=\n\n|\Z)", re.DOTALL)
_SCHEMAS = re.compile(r"<!-- schemas -->\n.*?<!-- end -->", re.DOTALL)
_MADE = {name: schema_of(name) for name in KINDS} | {"waivers": waivers.json_schema()}


def on_files(files: Files, config: Any) -> Files:
    """Every schema as a file of the site, `schemas/KIND.schema.json`."""
    for name, schema in _MADE.items():
        files.append(File.generated(config, _place(name), content=json.dumps(schema, indent=2)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Blocks whose second word tells the tests how they are read (`jsonl manifest`), as the site shows them."""
    sections = (
        f"## {name}\n\n{schema['description']} [{name}.schema.json]({_place(name)})\n\n"
        f"```json\n{json.dumps(schema, indent=2)}\n```\n"
        for name, schema in _MADE.items()
    )
    return _FENCE.sub(r"\1", _SCHEMAS.sub(lambda _: "\n".join(sections), markdown))


def _place(name: str) -> str:
    return f"schemas/{name}.schema.json"


class LinesOfUse(griffe.Extension):
    """Shows the lines of use in docstrings as sessions, and not as quotations of quotations."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Put fences around every doctest of one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = _DOCTEST.sub(_session, obj.docstring.value)


def _session(found: re.Match[str]) -> str:
    lines = re.sub(r"  # doctest: .*$", "", found[1], flags=re.MULTILINE)
    return f"```pycon\n{lines}\n```"
