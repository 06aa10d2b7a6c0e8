"""Path patterns against protego's, which matches them for robots.txt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from provenance.signals.web.paths import host_of, matches, most_specific, target_of

PATTERNS = st.text(alphabet="/ab*.$", min_size=1, max_size=10).map(lambda text: "/" + text)
PATHS = st.text(alphabet="/ab.", max_size=12).map(lambda text: "/" + text.lstrip("/"))


@given(PATTERNS.filter(lambda pattern: "$" not in pattern[:-1]), PATHS)
def test_patterns_match_as_in_robots_txt(pattern, path):
    rules = Protego.parse(f"User-agent: *\nDisallow: {pattern}")
    assert matches(pattern, path) is not rules.can_fetch(f"https://example.org{path}", "x")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/", "/anything", True),
        ("/a", "/ab", True),
        ("/a$", "/ab", False),
        ("/*.jpg$", "/x/y.jpg", True),
        ("/*.jpg$", "/x/y.jpg?z", False),
        ("*", "/x", True),
        ("/caf\u00e9", "/caf%C3%A9", True),
        ("/a%20b", "/a%20b", True),
        ("/A", "/a", False),
    ],
)
def test_patterns(pattern, path, expected):
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.org", "/"),
        ("https://example.org/a?b=c#d", "/a?b=c"),
        ("https://example.org/caf\u00e9", "/caf%C3%A9"),
        ("/only/a/path", "/only/a/path"),
        ("", None),
        (None, None),
        ("mailto:a@example.org", None),
        ("http://[", None),
    ],
)
def test_targets(url, target):
    assert target_of(url) == target


@pytest.mark.parametrize(("url", "host"), [("https://A.B:1/", "a.b"), ("x", None), (None, None), ("http://[", None)])
def test_hosts(url, host):
    assert host_of(url) == host


def test_the_longest_pattern_wins_and_equals_stay_together():
    assert most_specific([("/", 1), ("/a", 2), ("/a", 3), ("/b", 4)], "/ab") == [2, 3]
    assert most_specific([("/b", 1)], "/a") == []
