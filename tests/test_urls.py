"""Addresses are compared by scheme, host and whole segments, in whatever lawful spelling they come."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provenance.urls import covers, either_scheme, loose, normalised, prefixes

_segment = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\?#%", min_codepoint=33, exclude_categories=["Cc", "Cs"]),
    min_size=1,
    max_size=6,
).filter(lambda text: text not in (".", "..") and text == text.strip())
_segments = st.lists(_segment, max_size=4)
_host = st.sampled_from(["a.example", "www.a.example", "b.example", "xn--4ca.example", "a.example.org", "127.0.0.1"])
_scheme = st.sampled_from(["http", "https", "s3"])


def spelled(draw: st.DrawFn, scheme: str, host: str, segments: list[str]) -> str:
    """One of the lawful spellings of an address."""
    scheme = draw(st.sampled_from([scheme, scheme.upper()]))
    host = draw(st.sampled_from([host, host.upper(), host + "."]))
    port = draw(st.sampled_from(["", {"http": ":80", "https": ":443"}.get(scheme.lower(), ""), ":"]))
    path = ""
    for segment in segments:
        path += draw(st.sampled_from(["/", "/./", "/x/../", "/%2e/", "/x/%2E%2e/"]))
        path += draw(
            st.sampled_from([segment, quote(segment, safe=""), "".join(f"%{b:02X}" for b in segment.encode())])
        )
    user, end = draw(st.sampled_from(["", "u@", "u:p@"])), draw(st.sampled_from(["", "/", "#top"]))
    return f"{scheme}://{user}{host}{port}{path}{end}"


@given(st.data(), _scheme, _host, _segments)
def test_every_spelling_of_an_address_has_one_normal_form(data, scheme, host, segments):
    draw = data.draw
    one, other = spelled(draw, scheme, host, segments), spelled(draw, scheme, host, segments)
    normal = normalised(one)
    assert normal is not None
    assert normal == normalised(other)
    assert normalised(normal) == normal


@given(st.data(), _scheme, _host, _segments, _scheme, _host, _segments)
def test_an_address_covers_another_if_and_only_if_its_segments_come_first(
    data, scheme, host, segments, other_scheme, other_host, other
):
    whole = data.draw(st.sampled_from([segments + other, other]))
    prefix = spelled(data.draw, scheme, host, segments)
    url = spelled(data.draw, other_scheme, other_host, whole)
    wanted = (scheme, host) == (other_scheme, other_host) and whole[: len(segments)] == segments
    assert covers(prefix, url) == wanted
    assert (normalised(prefix) in prefixes(url)) == wanted


@given(_scheme, _host, _segments, st.text("ab=&1", min_size=1, max_size=5))
def test_a_query_is_part_of_which_address_is_meant(scheme, host, segments, query):
    url = f"{scheme}://{host}/" + "/".join(quote(segment, safe="") for segment in segments)
    assert covers(url, f"{url}?{query}")
    assert not covers(f"{url}?{query}", url)
    assert not covers(f"{url}?{query}", f"{url}/more")
    assert covers(f"{url}?{query}", f"{url}?{query}")
    assert not covers(f"{url}?{query}", f"{url}?{query}x")


@pytest.mark.parametrize(
    ("prefix", "url"),
    [
        ("https://a.example/u1", "https://a.example/u10/7.jpg"),
        ("https://a.example", "https://a.example.evil/7.jpg"),
        ("https://a.example", "https://a.example@evil.example/7.jpg"),
        ("https://a.example/u1", "https://a.example/u1/../u2/7.jpg"),
        ("https://a.example/u1", "https://a.example/u1%2f..%2fu2/7.jpg"),
        ("https://a.example/u1", "http://a.example/u1/7.jpg"),
        ("https://a.example/u1", "https://a.example:8443/u1/7.jpg"),
        ("https://a.example/u1", "https://a.example/U1/7.jpg"),
        ("https://a.example/a/b", "https://a.example/a%2Fb/7.jpg"),
        ("https://a.example/a", "https://a.example//a/7.jpg"),
        ("https://strasse.example", "https://straße.example/7.jpg"),
        ("a.example", "https://a.example/7.jpg"),
        ("https://", "https://a.example/7.jpg"),
        ("", "https://a.example/7.jpg"),
        ("https://[::1", "https://a.example/7.jpg"),
        ("https://a.example:99999", "https://a.example/7.jpg"),
    ],
)
def test_what_merely_looks_alike_is_not_covered(prefix, url):
    assert not covers(prefix, url)


@pytest.mark.parametrize(
    ("prefix", "url"),
    [
        ("https://ä.example/ü/", "HTTPS://XN--4CA.example/%C3%BC/7.jpg"),
        ("https://a.example/u1/", "https://a.example\\u1\\7.jpg"),
        ("https://a.example/my pictures", "https://a.example/my%20pictures/7.jpg"),
        ("s3://bucket/train", "s3://bucket/train/0.tar"),
        ("file:///data", "file:///data/7.jpg"),
        ("http://[::1]:80/a", "http://[::1]/a/7.jpg"),
    ],
)
def test_one_place_in_two_spellings_is_covered(prefix, url):
    assert covers(prefix, url)


@given(st.text(max_size=80))
@example("http://[")
@example("//")
@example("http://a:b")
@example("http://\u3002.")
def test_nothing_that_somebody_writes_is_an_exception(text):
    normal = normalised(text)
    assert (normal is None) == (prefixes(text) == ())
    assert covers(text, text) == (normal is not None)
    loose(text)


@pytest.mark.parametrize(
    "other",
    [
        "http://a.example/u1?a=1&b=2", "https://www.a.example/u1?b=2&a=1", "https://A.example:8080/U1/?a=1&b=2",
        "a.example/u1?a=1&b=2", "//a.example/u1?a=1&b=2", "https://a.example//u1/?a=1&b=2",
    ],
)  # fmt: skip
def test_near_spellings_share_a_loose_form(other):
    assert loose(other) == loose("https://a.example/u1?a=1&b=2")
    assert loose(other) != loose("https://a.example/u2?a=1&b=2")


@pytest.mark.parametrize(
    ("normal", "both"),
    [
        ("https://a.example/u?x=http://b", ("https://a.example/u?x=http://b", "http://a.example/u?x=http://b")),
        ("http://a.example", ("http://a.example", "https://a.example")),
        ("s3://bucket/key", ("s3://bucket/key",)),
    ],
)
def test_a_web_address_has_two_schemes_and_others_one(normal, both):
    assert either_scheme(normal) == both
    assert all(normalised(one) == one for one in both)
