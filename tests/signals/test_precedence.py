"""What signals come to together: the precedence rules of `signals.md` part (a)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model import Signal, SignalFacts, SignalSubject, SignalVerdict, Trust, to_micros
from provenance.signals.precedence import MAX_PERSONS, hinted_jurisdictions, licence_end, sum_up
from provenance.signals.text import read_text
from provenance.signals.web import read_web

DENY, ALLOW, UNKNOWN = SignalVerdict.DENY, SignalVerdict.ALLOW, SignalVerdict.UNKNOWN
GEN, OTHER = SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER
URL = "https://example.org/a.jpg"


def signal(subject, verdict, name="n", location="l", value="", trust=Trust.DECLARED, *, nonstandard=False):
    return Signal(subject, verdict, name, location, "raw", value, trust, nonstandard)


def test_no_signal_is_unknown():
    assert sum_up([]) == SignalFacts()
    assert sum_up([]).generative_training is UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], UNKNOWN),
        ([UNKNOWN], UNKNOWN),
        ([ALLOW], ALLOW),
        ([ALLOW, UNKNOWN], ALLOW),
        ([ALLOW, DENY], DENY),
        ([DENY, UNKNOWN], DENY),
    ],
)
@pytest.mark.parametrize("subject", [GEN, OTHER])
def test_any_deny_else_any_allow_else_unknown(verdicts, expected, subject):
    summary = sum_up(signal(subject, verdict, name=str(n)) for n, verdict in enumerate(verdicts))
    mine, theirs = summary.generative_training, summary.other_training
    if subject is OTHER:
        mine, theirs = theirs, mine
    assert (mine, theirs) == (expected, UNKNOWN)


@pytest.mark.parametrize("trust", list(Trust))
@pytest.mark.parametrize("nonstandard", [False, True])
def test_a_deny_counts_at_every_trust_and_an_allow_only_where_earned(trust, nonstandard):
    deny = sum_up([signal(GEN, DENY, trust=trust, nonstandard=nonstandard)])
    assert deny.generative_training is DENY
    allow = sum_up([signal(GEN, ALLOW, trust=trust, nonstandard=nonstandard)])
    earned = trust in (Trust.SIGNED, Trust.DECLARED) and not nonstandard
    assert allow.generative_training is (ALLOW if earned else UNKNOWN)


def test_the_deciding_signal_is_named():
    both = [signal(GEN, ALLOW, "allowing", "a"), signal(OTHER, DENY, "plus:DataMining", "jpeg:APP1/xmp")]
    assert sum_up(both).deciding_signal == "plus:DataMining in jpeg:APP1/xmp"
    assert sum_up(both[:1]).deciding_signal == "allowing in a"


PLACES = ["tdmrep.json", "http:tdm-reservation", "html:meta[name=tdm-reservation]", "jpeg:APP1/xmp"]


def tdm(place, verdict, **more):
    name = "tdm:reservation" if place == PLACES[3] else "tdm-reservation"
    return signal(GEN, verdict, name, place, **more)


@pytest.mark.parametrize("low", range(4))
@pytest.mark.parametrize("high", range(4))
def test_the_higher_place_of_tdmrep_outranks_the_lower(low, high):
    if low >= high:
        return
    assert sum_up([tdm(PLACES[low], DENY), tdm(PLACES[high], ALLOW)]).generative_training is ALLOW
    assert sum_up([tdm(PLACES[low], ALLOW), tdm(PLACES[high], DENY)]).generative_training is DENY


@pytest.mark.parametrize("place", PLACES[1:])
def test_absence_or_an_error_in_a_higher_place_never_resets_a_lower_one(place):
    assert sum_up([tdm(PLACES[0], DENY), tdm(place, UNKNOWN)]).generative_training is DENY
    assert sum_up([tdm(PLACES[0], DENY), tdm(place, ALLOW, nonstandard=True)]).generative_training is DENY
    assert sum_up([tdm(PLACES[0], DENY), tdm(place, ALLOW, trust=Trust.INVALID)]).generative_training is DENY


def test_a_reservation_lifted_by_tdmrep_leaves_other_refusals_alone():
    summary = sum_up([tdm(PLACES[0], DENY), tdm(PLACES[1], ALLOW), signal(GEN, DENY, "X-Robots-Tag", "http:X")])
    assert summary.generative_training is DENY
    assert summary.deciding_signal == "X-Robots-Tag in http:X"


def test_what_the_page_says_end_to_end():
    page = {"headers": {"tdm-reservation": "0"}, "tdmrep": '[{"location": "/", "tdm-reservation": 1}]'}
    assert sum_up(read_web(page, url=URL)).other_training is ALLOW
    assert sum_up(read_web({"tdmrep": page["tdmrep"]}, url=URL)).other_training is DENY
    usage = sum_up(read_web({"headers": {"Content-Usage": "train-ai=n"}}, url=URL))
    assert (usage.generative_training, usage.other_training) == (DENY, UNKNOWN)


@pytest.mark.parametrize("trust", [Trust.SIGNED, Trust.DECLARED, Trust.INVALID])
def test_a_declared_minor_sticks_beside_an_adult(trust):
    minor = signal(SignalSubject.MINOR, DENY, "plus:MinorModelAgeDisclosure", value="AG-A15", trust=trust)
    adult = signal(SignalSubject.MINOR, ALLOW, "Iptc4xmpExt:ModelAge", value="25", trust=Trust.SIGNED)
    summary = sum_up([minor, adult])
    assert (summary.minor_declared, summary.adult_declared, summary.person_shown) == (True, True, True)
    assert not summary.minor_suspected


def test_text_suspects_and_does_not_declare():
    summary = sum_up(read_text("caption", "Two brothers, aged 3 and 4"))
    assert (summary.minor_suspected, summary.minor_declared, summary.person_shown) == (True, False, True)


def test_a_suspected_adult_declares_nothing():
    assert not sum_up([signal(SignalSubject.MINOR, ALLOW, trust=Trust.SUSPECTED)]).adult_declared


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        (signal(SignalSubject.UNREADABLE, UNKNOWN), "unreadable"),
        (signal(SignalSubject.RIGHTS, DENY, value="stock:Getty Images"), "stock_marker"),
        (signal(SignalSubject.RELEASE, DENY, value="MR-NON"), "release_none"),
        (signal(SignalSubject.LICENCE, UNKNOWN, value="CC-BY-NC-4.0"), "licence_conditional"),
        (
            signal(SignalSubject.LICENCE, UNKNOWN, value="https://creativecommons.org/licenses/by-nd/2.0/"),
            "licence_conditional",
        ),
        (signal(SignalSubject.SYNTHETIC, DENY), "synthetic"),
        (signal(SignalSubject.SENSITIVE, DENY), "sensitive"),
        (signal(SignalSubject.HIDDEN_PICTURE, DENY), "hidden_picture"),
        (signal(SignalSubject.HIDDEN_PICTURE, UNKNOWN), "hidden_picture"),
        (signal(SignalSubject.PERSON, DENY, trust=Trust.SUSPECTED), "person_shown"),
    ],
)
def test_one_signal_sets_one_field(given_, field):
    assert sum_up([given_]) == replace(SignalFacts(), **{field: True})


@pytest.mark.parametrize(
    "given_",
    [
        signal(SignalSubject.RIGHTS, UNKNOWN, "dc:rights"),
        signal(SignalSubject.RELEASE, UNKNOWN, value="MR-UMR"),
        signal(SignalSubject.LICENCE, ALLOW, value="CC0-1.0"),
        signal(SignalSubject.PERSON, UNKNOWN),
        signal(SignalSubject.MINOR, UNKNOWN, value="AG-UNK"),
        signal(SignalSubject.SENSITIVE, UNKNOWN),
        signal(SignalSubject.JURISDICTION, UNKNOWN, value="CA"),
    ],
)
def test_what_says_nothing_sets_nothing(given_):
    assert sum_up([given_]) == SignalFacts()


def test_the_earliest_end_of_a_licence_is_kept_and_a_day_ends_where_it_ends_first():
    ends = [
        signal(SignalSubject.RIGHTS, UNKNOWN, "plus:LicenseEndDate", value=day) for day in ("2024-03-31", "2023-05-01")
    ]
    expected = to_micros(datetime(2023, 5, 1, 10, tzinfo=UTC))
    assert licence_end(ends) == expected
    assert not sum_up(ends).unreadable


@pytest.mark.parametrize("value", ["", "soon", "2024-13-01", "9999-99-99", "0000-00-00"])
def test_an_end_date_that_cannot_be_read_is_unreadable(value):
    summary = sum_up([signal(SignalSubject.RIGHTS, UNKNOWN, "plus:LicenseEndDate", value=value)])
    assert summary.unreadable


def test_hints_are_each_named_once():
    hints = [signal(SignalSubject.JURISDICTION, UNKNOWN, str(n), value=v) for n, v in enumerate(["CA", "EU-DE", "CA"])]
    assert hinted_jurisdictions([*hints, signal(GEN, DENY, value="US")]) == ("CA", "EU-DE")


SIGNALS = st.builds(
    Signal,
    subject=st.sampled_from(list(SignalSubject)),
    verdict=st.sampled_from(list(SignalVerdict)),
    name=st.sampled_from(["tdm-reservation", "tdm:reservation", "plus:DataMining", "plus:LicenseEndDate", "x"]),
    location=st.sampled_from([*PLACES, "robots.txt"]),
    raw=st.sampled_from(["", "1"]),
    value=st.sampled_from(["", "CC-BY-NC-4.0", "2024-01-31", "CA"]),
    trust=st.sampled_from(list(Trust)),
    nonstandard=st.booleans(),
)
STRICTNESS = {DENY: 2, UNKNOWN: 1, ALLOW: 0}
STICKY = [
    "unreadable", "minor_declared", "minor_suspected", "person_shown", "release_none", "synthetic", "sensitive",
    "hidden_picture", "stock_marker", "licence_conditional",
]  # fmt: skip
STICKY += ["persons_counted", "reservation_in_words", "nothing_granted"]
VALUES = {SignalSubject.LICENCE: "CC-BY-NC-4.0", SignalSubject.RIGHTS: "stock:ACME", SignalSubject.JURISDICTION: "CA"}


@pytest.mark.parametrize("subject", SignalSubject)
def test_every_subject_feeds_a_fact(subject):
    """What is read and stored but moves no fact would be a promise that nobody keeps."""
    told = signal(subject, DENY, value=VALUES.get(subject, "1"))
    facts = sum_up([told]) != SignalFacts()
    assert facts or hinted_jurisdictions([told])


def test_a_refusal_in_words_is_named_by_field_place_and_language():
    words = replace(signal(SignalSubject.RESERVATION, DENY, "dc:rights", value="en"), raw="No AI training")
    assert sum_up([words]).reservation_in_words == f"dc:rights in {words.location} (en): No AI training"
    statement = replace(signal(SignalSubject.NOTHING_GRANTED, DENY, "dc:rights", value="LicenseRef-x"), raw="InC")
    assert sum_up([statement]).nothing_granted == f"dc:rights in {statement.location}: InC"


@pytest.mark.parametrize(("values", "most"), [(["1", "3", "2"], 3), (["woman"], 0), (["4000"], MAX_PERSONS), ([], 0)])
def test_the_most_people_that_one_place_counts(values, most):
    found = [signal(SignalSubject.PERSON, DENY, str(number), value=value) for number, value in enumerate(values)]
    assert sum_up(found).persons_counted == most


def test_a_minor_whom_only_a_path_points_to():
    path = replace(signal(SignalSubject.MINOR, DENY, "minor in path"), trust=Trust.SUSPECTED)
    text = replace(signal(SignalSubject.MINOR, DENY, "minor in text"), trust=Trust.SUSPECTED)
    assert sum_up([path]).minor_suspected_by_path
    assert not sum_up([path]).person_shown
    assert not sum_up([path, text]).minor_suspected_by_path
    assert sum_up([path, text]).minor_suspected
    assert sum_up([path, text]).person_shown
    assert not sum_up([]).minor_suspected_by_path


@given(st.lists(SIGNALS, max_size=12), st.randoms(use_true_random=False))
def test_order_and_repetition_never_matter(signals, random):
    shuffled = [*signals, *signals[:3]]
    random.shuffle(shuffled)
    assert sum_up(shuffled) == sum_up(signals)


@given(st.lists(SIGNALS, max_size=12), SIGNALS)
def test_adding_a_deny_never_makes_anything_milder(signals, more):
    before, after = sum_up(signals), sum_up([*signals, replace(more, verdict=DENY)])
    assert STRICTNESS[after.generative_training] >= STRICTNESS[before.generative_training]
    assert STRICTNESS[after.other_training] >= STRICTNESS[before.other_training]
    for field in STICKY:
        assert getattr(after, field) or not getattr(before, field)


@given(st.lists(SIGNALS, max_size=12), SIGNALS)
def test_no_signal_at_all_clears_a_sign_of_a_minor_or_an_unread_part(signals, more):
    before, after = sum_up(signals), sum_up([*signals, more])
    for field in STICKY:
        assert getattr(after, field) or not getattr(before, field)
    assert after.persons_counted >= before.persons_counted


@given(st.lists(SIGNALS, max_size=12))
def test_allow_needs_an_exact_allow_and_no_deny(signals):
    summary = sum_up(signals)
    for subject, opinion in ((GEN, summary.generative_training), (OTHER, summary.other_training)):
        if opinion is ALLOW:
            mine = [s for s in signals if s.subject is subject]
            exact = [s for s in mine if s.verdict is ALLOW and s.trust not in (Trust.INVALID, Trust.SUSPECTED)]
            assert any(not s.nonstandard for s in exact)
            assert all(s.name.startswith("tdm") for s in mine if s.verdict is DENY)
