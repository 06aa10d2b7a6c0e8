"""Which images a record with a scope reaches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provenance.ledger.scope import ITEM, SOURCE, Scope, reached

names = st.sampled_from(["a.jpg", "b.jpg", "x/a.jpg", "a.jp", ""])
urls = st.sampled_from(
    ["https://a.example/", "https://a.example/u1/", "https://a.example/u1/7.jpg", "https://b.example/"]
)
scopes = st.lists(
    st.one_of(
        st.builds(Scope, st.integers(1, 4), st.integers(1, 3), st.just(ITEM), names),
        st.builds(Scope, st.integers(1, 4), st.integers(1, 3), st.just(SOURCE), urls),
    ),
    max_size=8,
)


@given(scopes, st.sets(st.integers(1, 3)), names, st.one_of(st.none(), urls))
def test_a_record_reaches_an_image_by_its_name_or_by_the_start_of_its_source(given_scopes, people, name, url):
    wanted = set()
    for scope in given_scopes:
        by_name = scope.kind == ITEM and scope.value == name
        by_url = scope.kind == SOURCE and url is not None and url[: len(scope.value)] == scope.value
        if scope.person in people and (by_name or by_url):
            wanted.add(scope.record)
    assert reached(given_scopes, people, name, url) == wanted


def test_a_file_name_is_no_prefix():
    assert not Scope(1, 1, ITEM, "a.jp").covers("a.jpg", None)
    assert not Scope(1, 1, ITEM, "a.jpg").covers("x/a.jpg", None)


def test_a_source_that_is_not_known_is_not_reached():
    assert not Scope(1, 1, SOURCE, "https://a.example/").covers("a.jpg", None)
