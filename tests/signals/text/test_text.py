"""The text reader: what it finds, what it lets pass, and that hostile text costs linear time."""

from __future__ import annotations

import time
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model import SignalSubject, SignalVerdict, Trust
from provenance.signals.text import language_of, read_text, read_texts
from provenance.signals.text.lexicon import LANGUAGES, lexicon
from provenance.signals.text.tokens import MAX_TEXT, fold, tokenise


def minors(text, field="caption"):
    return [s for s in read_text(field, text) if s.subject is SignalSubject.MINOR]


def test_a_signal_says_what_was_found_and_where():
    (signal,) = minors("Portrait of a Toddler", "alt_text")
    assert (signal.verdict, signal.trust) == (SignalVerdict.DENY, Trust.SUSPECTED)
    assert (signal.raw, signal.value, signal.location) == ("Toddler", "toddler", "alt_text")


def test_a_minor_is_a_person_and_a_person_is_no_minor():
    assert {s.subject for s in read_text("caption", "Toddler")} == {SignalSubject.MINOR, SignalSubject.PERSON}
    assert {s.subject for s in read_text("caption", "A bride")} == {SignalSubject.PERSON}
    assert {s.subject for s in read_text("caption", "Aged 7")} == {SignalSubject.MINOR, SignalSubject.PERSON}


@pytest.mark.parametrize("text", ["", " ", "A mountain lake", "IMG_0001.jpg", "12345", "\x00\ud800", "日本の山"])
def test_a_text_without_a_sign_says_nothing(text):
    assert read_text("caption", text) == ()


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("aged 3 and 4", "age 3"),
        ("ages 5 to 8", "age 5"),
        ("a 7-year-old", "age 7"),
        ("7 yrs old", "age 7"),
        ("16yo climber", "age 16"),
        ("seventeen years old", "age 17"),
        ("six months old", "age 0"),
        ("3 weeks old", "age 0"),
        ("our son at 7 months", "age 0"),
        ("for her 5 year old", "age 5"),
        ("âgée de douze ans", "age 12"),
        ("ma fille de 4 ans", "age 4"),
        ("mi hijo de 5 años", "age 5"),
        ("tiene siete años", "age 7"),
        ("minha filha de 3 anos", "age 3"),
        ("ein zehnjähriger Reiter", "age 10"),
        ("die 15-jährige Siegerin", "age 15"),
        ("16 Jahre alt", "age 16"),
        ("her fifth birthday", "age 5"),
        ("the under-12 cup", "age 11"),
        ("U9 tournament", "age 8"),
        ("Ella, 4, and her bicycle", "age 4"),
        ("turning one", "age 1"),
    ],
)
def test_ages_under_eighteen(text, age):
    assert age in [s.value for s in minors(text)]


SHAPES = ["aged {}", "a {}-year-old", "{}yo", "Anna, {}, smiles", "personne de {} ans", "{} Jahre alt"]


@pytest.mark.parametrize("age", range(18, 121))
@pytest.mark.parametrize("shape", SHAPES)
def test_eighteen_and_over_is_no_minor(age, shape):
    assert minors(shape.format(age)) == []


@pytest.mark.parametrize("age", range(1, 18))
@pytest.mark.parametrize("shape", SHAPES)
def test_every_age_under_eighteen_is_found(age, shape):
    assert f"age {age}" in [s.value for s in minors(shape.format(age))]


@pytest.mark.parametrize(
    "text",
    [
        "a kid goat",
        "sonata in a minor key",
        "12 years old whisky",
        "baby carrots",
        "the boy band on stage",
        "a cowboy",
        "a school bus",
        "menor que el año pasado",
        "mineur de fond",
        "Geiger in a-Moll",
        "built 15 years ago",
        "a 5 year plan",
        "kidney beans",
        "girlfriend",
        "What kind of tree is this",
        "junge Hunde",
        "puppy, 8 weeks old",
        "7 days with my brother in Italy",
        "il y a 5 ans avec mon frère",
        "vor etwa 5 Jahren mit meinem Bruder",
        "hace 5 años con mi hermano",
        "2 semanas con mi amigo",
        "kind words",
        "Bratislava, 7. mai 2012",
        "a couple married 5 years ago",
        "Formula 1, Monaco",
        "The actor aged well",
        "Ages 18 and over only",
        "Under 10 minutes",
    ],
)
def test_false_friends(text):
    assert minors(text) == []


