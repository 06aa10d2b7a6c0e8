"""TDMRep: `signals.md` 3.1 row 4 and case (c)10(f)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model import SignalSubject, SignalVerdict
from provenance.signals.web import read_web
from provenance.signals.web.tdmrep import FILE, HEADER, META, read_file, read_reservation

URL = "https://example.org/photos/cats/a.jpg"
DENY, ALLOW = SignalVerdict.DENY, SignalVerdict.ALLOW


def training(signals):
    return {s.verdict for s in signals if s.subject is not SignalSubject.UNREADABLE}


def is_unreadable(signals):
    return any(s.subject is SignalSubject.UNREADABLE for s in signals)


@pytest.mark.parametrize(("value", "verdict"), [("1", DENY), (" 1 ", DENY), ("0", ALLOW)])
@pytest.mark.parametrize("place", [HEADER, META])
def test_header_and_meta_values(value, verdict, place):
    signals = read_reservation(value, place)
    assert training(signals) == {verdict}
    assert {s.subject for s in signals} == {SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER}


@pytest.mark.parametrize("value", ["2", "", "-1", "01", "0x1", "no", "\u0661"])
def test_any_other_value_sets_nothing_and_is_recorded(value):
    signals = read_reservation(value, HEADER)
    assert training(signals) == set()
    assert is_unreadable(signals)


def rules(*entries):
    return json.dumps([{"location": location, "tdm-reservation": value} for location, value in entries])


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([("/", 1)], {DENY}),
        ([("/", 0)], {ALLOW}),
        ([("/", 1), ("/photos/", 0)], {ALLOW}),
        ([("/photos/", 0), ("/", 1)], {ALLOW}),
        ([("/photos/", 0), ("/photos/cats/", 1)], {DENY}),
        ([("/photos/*/a.jpg$", 1), ("/photos/", 0)], {DENY}),
        ([("/music/", 1)], set()),
        ([("photos/", 1)], {DENY}),
        ([("/photos/", 0), ("/photos/", 1)], {ALLOW, DENY}),
        ([("https://example.org/photos/", 1)], {DENY}),
        ([], set()),
    ],
)
def test_the_most_specific_location_of_the_file_wins(entries, expected):
    assert training(read_file(rules(*entries), url=URL)) == expected


def test_decoded_json_is_read_like_its_text():
    text = rules(("/", 1))
    assert read_file(json.loads(text), url=URL) == read_file(text, url=URL)


def test_a_number_written_as_text_may_refuse_but_not_permit():
    refused = read_file(rules(("/", "1")), url=URL)
    assert training(refused) == {DENY}
    assert all(s.nonstandard for s in refused)
    permitted = read_file(rules(("/", "0")), url=URL)
    assert training(permitted) == set()
    assert is_unreadable(permitted)


HUGE = '[{"tdm-reservation": 9' + "9" * 5_000 + "}]"


@pytest.mark.parametrize("text", ["", "<html>", "[", '"x"', "5", "null", "[" * 100_000, HUGE])
def test_a_broken_file_is_unreadable(text):
    signals = read_file(text, url=URL)
    assert is_unreadable(signals)
    assert training(signals) == set()


def test_a_reservation_without_a_location_counts_everywhere():
    signals = read_file([{"tdm-reservation": 1}], url=URL)
    assert training(signals) == {DENY}
    assert is_unreadable(signals)


def test_the_policy_is_kept_as_an_address_to_read():
    signals = read_file([{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://example.org/p.json"}], url=URL)
    policy = [s for s in signals if s.name == "tdm-policy"]
    assert [(s.subject, s.verdict, s.value) for s in policy] == [
        (SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, "https://example.org/p.json")
    ]


def test_all_places_are_reported_with_where_they_are():
    signals = read_web(
        {
            "headers": {"TDM-Reservation": "0", "tdm-policy": "https://example.org/p"},
            "html": '<meta name="TDM-Reservation" content="1">',
            "tdmrep": rules(("/", 1)),
        },
        url=URL,
    )
    places = {(s.location, s.verdict) for s in signals if s.name == "tdm-reservation"}
    assert places == {(HEADER, ALLOW), (META, DENY), (FILE, DENY)}


def test_joined_headers_each_count():
    assert training(read_web({"headers": {"tdm-reservation": "0, 1"}}, url=URL)) == {ALLOW, DENY}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["location", "tdm-reservation", "tdm-policy", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_raises_and_only_an_exact_zero_allows(content):
    signals = read_file(content, url=URL)
    if ALLOW in training(signals):
        assert '"tdm-reservation": 0' in json.dumps(content)


@given(st.text(max_size=200))
def test_no_text_raises(text):
    read_file(text, url=URL)
