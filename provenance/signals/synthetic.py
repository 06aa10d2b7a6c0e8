"""Whether the file says that a model made the picture. It clears nothing: a generated face may be a real person's.

Sources: IPTC NewsCodes Digital Source Type (2024-10-23), IPTC Photo Metadata Standard 2025.1, the text that image
generators write into PNG, EXIF and XMP, and the label of China's GB 45438-2025 (`AIGC`). Names are in `synthetic.toml`.

>>> source_type("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "n", "x").verdict.value
'DENY'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from provenance.carriers.xmp import Property
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import MAX_RAW, Field, names, own_texts, qualified, table
from provenance.signals.text.tokens import tokenise

_TYPES: Final = frozenset({"Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:DigitalSourcefileType"})
_GENERATORS: Final = frozenset(
    {"Iptc4xmpExt:AISystemUsed", "Iptc4xmpExt:AISystemVersionUsed", "Iptc4xmpExt:AIPromptInformation"}
)
_PROMPT_WRITER: Final = "Iptc4xmpExt:AIPromptWriterName"
_TYPE: Final = re.compile(
    r"digitalsourcetype/\w{4,60}|\b(?:trainedAlgorithmic|compositeWithTrainedAlgorithmic|compositeSynthetic)\w{0,10}\b",
    re.IGNORECASE,
)
"""A source type by its address, or by a name that is no ordinary word, in any field."""
_RECIPE_OF_WEBUI: Final = re.compile(r"\bSteps: \d+, (?:Sampler|Seed|CFG scale)\b|\bNegative prompt: ")
_JOB: Final = re.compile(r"\bJob ID: [0-9a-f]{8}-[0-9a-f]{4}-")
_LABEL: Final = re.compile(r"[\"']?AIGC[\"']?\s*[:=]\s*\{|TC260", re.IGNORECASE)
_OWN_KEYS: Final = frozenset(
    {
        "png:parameters", "png:Dream", "png:sd-metadata", "png:invokeai_metadata", "png:invokeai_graph",
        "png:generation_data", "png:fooocus_scheme", "png:sui_image_params", "png:AIGC",
    }
)  # fmt: skip
"""Keywords of PNG texts that only generators use. `prompt` and `workflow` are common words, so their text decides."""
_KEYWORD_END: Final = re.compile(r"[,;|\n]")
_NEGATION_REACH: Final = 2
_MAX_TEXT: Final = 20_000


def source_type(raw: str, name: str, location: str, trust: Trust = Trust.DECLARED) -> Signal:
    """The signal of a digital source type: DENY where it says generated, UNKNOWN otherwise."""
    term = raw.strip().rstrip("/").rpartition("/")[2]
    generated = term.lower() in table("synthetic.toml")["source_types"]
    verdict = SignalVerdict.DENY if generated else SignalVerdict.UNKNOWN
    return Signal(SignalSubject.SYNTHETIC, verdict, name, location, raw[:MAX_RAW], term[:MAX_RAW], trust)


def read_synthetic(properties: Iterable[Property], location: str) -> Iterator[Signal]:
    """The SYNTHETIC signals of properties as `xmp.flattened` gives them."""
    for prop in properties:
        name = qualified(prop.namespace, prop.name)
        if name in _TYPES:
            for raw in own_texts(prop.value):
                yield source_type(raw, name, location)
        elif name == _PROMPT_WRITER:
            # That there is one says how the picture was made; who it is is not kept.
            yield _said(name, location, "present", prop.name)
        elif name in _GENERATORS or "tc260" in prop.namespace.lower() or prop.name == "AIGC":
            for raw in own_texts(prop.value):
                yield _said(name, location, raw, prop.name)


def read_generated(fields: Iterable[Field]) -> Iterator[Signal]:
    """The SYNTHETIC signals of fields: programs, recipes, labels and statements.

    >>> [s.value for s in read_generated([Field("png:parameters", "a cup\\nSteps: 20, Sampler: Euler a", "png:tEXt")])]
    ['recipe']
    """
    for field in fields:
        text = field.text[:_MAX_TEXT]
        found = _mark(field.name, text)
        if found is not None:
            yield _said(field.name, field.location, text, found)
        for match in _TYPE.finditer(text):
            yield source_type(match[0], field.name, field.location)


def _mark(name: str, text: str) -> str | None:
    """What kind of mark a field's text is, None where it is none."""
    if name in names("programs") or name in names("creators"):
        program = program_in(text)
        if program is not None:
            return program
    if name in _OWN_KEYS or _LABEL.search(text) or _JOB.search(text) or _RECIPE_OF_WEBUI.search(text):
        return "recipe"
    if name in names("recipes") and _is_recipe(text):
        return "recipe"
    if name in names("keywords") and _is_keyword(text):
        return "keyword"
    if name in names("texts") or name in names("creators") or name in names("rights"):
        return _statement(text)
    return None


def _is_keyword(text: str) -> bool:
    """Whether one of some keywords says by itself that a model made the picture."""
    keywords = (part.strip().lstrip("#").lower().replace("-", " ") for part in _KEYWORD_END.split(text))
    return any(keyword in table("synthetic.toml")["keywords"] for keyword in keywords)


def program_in(text: str) -> str | None:
    """The generator of pictures that a text names, None where it names none.

    >>> program_in("Adobe Firefly 3"), program_in("GIMP")
    ('adobe firefly', None)
    """
    lowered = text.lower()
    return next((name for name, word in _programs().items() if name in lowered and word.search(lowered)), None)


def _is_recipe(text: str) -> bool:
    lowered = text.lower()
    if '"class_type"' in lowered:
        return True
    wanted: int = table("synthetic.toml")["recipe_keys_wanted"]
    keys = table("synthetic.toml")["recipe_keys"]
    return sum(f'"{key}"' in lowered or f"{key}:" in lowered for key in keys) >= wanted


def _statement(text: str) -> str | None:
    """The statement that a text makes, unless it is turned round: "not AI generated"."""
    lowered = text.lower()
    if not any(first in lowered for first in _statements()):
        return None
    words = [token.word for token in tokenise(text).words]
    for first, phrases in _statements().items():
        for at in [index for index, word in enumerate(words) if word == first]:
            before = words[max(0, at - _NEGATION_REACH) : at]
            for phrase in phrases:
                if words[at : at + len(phrase)] == list(phrase) and _negations().isdisjoint(before):
                    return " ".join(phrase)
    return None


def _said(name: str, location: str, raw: str, value: str) -> Signal:
    return Signal(SignalSubject.SYNTHETIC, SignalVerdict.DENY, name, location, raw[:MAX_RAW], value[:MAX_RAW])


@cache
def _programs() -> dict[str, re.Pattern[str]]:
    """The names of programs, each with the pattern of that name as a word of its own."""
    return {name: re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in table("synthetic.toml")["programs"]}


@cache
def _statements() -> dict[str, list[tuple[str, ...]]]:
    """The statements by their first word."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in table("synthetic.toml")["statements"]:
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append(words)
    return found


@cache
def _negations() -> frozenset[str]:
    return frozenset(table("synthetic.toml")["negations"].split())
