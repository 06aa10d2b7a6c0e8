"""Reading the gate context: what the dataset is for (exchange formats, section 3). Flags win over the file."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from provenance.errors import ContextError
from provenance.model import Assessment, Context, FaceTemplates
from provenance.records.configuration import is_option
from provenance.records.faults import nearest
from provenance.records.forms import ContextForm, checking, faults_of
from provenance.records.rows import text_problem, too_deep, unique_keys
from provenance.vocabulary import Purpose

MAX_BYTES: Final = 1 << 20
"""1 MiB: a longer context file is refused."""


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
    as_of: datetime | None = None
    strict: bool | None = None
    vouched_by: str | None = None


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
        values = {key: value for key, value in values.items() if not is_option(key)}
    return ContextFile(path=file, **_checked(values, str(file), tuple(jurisdictions)))


def context_from(
    file: ContextFile | None,
    *,
    now: datetime,
    jurisdictions: Iterable[str] = (),
    **flags: object,
) -> Context:
    """The gate's context: flags first, then the file, then `now` for a clock that neither sets.

    Where no file says anything, that no face is measured is assumed, and marked so.

    `flags` are the fields of `ContextFile` as enums, texts or plain JSON values; None stands for a flag not given.
    Raises ContextError for an invalid one.

    >>> from datetime import UTC
    >>> context_from(None, now=datetime(2026, 11, 22, tzinfo=UTC), purpose="MODEL_TRAINING", strict=True).strict
    True
    """
    face_templates = flags.pop("face_templates", None)
    given = {name: _plain(value) for name, value in flags.items() if value is not None}
    if isinstance(face_templates, Mapping):
        given["face_templates"] = face_templates
    checked = _checked(given, "flags", tuple(jurisdictions))
    if isinstance(face_templates, FaceTemplates):
        checked["face_templates"] = face_templates
    fields = {} if file is None else {name: getattr(file, name) for name in ContextForm.model_fields}
    merged = {name: value for name, value in (fields | checked).items() if value is not None}
    if all(value is None for value in fields.values()):
        # Flags cannot speak of faces: it is judged as if none were measured, and every verdict says so (code 58).
        merged.setdefault("face_templates", FaceTemplates(derived=False, assumed=True))
    return Context(**({"as_of": now} | merged), clock_given="as_of" in merged)


def _values(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ContextError(f"{file} is longer than {MAX_BYTES} bytes", remedy="name a context file")
        text = data.decode("utf-8-sig")
        if file.suffix.lower() == ".toml":
            values = tomllib.loads(text)
        elif file.suffix.lower() == ".json":
            values = json.loads(text, object_pairs_hook=unique_keys)
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
        return ContextForm.model_validate(values, context=checking(jurisdictions)).given()
    except ValidationError as error:
        lines = []
        for name, value, problem, among in faults_of(error, ContextForm):
            like = nearest(value, among)
            hint = f" (did you mean {like}?)" if like else ""
            lines.append(f"{place}: {name}: {problem}: {value}{hint}")
        raise ContextError(lines, remedy="correct it and run again") from error