def test_a_child_beside_a_false_friend_is_still_seen():
    assert [s.raw for s in minors("A kid goat and a toddler")] == ["toddler"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LittleGirlWithUmbrella.JPG", ["little", "girl", "with", "umbrella", "jpg"]),
        ("HTMLParser", ["html", "parser"]),
        ("a/b_c-d.e", ["a", "b", "c", "d", "e"]),
        ("16yo", ["16", "yo"]),
        ("caf%C3%A9%20kids", ["cafe", "kids"]),
        ("\uff4b\uff49\uff44\uff53", ["kids"]),
        ("ki\u200bds", ["kids"]),
        ("9f8boy3a2kidb77c", []),
        ("x" * 49, []),
    ],
)
def test_words(text, words):
    assert [token.word for token in tokenise(text).words] == words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The dog is in the garden with his ball", "en"),
        ("Le chien est dans le jardin avec sa balle", "fr"),
        ("El perro está en el jardín con su pelota", "es"),
        ("O cão está no jardim com a sua bola", "pt"),
        ("Der Hund ist mit seinem Ball im Garten", "de"),
        ("IMG_0001", None),
        ("", None),
    ],
)
def test_language(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lists_are_folded_and_hold_nothing_twice(language):
    path = files("provenance.signals.text").joinpath("lexicons", f"{language}.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in ("minors", "persons", "false_friends"):
        items = [item.strip() for line in table[name].splitlines() for item in line.split("|") if item.strip()]
        assert [item for item in items if fold(item) != item] == []
        assert sorted({item for item in items if items.count(item) > 1}) == []


def test_gated_words_are_minors_of_their_own_language():
    gated = [p for phrases in lexicon().phrases.values() for p in phrases if p.gated]
    assert {p.language for p in gated} == {"de", "en", "es", "fr", "pt"}


HOSTILE = {
    "one word": "boy ",
    "numbers": "9 ",
    "ages": "9 years ",
    "friends": "kid goat ",
    "names": "Tom, 4, ",
    "percent": "%41",
    "marks": "e\u0301",
    "ligatures": "\ufdfa",
    "camel": "aB",
    "near": "baby elephant ",
    "high": "high school ",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_cut_and_does_not_hang(unit):
    text = unit * (2_000_000 // len(unit))
    begun = time.monotonic()
    signals = read_text("caption", text)
    assert time.monotonic() - begun < 20  # a hang, not a slow machine
    assert SignalSubject.UNREADABLE in {s.subject for s in signals}
    assert len(signals) < 20
    assert all(len(s.raw) <= 1_000 for s in signals)


def test_thousands_of_fields_are_read_within_one_bound():
    begun = time.monotonic()
    signals = read_texts((f"field {n}", "toddler " * 2_400) for n in range(2_000))
    assert time.monotonic() - begun < 20  # a hang, not a slow machine
    assert SignalSubject.MINOR in {s.subject for s in signals}
    assert [s.subject for s in signals].count(SignalSubject.UNREADABLE) == 1


def test_a_text_of_the_greatest_length_is_read_whole():
    text = "toddler " + "word " * 3_000
    assert len(text) <= MAX_TEXT
    assert {s.subject for s in read_text("caption", text)} == {SignalSubject.MINOR, SignalSubject.PERSON}


@settings(max_examples=400)
@given(st.text(max_size=400), st.sampled_from(["caption", "file_name", "source_url", "keywords"]))
def test_no_text_raises_and_none_clears(text, field):
    for signal in read_text(field, text):
        assert signal.verdict is not SignalVerdict.ALLOW
        assert signal.subject in (SignalSubject.MINOR, SignalSubject.PERSON, SignalSubject.UNREADABLE)
        signal.raw.encode("utf-8")


WORDS = st.sampled_from(
    """boy girl aged 7 12 years old baby kid goat the , . birthday turns under - U9 Tom whisky klasse grade 5th jährige
    Junge cumple sub ( ) 4, yo""".split()  # noqa: SIM905 - a list of forty strings reads worse
)


@given(st.lists(WORDS, max_size=30))
def test_no_mixture_of_words_raises(words):
    read_text("caption", " ".join(words))


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
