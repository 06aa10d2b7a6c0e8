"""The figure of agreement against the examples of the paper that it follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.gate.agreement import agreement, krippendorff_alpha
from provenance.model import ApparentAge, Look
from provenance.vocabulary import PersonsStatus

# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): the examples of sections A and C.
TWO_OBSERVERS = list(zip("0100000010", "1110010000", strict=True))
FOUR_OBSERVERS = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]


def test_two_observers_of_two_values() -> None:
    assert krippendorff_alpha(TWO_OBSERVERS) == pytest.approx(0.095, abs=5e-4)


def test_four_observers_some_of_whom_said_nothing() -> None:
    units = [[row[place] for row in FOUR_OBSERVERS if row[place] != "."] for place in range(12)]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=4), min_size=1))
def test_it_is_one_only_where_all_agree_and_never_above(units: list[list[str]]) -> None:
    alpha = krippendorff_alpha(units)
    agree = all(len(set(unit)) == 1 for unit in units)
    if len({value for unit in units for value in unit}) == 1:
        assert alpha is None
    else:
        assert alpha is not None
        assert (alpha == pytest.approx(1.0)) == agree
        assert alpha <= 1 + 1e-12


def test_one_person_s_two_looks_are_no_agreement_and_their_last_word_counts() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)

    def look(by: str, status: PersonsStatus, hour: int, age: ApparentAge | None = None) -> Look:
        return Look(b"", by, at + timedelta(hours=hour), status, age=age)

    nobody, somebody = PersonsStatus.NONE, PersonsStatus.PRESENT
    alone = agreement([[look("A", nobody, 0), look("a", somebody, 1)]])
    assert (alone.pictures, alone.alpha) == (0, None)
    assert alone.sentence == "no picture was looked at by two people yet"
    changed = agreement([[look("A", nobody, 0), look("B", somebody, 1), look("A", somebody, 2)]])
    assert (changed.pictures, changed.alike) == (1, 1)
    older = agreement([[look("A", somebody, 0, ApparentAge.MINOR), look("B", somebody, 1)]])
    assert (older.pictures, older.alike) == (1, 0)
