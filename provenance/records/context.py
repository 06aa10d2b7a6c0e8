"""Reading the gate context: what the dataset is for (exchange formats, section 3). Flags win over the file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from provenance.errors import ContextError
from provenance.files import open_regular
from provenance.model import Assessment, Context, FaceTemplates
from provenance.records.column_names import folded_name
from provenance.records.columns.column_map import ColumnMaps, column_maps
from provenance.records.configuration import is_option
from provenance.records.faults import nearest
from provenance.records.form_problems import problems_of
from provenance.records.formats.raw import text_problem, too_deep
from provenance.records.forms import ContextForm
from provenance.records.values.checks import Checking
from provenance.records.values.fields import named_as_ours
from provenance.records.values.time_checks import parse_time
from provenance.unique_keys import json_value
from provenance.vocabulary import Purpose

MAX_BYTES: Final = 1 << 20
"""1 MiB: a longer context file is refused."""

_READY: Final = ("face_templates", "assessment")
"""Flags that the library may give as the records that they become."""


@dataclass(frozen=True, slots=True)
class ContextFile:
    """What a context file gives. None stands for what it does not name."""

    path: Path
    purpose: Purpose | None = None
    controller_established_in: tuple[str, ...] | None = None
    offered_in: tuple[str, ...] | None = None
    recipients: tuple[str, ...] | None = None
    face_templates: FaceTemplates | None = None
    assessment: Assessment | None = None
    retain_until: datetime | None = None
    vouched_by: str | None = None
    strict: bool | None = None
    require_signatures: bool | None = None
    columns: ColumnMaps | None = None
    """Maps of the columns of manifests and records, where the file has them."""


def read_context(path: str | os.PathLike[str], *, jurisdictions: Iterable[str] = ()) -> ContextFile:
    """Read a TOML or JSON file, or `[tool.provenance]` of a `pyproject.toml` (which may lack that table).

    Raises ContextError that names the file and every field, value and nearest valid value.

    >>> read_context("context.toml").purpose  # doctest: +SKIP
    <Purpose.MODEL_TRAINING: 'MODEL_TRAINING'>
    """
    file = Path(path)
    values = _values(file)
    if file.name == "pyproject.toml":
        tool = values.get("tool", {})
        values = tool.get("provenance", {}) if isinstance(tool, dict) else {}
        if not isinstance(values, dict):
            raise ContextError(f"{file}: tool.provenance must be a table", remedy="correct it and run again")
        values = {key: value for key, value in values.items() if not is_option(key, value)}
    for name in [name for name in values if folded_name(name) == "asof"]:
        raise ContextError(
            f"{file}: {name}: a file cannot set the clock of a gate",
            remedy="remove it, and give --as-of (or the library's as_of) where the clock is not now",
        )
    maps = [values.pop(name) for name in list(values) if folded_name(name) == "columns"]
    columns = column_maps(maps[0], f"{file}: columns") if maps else None
    given = _checked(values, str(file), tuple(jurisdictions))
    if any(folded_name(name) == "facetemplates" for name in values):
        # Spoken of and not known: nothing may be assumed then.
        given.setdefault("face_templates", FaceTemplates())
    return ContextFile(path=file, columns=columns, **given)


def context_from(
    base: ContextFile | Context | None,
    *,
    now: datetime,
    jurisdictions: Iterable[str] = (),
    **flags: object,
) -> Context:
    """The gate's context: flags first, then a file or another context. The clock is the flag `as_of`, or `now`.

    Where no file says anything, that no face is measured is assumed, and marked so.

    `flags` are the fields of `Context` as enums, texts or plain JSON values; None stands for a flag not given.
    Raises ContextError for an invalid one.

    >>> from datetime import UTC
    >>> context_from(None, now=datetime(2026, 11, 22, tzinfo=UTC), purpose="MODEL_TRAINING", strict=True).strict
    True
    """
    ready = {name: flags.pop(name) for name in _READY if isinstance(flags.get(name), FaceTemplates | Assessment)}
    as_of = _clock(flags.pop("as_of", None))
    given = {name: _plain(value) for name, value in flags.items() if value is not None}
    checked = _checked(given, "flags", tuple(jurisdictions)) | ready
    if isinstance(base, Context):
        return replace(base, **checked, as_of=as_of or base.as_of, clock_given=as_of is not None or base.clock_given)
    fields = {} if base is None else {name: getattr(base, name) for name in ContextForm.model_fields}
    merged = {name: value for name, value in (fields | checked).items() if value is not None}
    if all(value is None for value in fields.values()):
        # Flags cannot speak of faces: it is judged as if none were measured, and every verdict says so (code 58).
        merged.setdefault("face_templates", FaceTemplates(derived=False, assumed=True))
    return Context(as_of=as_of or now, clock_given=as_of is not None, **merged)


def _clock(value: object) -> datetime | None:
    try:
        return parse_time(value)
    except PydanticCustomError as error:
        raise ContextError(f"flags: as_of: {error.message()}: {value}", remedy="correct it and run again") from error


def _values(file: Path) -> dict[str, Any]:
    try:
        with open_regular(file) as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ContextError(f"{file} is longer than {MAX_BYTES} bytes", remedy="name a context file")
        text = data.decode("utf-8-sig")
        if file.suffix.lower() == ".toml":
            values = tomllib.loads(text)
        elif file.suffix.lower() == ".json":
            values = json_value(text)
        else:
            raise ContextError(f"{file} is neither TOML nor JSON", remedy="end its name in .toml or .json")
    except OSError as error:
        raise ContextError(f"{file} cannot be read: {error.strerror or error}", remedy="check the path") from error
    except (ValueError, RecursionError) as error:
        raise ContextError(f"{file} is not sound: {str(error)[:200]}", remedy="correct it and run again") from error
    if not isinstance(values, dict) or too_deep(values) or text_problem(values):
        raise ContextError(f"{file} must hold one object of plain values", remedy="correct it and run again")
    return values


def _plain(value: object) -> object:
    if isinstance(value, tuple | set | frozenset):
        return [str(one) for one in value]
    return str(value) if isinstance(value, Purpose) else value


def _checked(values: Mapping[str, Any], place: str, jurisdictions: tuple[str, ...]) -> dict[str, Any]:
    try:
        checked = ContextForm.model_validate(named_as_ours(dict(values), ContextForm), context=Checking(jurisdictions))
    except ValidationError as error:
        lines = []
        for one in problems_of(error, ContextForm):
            like = nearest(one.value, one.among, one.wide)
            hint = f" (did you mean {like}?)" if like else ""
            valid = f"; valid: {', '.join(one.among)}" if one.among and not like else ""
            lines.append(f"{place}: {one.field}: {one.problem}: {one.value}{hint}{valid}")
        raise ContextError(lines, remedy="correct it and run again") from error
    return checked.given()
