"""What a cell of a column that is no field of ours says of what is permitted: states, remarks, answers."""

from __future__ import annotations

import itertools
import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import RowErrors
from provenance.placeholders import folded
from provenance.records import read_manifest
from provenance.records.columns.answers import answers_no, is_state, speaks_of_refusal
from provenance.signals.columns import is_signal
from provenance.tables import parted

DATA = tomllib.loads(files("provenance.records.columns").joinpath("answers.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "word",
    ["Withdrawn", "WITHDRAWN", "revoked", "Opted out", "opt-out", "Do not use", "consent denied", "expired", "retiré",
     "Widerrufen", "abgelaufen", "nicht freigegeben", "revocado", "sin consentimiento", "revogado", "não autorizado"],
)  # fmt: skip
def test_states_that_restrict(word: str) -> None:
    assert is_state(word)


@pytest.mark.parametrize(
    "word", ["success", "failed_to_download", "PRESENT", "research", "train", "good", "done", "draw", "1"]
)
def test_states_that_say_nothing(word: str) -> None:
    assert not is_state(word)


REFUSALS = [
    "only until Dec 2027", "For Acme only", "Only for the spring campaign", "website only", "internal use only!",
    "Removal requested by the mother", "subject asked to blur her face", "please crop or blur the child",
    "approved (pending legal)", "Approved, pending legal review", "waiting for the model release",
    "need consent of parents",
    "revoked by phone", "consent (form 7) was later withdrawn", "licence lapsed", "no longer to be used",
    "must never be published",
    "no signed release", "license ran out in May", "valid for one year", "1 year only", "12 months from signing",
    "client asked us to pull this one", "see contract 17", "destroy in 2027", "valid till further notice",
    "nur bis Ende 2027 verwenden", "nur für den Katalog", "Einwilligung am 3.5. zurückgezogen", "bis auf Weiteres",
    "darf nicht mehr genutzt werden", "bitte verpixeln", "Freigabe steht noch aus, Einwilligung fehlt",
    "uniquement pour le site", "ne plus utiliser", "accord en attente", "autorisation retirée par téléphone",
    "à supprimer en 2027",
    "solo para uso interno", "ya no se puede publicar", "falta el consentimiento", "retirar en 2027",
    "apenas para o catálogo", "já não pode publicar", "aguardando; falta a autorização",
]  # fmt: skip
HARMLESS = [
    "taken at noon, light rain", "Schönes Licht am Morgen", "prise au lever du soleil",
    "troops withdrawn from the city",
    "the only tree in the valley", "open daily until six", "used a tripod", "we did not use flash", "2 bis 4 Vögel",
    "bis zum Horizont", "a contract killer in a film poster", "removed the lens cap", "no people in sight",
    "1950 until 1980",
    "no signature visible on the painting", "ends at the river", "please note the tower on the left",
    "missing corner", "remark: needs more light", "expected rain", "press the button", "reviewed by two people",
    "legal size paper", "Rechte Seite", "pas de nuages",
    "licence plate removed before scanning the wall", "shot in 2027 after the fire",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSALS)
def test_remarks_that_limit(text: str) -> None:
    assert speaks_of_refusal(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_remarks_that_limit_nothing(text: str) -> None:
    assert not speaks_of_refusal(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("OK for AI?", "nein"), ("commercial_use", "no"), ("commercial", False), ("Use", "internal"),
     ("third parties", "on request"), ("sign-off", "not yet"), ("in_scope", 0), ("include", "no"),
     ("kann verwendet werden", "nein"),
     ("peut être utilisée", "non"), ("se puede publicar", "no"), ("pode usar", "não"), ("AI", "?"), ("public",
     "unknown"),
     ("usable for training", "only the background"), ("skip", True), ("archived", "yes"), ("tdm-reservation", 1),
     ("hold", "x"),
     ("non-commercial", "true"), ("visibility", "private"), ("subject ok", "no"), ("can be sold", False),
     ("ok_to_train", "false"),
     ("may publish?", "ask Maria"), ("rights cleared", "partly"), ("usage class", "B - restricted"),
     ("clearance status", "in progress"), ("externe Nutzung", "nein"), ("diffusion", "restreinte"), ("audience",
     "staff")],
)  # fmt: skip
def test_a_question_with_an_answer_that_grants_nothing(name: str, value: object) -> None:
    assert answers_no(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("commercial_use", "yes"), ("AI", True), ("use", "landscape"), ("public", "n/a"), ("public", ""), ("include", 1),
     ("skip", "no"),
     ("archived", False), ("visibility", "12 km"), ("train", 0), ("ai_score", 0), ("web_width", 0), ("use_count", 0),
     ("occluded", "no"),
     ("watermark", False), ("indoor", 0), ("is_valid", "true"), ("active_learning_round", 0), ("training_loss", 0.0),
     ("print", "no"),
     ("shares", 0), ("can_count", 0), ("ok_ratio", 0.0), ("can", "no"), ("use", 12), ("published", "2019")],
)  # fmt: skip
def test_what_is_no_question_or_is_granted(name: str, value: object) -> None:
    assert not answers_no(name, value)


