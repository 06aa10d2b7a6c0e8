"""The gate context from TOML, JSON and pyproject.toml, and flags that win over it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import ContextError, UsageError
from provenance.model import Assessment, Context, Declaration, FaceTemplates
from provenance.records.context import ContextFile, context_from, read_context
from provenance.vocabulary import Purpose

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOML = """
purpose = "MODEL_TRAINING"
controller_established_in = ["CA-QC"]
offered_in = ["EU", "EU-FR"]
recipients = ["ACME"]
retain_until = 2030-01-01
vouched_by = "D. Roy"
strict = true
[assessment]
id = "DPIA-3"
approver = "C. Morin"
approved_at = 2026-02-01T00:00:00Z
review_by = 2027-02-01
[face_templates]
derived = true
identify = false
[face_templates.declarations.CA-QC]
id = "CAI-7"
disclosed_on = 2026-01-01
service_on = "2026-04-01"
"""
WANTED: dict[str, Any] = {
    "purpose": Purpose.MODEL_TRAINING,
    "controller_established_in": ("CA-QC",),
    "offered_in": ("EU", "EU-FR"),
    "recipients": ("ACME",),
    "face_templates": FaceTemplates(True, False, {"CA-QC": Declaration("CAI-7", date(2026, 1, 1), date(2026, 4, 1))}),
    "assessment": Assessment("DPIA-3", "C. Morin", datetime(2026, 2, 1, tzinfo=UTC), date(2027, 2, 1)),
    "retain_until": datetime(2030, 1, 1, tzinfo=UTC),
    "vouched_by": "D. Roy",
    "strict": True,
}


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_toml_json_and_pyproject_agree(tmp_path: Path) -> None:
    plain = {
        "purpose": "MODEL_TRAINING", "controller_established_in": ["CA-QC"], "offered_in": ["EU", "EU-FR"],
        "recipients": ["ACME"], "strict": True, "retain_until": "2030-01-01", "vouched_by": "D. Roy",
        "assessment": {"id": "DPIA-3", "approver": "C. Morin", "approved_at": "2026-02-01T00:00:00Z",
                       "review_by": "2027-02-01"},
        "face_templates": {"derived": True, "identify": False, "declarations": {
            "CA-QC": {"id": "CAI-7", "disclosed_on": "2026-01-01", "service_on": "2026-04-01"}}},
    }  # fmt: skip
    nested = TOML.replace("[face_templates", "[tool.provenance.face_templates")
    nested = nested.replace("[assessment", "[tool.provenance.assessment")
    files = [
        write(tmp_path / "context.toml", TOML),
        write(tmp_path / "context.json", json.dumps(plain)),
        write(tmp_path / "pyproject.toml", "[project]\nname = 'x'\n[tool.provenance]\n" + nested),
    ]
    for file in files:
        assert read_context(file) == ContextFile(file, **WANTED)
        assert context_from(read_context(file), now=NOW) == Context(**WANTED, as_of=NOW)


def test_nothing_given_means_nothing_assumed_but_that_no_face_is_measured(tmp_path: Path) -> None:
    context = context_from(None, now=NOW)
    # Flags cannot speak of faces; that it is an assumption is marked, and every verdict says so.
    assert context == Context(as_of=NOW, face_templates=FaceTemplates(derived=False, assumed=True))
    assert context.purpose is None
    silent = read_context(write(tmp_path / "said.toml", 'purpose = "MODEL_TRAINING"'))
    assert context_from(silent, now=NOW).face_templates == FaceTemplates()
    assert read_context(write(tmp_path / "c.toml", "")) == ContextFile(tmp_path / "c.toml")
    assert read_context(write(tmp_path / "pyproject.toml", "[tool.ruff]\n")) == ContextFile(tmp_path / "pyproject.toml")


def test_a_flag_wins_and_an_absent_flag_does_not(tmp_path: Path) -> None:
    file = read_context(write(tmp_path / "c.toml", TOML))
    context = context_from(
        file,
        now=NOW,
        purpose="SCIENTIFIC_RESEARCH",
        strict=False,
        offered_in=("GB",),
        as_of="2027-01-01T00:00:00Z",
        recipients=None,
    )
    assert context.purpose is Purpose.SCIENTIFIC_RESEARCH
    assert context.strict is False
    assert context.offered_in == ("GB",)
    assert context.as_of == datetime(2027, 1, 1, tzinfo=UTC)
    assert context.recipients == ("ACME",)
    assert context.controller_established_in == ("CA-QC",)
    templates = FaceTemplates(derived=False)
    assert context_from(file, now=NOW, face_templates=templates).face_templates is templates
    assert context_from(None, now=NOW, purpose=Purpose.AGE_VERIFICATION).purpose is Purpose.AGE_VERIFICATION
    assert context_from(None, now=NOW, as_of=NOW).as_of == NOW


def test_flags_win_over_another_context_too() -> None:
    one = context_from(None, now=NOW, purpose="MODEL_TRAINING")
    assert context_from(one, now=NOW + timedelta(days=1)) == one
    strict = context_from(one, now=NOW + timedelta(days=1), strict=True)
    assert strict == replace(one, strict=True)
    later = context_from(one, now=NOW, as_of="2027-01-01T00:00:00Z")
    assert (later.as_of, later.clock_given) == (datetime(2027, 1, 1, tzinfo=UTC), True)


@pytest.mark.parametrize("name", ["as_of", "As-Of", "asOf"])
@pytest.mark.parametrize("file", ["c.toml", "c.json", "pyproject.toml"])
def test_no_file_sets_the_clock(tmp_path: Path, name: str, file: str) -> None:
    """A file that came with a dataset would otherwise turn the clock back to before a withdrawal."""
    time = "2026-11-22T12:00:00Z"
    text = json.dumps({name: time}) if file == "c.json" else f'"{name}" = {time}\n'
    with pytest.raises(ContextError, match="--as-of"):
        read_context(write(tmp_path / file, f"[tool.provenance]\n{text}" if file == "pyproject.toml" else text))


def test_the_surroundings_do_not_set_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AS_OF", "PROVENANCE_AS_OF", "PROVENANCE_GATE_AS_OF", "SOURCE_DATE_EPOCH"):
        monkeypatch.setenv(name, "2001-01-01T00:00:00Z")
    assert context_from(None, now=NOW).as_of == NOW


def test_what_is_not_said_of_faces_is_unknown(tmp_path: Path) -> None:
    def templates(text: str) -> FaceTemplates:
        return context_from(read_context(write(tmp_path / "c.toml", text)), now=NOW).face_templates

    assert templates("strict = true") == FaceTemplates(derived=None, identify=None)
    assert templates('face_templates = "n/a"') == FaceTemplates(derived=None, identify=None)
    assert templates("") == FaceTemplates(derived=False, identify=None, assumed=True)
    assert templates('face_templates.derived = "n/a"').derived is None
    assert templates("face_templates.derived = false").derived is False


@pytest.mark.parametrize("nobody", ["auto", "gpt-5", "n/a", "\u200b", "yes", "admin"])
def test_nobody_vouches_and_nobody_approves(tmp_path: Path, nobody: str) -> None:
    text = json.dumps({"vouched_by": nobody, "assessment": {"id": "D-1", "approver": nobody}})
    context = context_from(read_context(write(tmp_path / "c.json", text)), now=NOW)
    assert (context.vouched_by, context.assessment) == (None, Assessment("D-1"))


def test_codes_of_packs_of_the_users_own(tmp_path: Path) -> None:
    path = write(tmp_path / "c.toml", 'offered_in = ["MARS"]')
    assert read_context(path, jurisdictions=["MARS"]).offered_in == ("MARS",)
    with pytest.raises(ContextError):
        read_context(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('purpose = "MODEL_TRANING"', ["purpose", "MODEL_TRANING", "did you mean MODEL_TRAINING?"]),
        ('purpos = "MODEL_TRAINING"', ["purpos", "did you mean purpose?"]),
        ("strict = 1", ["strict", "true or false"]),
        ('strict = "perhaps"', ["strict", "true or false"]),
        ('offered_in = "EU"', ["offered_in", "must be a list"]),
        ('offered_in = ["EU-XX"]', ["offered_in[0]", "EU-XX", "no known jurisdiction"]),
        ('purpose = "n/a"\nretain_until = "unknown"', ["retain_until", "unknown"]),
        ("face_templates = true", ["face_templates", "must be an object"]),
        ('face_templates = {derived = "perhaps"}', ["face_templates.derived"]),
        ("face_templates = {identifys = true}", ["face_templates.identifys", "did you mean identify?"]),
        ('face_templates.declarations = {CA-QU = {id = "x"}}', ["CA-QU", "valid: CA-AB, CA-BC"]),
        ('face_templates.declarations.CA-QC = {disclosed_on = "May"}', ["disclosed_on", "May", "date"]),
        ("purpose = ", ["not sound"]),
        ('purpose = "A"\npurpose = "B"', ["not sound"]),
    ],
)
def test_each_fault_names_file_field_value_and_nearest(tmp_path: Path, text: str, says: list[str]) -> None:
    path = write(tmp_path / "c.toml", text)
    with pytest.raises(ContextError) as caught:
        read_context(path)
    assert isinstance(caught.value, UsageError)
    assert [word for word in (str(path), *says) if word not in str(caught.value)] == []


def test_all_faults_come_together(tmp_path: Path) -> None:
    with pytest.raises(ContextError) as caught:
        read_context(write(tmp_path / "c.toml", 'purpose = "BEAUTY"\nstrict = 1\noffered_in = ["Y"]\n'))
    assert [name for name in ("purpose", "strict", "offered_in[0]") if name not in str(caught.value)] == []


@pytest.mark.parametrize(
    "flags", [{"purpose": "TRAINING"}, {"offered_in": ("XQX",)}, {"as_of": "2026-01-01T00:00:00"}, {"fail_on": "block"},
              {"as_of": datetime(2026, 1, 1)}]  # noqa: DTZ001 - a time without offset is what is tried
)  # fmt: skip
def test_a_wrong_flag_is_a_fault(flags: dict[str, Any]) -> None:
    with pytest.raises(ContextError, match=next(iter(flags))):
        context_from(None, now=NOW, **flags)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", "[]"), ("c.json", "{"), ("c.json", '{"purpose": "X", "purpose": "Y"}'),
        ("c.json", '{"strict": NaN}'),
        ("c.json", "[" * 100_000), ("c.toml", "x = " + "[" * 100_000), ("c.yaml", "purpose: X"),
        ("c.toml", "#" * (1 << 21)),
        ("pyproject.toml", "tool = 1\n[x]\ny = ["), ("pyproject.toml", "[tool]\nprovenance = 7"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_context_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ContextError):
        read_context(write(tmp_path / name, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match="cannot be read"):
        read_context(tmp_path / "gone.toml")
