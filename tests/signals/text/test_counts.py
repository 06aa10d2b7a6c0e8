"""How many people a caption counts, in five languages; and numbers that count something else."""

from __future__ import annotations

import pytest

from provenance.model import SignalSubject
from provenance.signals import precedence
from provenance.signals.text import read_text


def counted(text: str) -> int:
    return precedence.sum_up(read_text("caption", text)).persons_counted


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Three colleagues at the lake", 3),
        ("A group of five in the rain", 5),
        ("Two men and a woman on a bench", 3),
        ("Two young women dancing", 2),
        ("Portrait of twins", 2),
        ("12 students in a lecture hall", 12),
        ("Eine Gruppe von vier Wanderern", 4),
        ("Drei Frauen am Tisch", 3),
        ("Drei Kollegen im Büro", 3),
        ("Two surfers and a swimmer", 3),
        ("Zwei Passanten im Regen", 2),
        ("Deux pêcheurs au port", 2),
        ("Cuatro pescadores en el puerto", 4),
        ("Três turistas na praia", 3),
        ("The four musicians before the concert", 4),
        ("7 employees in a hall", 7),
        ("Trois collègues devant un mur", 3),
        ("Quatro colegas na praça", 4),
        ("Zwei Männer und eine Frau", 3),
        ("Deux femmes dans un parc", 2),
        ("Tres hombres en la plaza", 3),
        ("Dois homens na praia", 2),
        ("Brautpaar vor der Kirche", 2),
        ("A family of four", 4),
        ("Two 9-year-old girls", 2),
        ("Two men and a 9-year-old girl", 3),
        ("Trois de mes amis", 3),
        ("Two of my colleagues at 10:30", 2),
        ("5-6 women on a bench", 6),
        ("Lea with her sister", 2),
        ("A woman with her husband and two sons", 4),
        ("Ein Mann mit seiner Frau", 2),
        ("Léa avec son frère", 2),
        ("Pedro con su hermana", 2),
        ("Ana com seu marido", 2),
    ],
)
def test_counts(text, people):
    assert counted(text) == people


@pytest.mark.parametrize(
    "text",
    [
        "Three dogs at the lake",
        "A man walks 5 miles",
        "A woman, aged 43",
        "Two cups and a saucer",
        "A woman in a park",
        "Room 12, women's toilet",
        "Top 10 hills",
        "In 1999 men landed here",
        "Women at work",
        "Her sister at the lake",
        "A bench of my grandfather's",
        "Lea and her dog",
        "A letter from his wife",
        "",
    ],
)
def test_numbers_that_count_nobody(text):
    assert counted(text) == 0


_PEOPLE = ("pupil", "women", "men's team", "girls", "runner", "students")
_OTHER_NUMBERS = {
    "an age": ("picked by a {}-year-old {}", "a {} year old {}", "{}-jähriger {}", "aged {}: {}"),
    "a time": ("at {} am {}", "at {} with {}", "{}:30 {}", "um {} Uhr {}", "à {} heures {}", "a las {} horas {}"),
    "a size": ("a {} km {}", "{} cm {}", "{} kg {}", "size {} {}", "talla {} {}"),
    "a number of its own": ("#{} {}", "no. {} {}", "bib {} {}", "dossard {} {}", "Startnummer {} {}", "lane {} {}"),
    "an address": ("{} High Street {}", "{} rue {}", "calle {} {}", "Zimmer {} {}", "room {} {}", "floor {} {}"),
    "a class": ("{}th grade {}", "grade {} {}", "class {} {}", "Klasse {} {}", "under-{} {}", "U{} {}"),
    "a result or a share": ("{0}-{0} {1}", "{0}.{0} {1}", "{}% {}", "{} euro {}"),
}


@pytest.mark.parametrize("people", _PEOPLE)
@pytest.mark.parametrize("number", [2, 9, 12, 40])
@pytest.mark.parametrize("kind", _OTHER_NUMBERS)
def test_a_number_that_belongs_to_something_else_counts_nobody(kind, number, people):
    for form in _OTHER_NUMBERS[kind]:
        assert counted(form.format(number, people)) == 0, form


def test_the_most_of_several_sentences_counts():
    assert counted("Two women at a table. Later four friends arrived.") == 4


def test_the_count_is_a_signal_of_its_own():
    found = [s for s in read_text("caption", "Three colleagues") if s.name == "people counted in text"]
    assert [(s.subject, s.location, s.value) for s in found] == [(SignalSubject.PERSON, "caption", "3")]