@given(
    words=st.lists(st.sampled_from(sorted(parted(DATA["questions"]))), min_size=1, max_size=2),
    small=st.lists(st.sampled_from(sorted(parted(DATA["small"]))), max_size=3),
    denial=st.sampled_from(sorted(parted(DATA["refusing"]) | {"no", "nein", "non", "não"})),
    join=st.sampled_from(["_", " ", "-"]),
    data=st.data(),
)
def test_whatever_words_make_up_the_question(
    words: list[str], small: list[str], denial: str, join: str, data: st.DataObject
) -> None:
    name = join.join(data.draw(st.permutations([*words, *small]))).replace(" ", join)
    assert answers_no(name, denial.upper())
    assert not answers_no(name, "yes")


@given(
    question=st.sampled_from(["rights", "usage", "Rechte", "droits", "derechos", "direitos"]),
    grant=st.sampled_from(sorted(parted(DATA["granting"]))),
    denial=st.sampled_from(["", "only in print", "no resale", "restricted", "nur intern"]),
)
def test_a_grant_that_begins_with_no_denies_nothing_and_hides_no_denial(question: str, grant: str, denial: str) -> None:
    assert answers_no(question, f"{grant.capitalize()}; {denial}") is bool(denial)


@given(pair=st.sampled_from(DATA["pairs"]), data=st.data(), filler=st.lists(st.just("zzz"), max_size=3))
def test_words_near_one_another_in_whatever_sentence(
    pair: dict[str, Any], data: st.DataObject, filler: list[str]
) -> None:
    one = data.draw(st.sampled_from(sorted(parted(pair["one"]))))
    other = data.draw(st.sampled_from(sorted(parted(pair["other"])))).replace("YEAR", "2031")
    order = [one, other] if pair.get("forwards") else data.draw(st.permutations([one, other]))
    between = filler[: pair["between"]]
    assert speaks_of_refusal(" ".join(["Zzz", order[0], *between, order[1], "zzz."]))


def test_every_phrase_is_written_as_it_is_compared() -> None:
    lists = [value for value in DATA.values() if isinstance(value, str)]
    lists += itertools.chain.from_iterable((one["one"], one["other"]) for one in DATA["pairs"])
    assert [phrase for text in lists for phrase in parted(text) if folded(phrase) != phrase and phrase != "YEAR"] == []


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [("commercial_use", "no", "asks whether"), ("AI?", False, "asks whether"), ("notes", "only until 2027",
     "withdrawn, refused"),
     ("Bemerkung", "nur für den Katalog", "withdrawn, refused"), ("rights", {"third_parties": "no"}, "asks whether"),
     ("person_count", "three", "is no number"), ("persons visible", "several", "is no number")],
)  # fmt: skip
def test_such_a_cell_is_an_error_that_names_the_ways_out(tmp_path: Path, column: str, value: object, word: str) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps({"file_name": "a.jpg", column: value}) + "\n")
    with pytest.raises(RowErrors) as caught:
        read_manifest(path, is_read=is_signal)
    told = str(caught.value)
    assert word in told
    assert "map it or leave it out by name (--columns), or rename it" in told
    assert f"m.jsonl:1: {column}" in told


@pytest.mark.parametrize(
    ("column", "value"),
    [("commercial_use", "yes"), ("notes", "taken at noon"), ("person_count", "3"), ("person_count", "3.0"), ("faces",
     "[[1, 2, 3, 4]]"),
     ("occluded", "no"), ("train", 0), ("caption", "Only until Dec 2027 at the museum")],
)  # fmt: skip
def test_what_says_nothing_of_it_is_kept(tmp_path: Path, column: str, value: object) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps({"file_name": "a.jpg", column: value}) + "\n")
    (row,) = read_manifest(path, is_read=is_signal).iterate()
    assert row.extra.get(column, row.caption) == value
