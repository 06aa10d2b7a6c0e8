"""What is wrong with an object of a file, said of our fields instead of in pydantic's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provenance.records.faults import shown, unshown
from provenance.records.forms import (
    DEATH,
    FLAG,
    AnonymisationForm,
    AssessmentForm,
    DeathForm,
    DeclarationForm,
    DeterminationForm,
    EstimatedAgeForm,
    EventForm,
    EvidenceForm,
    FaceTemplatesForm,
    GivenByForm,
    PersonForm,
    SynthesisForm,
    TrainingLicenceForm,
)
from provenance.records.values import fields as f

_NESTED: Final[Mapping[str, type[f.Form]]] = {
    "persons": PersonForm,
    "estimated_age": EstimatedAgeForm,
    "anonymisation": AnonymisationForm,
    "deceased": DeathForm,
    "persons_determined_by": DeterminationForm,
    "synthetic": SynthesisForm,
    "training_licence": TrainingLicenceForm,
    "evidence": EvidenceForm,
    "given_by": GivenByForm,
    "events": EventForm,
    "face_templates": FaceTemplatesForm,
    "declarations": DeclarationForm,
    "assessment": AssessmentForm,
}

_WORDS: Final[Mapping[str, str]] = {
    "missing": "it must not be absent",
    "extra_forbidden": "there is no such field",
    "model_type": "it must be an object",
    "dict_type": "it must be an object",
    "tuple_type": "it must be a list",
    "too_long": "it has too many entries",
    "string_type": "it must be a text",
    "bool_type": "it must be true or false",
    "bool_parsing": "it must be true or false",
}
"""What pydantic's own error types mean for the reader of a manifest."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of one object: the field, the value as it may be shown, what is wrong, and the valid values.

    `wide` are those of the valid values that must not be proposed.
    """

    field: str
    value: str
    problem: str
    among: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()


def problems_of(error: ValidationError, form: type[f.Form]) -> list[Problem]:
    """Every fault that pydantic found in one object.

    >>> from provenance.records.forms import RecordForm
    >>> try:
    ...     RecordForm.model_validate({"record_id": "R-1", "person": "p1", "basis": "CONCENT"})
    ... except ValidationError as found:
    ...     [(one.field, one.value, one.problem) for one in problems_of(found, RecordForm)]
    [('basis', 'CONCENT', 'it is no LawfulBasis or NonBasis')]
    """
    return [_problem(one, form) for one in error.errors(include_url=False)]


def _problem(error: ErrorDetails, form: type[f.Form]) -> Problem:
    context = error.get("ctx") or {}
    place = tuple(part for part in error["loc"] if part not in _NO_PLACE)
    value = shown(error["input"])
    if error["type"] in _WORDS and isinstance(error["input"], str):
        value = unshown(error["input"])  # a list of names, say, in place of a list of persons
    if "at" in context:
        place = (context["at"],)
        value = shown((error["input"] or {}).get(context["at"]) if isinstance(error["input"], dict) else "")
    if context.get("hide"):
        value = unshown(str(error["input"]))
    problem = context.get("problem") or _WORDS.get(error["type"], error["msg"])
    among = tuple(context.get("among", ()))
    if error["type"] == "extra_forbidden":
        named = [part for part in place[:-1] if isinstance(part, str) and part in _NESTED]
        among = tuple((_NESTED[named[-1]] if named else form).model_fields)
        value = str(place[-1])
    elif error["type"] == "missing":
        value = ""
    return Problem(_dotted(place), value, problem, among, tuple(context.get("wide", ())))


def _dotted(place: tuple[int | str, ...]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{shown(part)}" if text else shown(part)
    return text


_NO_PLACE: Final = ("[key]", DEATH, FLAG)
"""Parts of pydantic's places that no file has."""
