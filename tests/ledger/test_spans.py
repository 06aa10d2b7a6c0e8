"""The state of a basis record over time, against a reading of its events one by one."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from provenance.ledger.schema import NEVER
from provenance.ledger.spans import DENYING, GIVEN, STATUSES, Occurrence, spans
from provenance.vocabulary import ConsentStatus

# Few instants, so that events, expiries and clocks often meet.
instants = st.integers(-3, 12)
events = st.lists(
    st.builds(Occurrence, instants, st.sampled_from(STATUSES), st.one_of(st.just(NEVER), instants)), max_size=7
)

HARSHNESS = ["UNKNOWN", "GIVEN", "RENEWED", "REQUESTED", "EXPIRED", "REVOKED_BY_CONTROLLER", "INVALIDATED", "REFUSED"]


def at_clock(happened: list[Occurrence], clock: int) -> tuple[ConsentStatus, int | None]:
    """The state and the last consent at the clock: the last event at or before it decides."""
    past = [event for event in happened if event.at <= clock]
    if not past:
        return ConsentStatus.UNKNOWN, None
    last_at = max(event.at for event in past)
    tied = [event for event in past if event.at == last_at]
    order = [*HARSHNESS, "WITHDRAWN"]
    harshest = max(order.index(event.state) for event in tied)
    last = [event for event in tied if event.state == order[harshest]]
    consents = [event.at for event in past if event.state in GIVEN]
    given_at = max(consents) if consents else None
    state = last[0].state
    if state in GIVEN and min(event.expires_at for event in last) < clock:
        state = ConsentStatus.EXPIRED
    return state, given_at


@given(events, st.integers(-4, 14))
def test_the_last_event_at_or_before_the_clock_decides(happened, clock):
    (span,) = [span for span in spans(happened) if span.start <= clock < span.end]
    assert (span.status, span.given) == at_clock(happened, clock)


@given(events)
def test_spans_leave_no_gap_and_do_not_overlap(happened):
    found = spans(happened)
    assert found[0].start == -NEVER
    assert found[-1].end == NEVER
    assert all(span.start < span.end for span in found)
    assert all(one.end == other.start for one, other in itertools.pairwise(found))


@given(events, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_told_does_not_matter(happened, rng: random.Random):
    shuffled = list(happened)
    rng.shuffle(shuffled)
    assert spans(shuffled) == spans(happened)


@given(events)
def test_an_event_that_is_told_twice_counts_once(happened):
    assert spans([*happened, *happened]) == spans(happened)


@given(events, st.integers(-4, 14))
def test_a_denial_stands_from_the_event_that_made_it(happened, clock):
    (span,) = [span for span in spans(happened) if span.start <= clock < span.end]
    if span.status in DENYING:
        assert span.since in {event.at for event in happened if event.state is span.status}
        assert span.since == span.start


def test_a_consent_counts_at_the_instant_of_its_expiry_and_not_after():
    found = spans([Occurrence(5, ConsentStatus.GIVEN, 9)])
    assert [(s.start, s.end, s.status.value) for s in found[1:]] == [(5, 10, "GIVEN"), (10, NEVER, "EXPIRED")]


def test_no_events_are_one_unknown_span():
    (only,) = spans([])
    assert (only.status, only.given) == (ConsentStatus.UNKNOWN, None)
