"""What stands for nothing, what names a program, and what is a fact although it looks like either."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.placeholders import (
    folded,
    is_absence,
    is_placeholder,
    is_program,
    is_reference,
    leads_somewhere,
    names_somebody,
    says_unknown,
)

ABSENT = [
    "", " ", "nan", "NaN", "NaT", "None", "null", "NULL", "nil", "N/A", "n.a.", "#N/A", "<NA>", "(none)", "-",
    "--", "—", "...", "…", ".", "_", "/", "not applicable", "k.A.", "keine Angabe", "néant", "sin datos",
    "não informado", "無し", "\u200b", "\u3164", "\u2800", "\u115f\u1160", "\u00a0", "\u2060\ufeff", "\uffa0",
    "\u202e", "ー", "🙂", "✓", "*",
]  # fmt: skip
UNSAID = [
    "unknown", "UNKNOWN", "[unknown]", "not known", "TBD", "t.b.d.", "tba", "to be confirmed", "todo", "pending", "?",
    "???", "- ? -", "xxx", "XXXX", "x", "inconnu", "à définir", "unbekannt", "desconocido", "desconhecida", "N.N.",
    "不明",
]  # fmt: skip
FACTS = [
    "AB", "reviewer-17", "v0", "v3", "https://photos.example/na/none.jpg", "Nan Goldin", "J. Morin", "Bo", "Li",
    "Na Li", "none.jpg", "42", "R-1", "Test GmbH 7", "Unknown Pleasures Ltd", "Kein, H.", "Null Island",
    "T. B. Dupont", "山田",
]  # fmt: skip


@pytest.mark.parametrize("text", ABSENT)
def test_nothing_was_entered(text: str) -> None:
    assert is_placeholder(text)
    assert is_absence(text)
    assert not says_unknown(text)


@pytest.mark.parametrize("text", UNSAID)
def test_somebody_says_that_it_is_not_known(text: str) -> None:
    assert is_placeholder(text)
    assert says_unknown(text)
    assert not is_absence(text)


@pytest.mark.parametrize("text", FACTS)
def test_facts_stay_facts(text: str) -> None:
    assert not is_placeholder(text)
    assert is_reference(text)


@pytest.mark.parametrize("text", [*ABSENT, *UNSAID, "0", "00", "0.0", "yes", "No", "true", "ok", "oui", "nein", "sí"])
def test_what_names_no_document_and_no_address(text: str) -> None:
    assert not is_reference(text)


PROGRAMS = [
    "retinaface", "retinaface-resnet50", "MTCNN", "yolov8", "YOLOv8n-face", "yolo11x", "SCRFD_10G", "dlib",
    "detectron2", "insightface buffalo_l", "Amazon Rekognition", "Google Vision API", "GroundingDINO-T",
    "haar cascade", "nsfw filter", "CLIP ViT-L/14", "GPT-5", "gpt-4o", "ChatGPT", "claude-3", "Gemini 1.5 pro",
    "llama-3.2-vision", "AI", "ai", "IA", "KI", "model", "our model", "modèle", "auto", "automatic", "automatisch",
    "auto-review", "script", "script.py", "bot", "detect_faces.py", "face detector v2", "faces 1.0", "system",
    "pipeline v3", "cron job", "LLM", "machine", "algorithm", "retina face", "buffalo_l", "face_recognition", "jenkins",
    "renovate[bot]", "Amazon SageMaker", "verified", "\u0430uto", "aut\u03bf", "\u0405cript",
]  # fmt: skip
PEOPLE = [
    "AB", "A.I.", "K. I.", "JM", "reviewer-17", "person 3", "annotator 12", "reviewer B", "Claude", "Claude Dupont",
    "Florence Nightingale", "Gemma", "Lars Bot", "Jean Auto", "Max Model", "J. Morin, counsel", "J. Morin, legal",
    "Yet Chen", "Bo Not", "Ai Weiwei",
    "No Yeon-su", "Sem Jansen", "QA lead 3", "volunteer 12", "Ki-Moon Ban", "Sam Smith", "Phi Nguyen", "Viola Jones",
    "Dr Who", "Mia", "山田太郎", "Ó Néill", "Анна Ресто",
    "\u0421\u0430\u0440\u0430 \u0425\u043e\u043c\u0430\u043d", "Άννα Νόνε", "I\u015f\u0131l Çetin", "Нона",
]  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_program_is_no_reviewer(text: str) -> None:
    assert is_program(text)
    assert not names_somebody(text)


@pytest.mark.parametrize("text", PEOPLE)
def test_a_person_is_one(text: str) -> None:
    assert names_somebody(text)


@pytest.mark.parametrize(
    "text",
    ["anonymous", "somebody", "admin", "user", "reviewer", "team", "QA team", "our annotation team", "MTurk worker",
     "freelancers", "AB?", "AB (not yet)", "not reviewed", "to be assigned: AB", "none yet", "Unassigned", "skipped",
     "ditto", "TBA by legal", "labeling vendor", "auto-approver v2",
     "noch niemand", "pas encore vérifié", "sin revisar", "pending AB", "unverified (AB)"],
)  # fmt: skip
def test_nobody_in_particular_is_nobody(text: str) -> None:
    assert not names_somebody(text)


@given(st.sampled_from(ABSENT + UNSAID), st.sampled_from(["", " ", "\u200b", "(", '"', "\t", "\ufeff"]))
def test_case_marks_and_invisible_letters_hide_no_placeholder(text: str, around: str) -> None:
    for spelling in (text.upper(), text.casefold(), f"{around}{text}{around}", unicodedata.normalize("NFD", text)):
        assert is_placeholder(spelling)


@given(st.text(max_size=40))
def test_a_text_without_visible_letter_or_digit_is_a_placeholder(text: str) -> None:
    seen = any(unicodedata.category(one)[0] in "LN" for one in unicodedata.normalize("NFKD", text))
    assert is_placeholder(text) or seen
    assert folded(folded(text)) == folded(text)


@given(st.text(max_size=400))
def test_who_names_somebody_is_neither_placeholder_nor_program(text: str) -> None:
    if names_somebody(text):
        assert is_reference(text)
        assert not is_placeholder(text)
        assert not is_program(text)


@pytest.mark.parametrize(
    "text",
    [
        "the internet",
        "Google Images",
        "various",
        "https://",
        "http:",
        "n/a",
        "aus dem Netz",
        "found",
        "found somewhere online",
        "lost",
        "google.com",
        "probably from Google Images",
        "USB stick?",
        "trouvé sur le web",
        "gefunden im Internet",
        "some website",
        "web search 2024",
        "Internet (2019)",
        "see above",
        "about:blank",
        "javascript:void(0)",
        "blob:https://photos.example/0b1c",
        "data:image/png;base64,iVBORw0KGgo=",
        "http://localhost:8888/files/a.jpg",
        "HTTP://user@127.0.0.1/a.jpg",
        "http://[::1]/a.jpg",
        "//0.0.0.0/a.jpg",
    ],
)
def test_a_source_that_leads_nowhere_is_none(text: str) -> None:
    assert not leads_somewhere(text)


@pytest.mark.parametrize(
    "text",
    [
        "Internet Archive",
        "https://web",
        "our own studio",
        "email archive 7",
        "Google Arts",
        "http://localhost.example/a.jpg",
        "https://photos.example/?from=http://localhost/a.jpg",
        "Data: Smith's archive",
        "https://12.7.0.1/a.jpg",
    ],
)
def test_a_source_that_has_a_name_is_one(text: str) -> None:
    assert leads_somewhere(text)


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_a_plain_text_folds_as_it_does_among_others(text: str) -> None:
    assert f"{folded(text)} e".strip() == folded(f"{text} é")


_LATIN = {
    "a": "\u0430\u03b1",
    "c": "\u0441",
    "e": "\u0435",
    "i": "\u0456",
    "o": "\u043e\u03bf",
    "p": "\u0440",
    "x": "\u0445",
}


@given(st.sampled_from(["none", "auto", "script", "unknown", "placeholder", "anonymous", "xxx"]), st.data())
def test_letters_of_another_script_hide_nobody(word: str, data: st.DataObject) -> None:
    """A name that is spelt with letters which only look like those of the word."""
    masked = "".join(data.draw(st.sampled_from([letter, *_LATIN.get(letter, "")])) for letter in word)
    assert not names_somebody(masked)
