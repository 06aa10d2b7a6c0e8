"""Hints at a jurisdiction from positions, host names, place names and languages."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import MissingExtra
from provenance.model import SignalSubject, Trust
from provenance.signals import places
from provenance.signals.places import gps_hint, language_hint, name_hint, url_hint
from provenance.vocabulary import EU_MEMBER_STATES, known_jurisdictions


def codes(signals):
    assert all(s.subject is SignalSubject.JURISDICTION and s.trust is Trust.SUSPECTED for s in signals)
    return [s.value for s in signals]


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (46.81, -71.21, ["CA", "CA-QC"]),
        (49.28, -123.12, ["CA", "CA-BC"]),
        (51.05, -114.07, ["CA", "CA-AB"]),
        (43.65, -79.38, ["CA"]),
        (63.75, -68.52, ["CA"]),
        (54.9897, -1.9142, ["GB"]),
        (52.52, 13.40, ["EU-DE"]),
        (64.15, -21.94, ["EU-IS"]),
        (-21.11, 55.53, ["EU-FR"]),
        (41.88, -87.63, ["US", "US-IL"]),
        (29.76, -95.37, ["US", "US-TX"]),
        (37.77, -122.42, ["US", "US-CA"]),
        (40.71, -74.01, ["US"]),
        (18.45, -66.07, ["US"]),
        (-33.87, 151.21, ["AU"]),
        (-22.91, -43.17, ["BR"]),
        (28.61, 77.21, ["IN"]),
        (35.68, 139.69, ["JP"]),
        (37.57, 126.98, ["KR"]),
        (47.37, 8.54, []),
        (0.0, 0.0, []),
        (90.0, 0.0, []),
        (-17.71, 179.99, []),
    ],
)
def test_a_position_gives_its_jurisdictions(latitude, longitude, expected):
    assert codes(gps_hint(latitude, longitude)) == expected


@pytest.mark.parametrize(
    ("latitude", "longitude", "both"),
    [(45.43, -75.70, {"CA", "CA-QC"}), (42.33, -83.05, {"CA", "US"}), (48.58, 7.80, {"EU-DE", "EU-FR"})],
)
def test_beside_a_border_both_sides_are_named(latitude, longitude, both):
    assert both <= set(codes(gps_hint(latitude, longitude)))


def test_the_date_line_is_no_edge():
    assert codes(gps_hint(52.0, 179.99)) == codes(gps_hint(52.0, -179.99))


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 0), (0, 181), (float("nan"), 0), (0, float("inf"))])
def test_an_impossible_position_is_unreadable(latitude, longitude):
    assert [s.subject for s in gps_hint(latitude, longitude)] == [SignalSubject.UNREADABLE]


def test_the_exact_position_is_not_kept():
    for signal in gps_hint(45.501234, -73.567891):
        assert signal.raw == "near 45.5, -73.6"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://photos.example.ca/a.jpg", ["CA"]),
        ("https://www.ville.montreal.qc.ca/", ["CA", "CA-QC"]),
        ("https://x.gouv.qc.ca", ["CA", "CA-QC"]),
        ("https://example.quebec/", ["CA", "CA-QC"]),
        ("https://www2.gov.bc.ca/", ["CA", "CA-BC"]),
        ("https://school.k12.il.us/x", ["US", "US-IL"]),
        ("https://www.parks.ca.gov/", ["US", "US-CA"]),
        ("https://www.nasa.gov/", ["US"]),
        ("https://example.co.uk:8080/", ["GB"]),
        ("https://EXAMPLE.DE./", ["EU-DE"]),
        ("https://europa.eu/", ["EU"]),
        ("https://example.com.br/x", ["BR"]),
        ("https://example.co.jp", ["JP"]),
        ("https://example.kr", ["KR"]),
        ("https://example.in", ["IN"]),
        ("https://example.com.au", ["AU"]),
        ("https://example.com/", []),
        ("https://example.io/", []),
        ("https://shop.uk.com/", []),
        ("https://127.0.0.1/", []),
        ("not a url", []),
        ("http://[broken", []),
        ("", []),
        ("/img/a.ca", []),
    ],
)
def test_host_names(url, expected):
    assert codes(url_hint("source_url", url)) == expected


@pytest.mark.parametrize("state", sorted(set(EU_MEMBER_STATES) - {"IS", "LI"}))
def test_every_member_state_by_its_domain(state):
    assert codes(url_hint("page_url", f"https://example.{state.lower()}/")) == [f"EU-{state}"]


@pytest.mark.parametrize(
    ("field", "name", "expected"),
    [
        ("photoshop:Country", "Canada", ["CA"]),
        ("photoshop:State", "Québec", ["CA", "CA-QC"]),
        ("country", "GERMANY", ["EU-DE"]),
        ("iim:Country-PrimaryLocationCode", "CAN", ["CA"]),
        ("Iptc4xmpCore:CountryCode", "fr", ["EU-FR"]),
        ("Iptc4xmpCore:CountryCode", "IN", ["IN"]),
        ("photoshop:City", "IN", []),
        ("photoshop:Country", "Switzerland", []),
        ("photoshop:Country", "", []),
        ("photoshop:Country", "somewhere in Canada", []),
    ],
)
def test_place_names(field, name, expected):
    assert codes(name_hint(field, name)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Die alte Brücke steht über dem Fluss und ist gesperrt", ["EU"]),
        ("O mercado da cidade está cheio de frutas e de gente", ["BR"]),
        ("春の京都でさくらを見る", ["JP"]),
        ("서울의 봄 풍경", ["KR"]),
        ("The old bridge over the river is closed", []),
        ("Le vieux pont est fermé depuis le mois de mai", []),
        ("El viejo puente sobre el río está cerrado", []),
        ("中国的长城", []),
        ("Kinder", []),
        ("", []),
    ],
)
def test_a_language_adds_only_where_it_points_to_one_law(text, expected):
    assert codes(language_hint("caption", text)) == expected


def test_every_code_is_one_that_a_manifest_may_name():
    data = places._data()
    listed = [code for table in ("countries", "domains", "names", "languages") for code in data[table].values()]
    listed += [code for regions in data["regions"].values() for code in regions.values()]
    listed += [script["jurisdiction"] for script in data["scripts"]]
    assert set(listed) <= set(known_jurisdictions())


def test_without_the_town_list_the_reader_says_what_to_install(monkeypatch):
    monkeypatch.setattr(places, "find_spec", lambda name: None)
    places._towns.cache_clear()
    places._jurisdictions_near.cache_clear()
    with pytest.raises(MissingExtra, match=r"consent-provenance\[geo\]"):
        gps_hint(45.5, -73.6)


def test_positions_need_neither_scipy_nor_other_processes():
    script = (
        "import sys; from provenance.signals.places import gps_hint; gps_hint(45.5, -73.6);"
        "print('scipy' in sys.modules, 'multiprocessing' in sys.modules, 'reverse_geocoder' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False"]


@settings(deadline=None)  # the first call reads the town list
@given(st.floats(), st.floats())
def test_no_position_raises(latitude, longitude):
    gps_hint(latitude, longitude)


@settings(deadline=None)
@given(st.floats(-89, 89), st.floats(-179, 179))
def test_every_hint_is_a_known_jurisdiction(latitude, longitude):
    assert set(codes(gps_hint(latitude, longitude))) <= set(known_jurisdictions())


@given(st.text(max_size=80))
def test_no_text_raises(text):
    url_hint("u", text)
    url_hint("u", f"https://{text}")
    name_hint("CountryCode", text)
    language_hint("caption", text)
