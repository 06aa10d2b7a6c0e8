"""Whether the file says that a model made the picture. It clears nothing: a generated face may be a real person's.

Sources: IPTC NewsCodes Digital Source Type (2024-10-23), IPTC Photo Metadata Standard 2025.1, the text that image
generators write into PNG, EXIF and XMP, and the label of China's GB 45438-2025 (`AIGC`). Names are in `synthetic.toml`.

>>> source_type("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "n", "x").verdict.value
'DENY'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain, product
from typing import Final

from provenance.carriers.xmp import Property
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import MAX_RAW, Field, names, own_texts, qualified, table
from provenance.signals.text.lexicon import items
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
_TERM_START: Final = re.compile(r"[/:#]")
"""What stands before a term: its address, or the short name of its vocabulary (`digsrctype:`)."""
_FLAG: Final = re.compile(
    r"(?<!\S)--(?:ar \d+:\d+|(?:v|niji|stylize|chaos|weird|iw|quality) \d|style \w|sref \S|cref \S|oref \S|p \w)"
)
"""A flag of Midjourney's. Other programs have some of them, so two are wanted."""
_PREFIX: Final = re.compile(r"[.:]")
"""What stands before the name of a column: the column that it lies in, or its vocabulary (`XMP:`)."""
_TYPE_COLUMN: Final = "digitalsourcetype"
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
_NAME_REACH: Final = 2
_FLAGS_WANTED: Final = 2
_KEPT: Final = 1_000
"""Texts whose statement is kept, since a collection's pictures carry the same one; and characters of such a text."""
_LONGEST: Final = 8
"""Words of the longest statement, or more."""
_MAX_TEXT: Final = 20_000


def source_type(raw: str, name: str, location: str, trust: Trust = Trust.DECLARED) -> Signal:
    """The signal of a digital source type: DENY where it says generated, UNKNOWN otherwise."""
    term = _TERM_START.split(raw.strip().rstrip("/"))[-1]
    generated = "".join(filter(str.isalpha, term.lower())) in table("synthetic.toml")["source_types"]
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
            yield generated(name, location, "present", prop.name)
        elif name in _GENERATORS or "tc260" in prop.namespace.lower() or prop.name == "AIGC":
            for raw in own_texts(prop.value):
                yield generated(name, location, raw, prop.name)


def read_generated(fields: Iterable[Field]) -> Iterator[Signal]:
    """The SYNTHETIC signals of fields: programs, recipes, labels and statements.

    >>> [s.value for s in read_generated([Field("png:parameters", "a cup\\nSteps: 20, Sampler: Euler a", "png:tEXt")])]
    ['recipe']
    """
    for field in fields:
        text = field.text[:_MAX_TEXT]
        found = _mark(field.name, text)
        if found is not None:
            yield generated(field.name, field.location, text, found)
        yield from source_types(text, field.name, field.location)


def source_types(text: str, name: str, location: str) -> Iterator[Signal]:
    """The SYNTHETIC signals of the digital source types that a text names."""
    for match in _TYPE.finditer(text[:_MAX_TEXT]):
        yield source_type(match[0], name, location)


def read_generated_columns(columns: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Signal]:
    """The SYNTHETIC signals of a row, by the names and the texts of its columns that hold anything.

    Generators write a recipe as columns or as the names in a file beside the picture; `exiftool -json` writes types.

    >>> [s.value for s in read_generated_columns([("seed", ()), ("steps", ()), ("sampler", ())])]
    ['recipe']
    """
    told: set[str] = set()
    for name, texts in columns:
        last = _PREFIX.split(name)[-1].strip().lower()
        told.add(last)
        for text in texts:
            if last.replace("_", "") == _TYPE_COLUMN:
                yield source_type(text, name, f"column:{name}")
            else:
                yield from source_types(text, name, f"column:{name}")
    data = table("synthetic.toml")
    if len(told.intersection(data["recipe_keys"])) >= data["recipe_keys_wanted"]:
        yield generated("recipe", "columns", "present", "recipe")


def _mark(name: str, text: str) -> str | None:
    """What kind of mark a field's text is, None where it is none."""
    if name in names("programs") or name in names("creators"):
        program = program_in(text)
        if program is not None:
            return program
    if name in _OWN_KEYS or any(sign.search(text) for sign in (_LABEL, _JOB, _RECIPE_OF_WEBUI)) or _is_graph(text):
        return "recipe"
    if len(_FLAG.findall(text)) >= _FLAGS_WANTED:
        return "recipe"
    if name in names("recipes") and _is_recipe(text):
        return "recipe"
    if name in names("keywords") and _is_keyword(text):
        return "keyword"
    if name in names("texts") or name in names("creators") or name in names("rights"):
        return statement_in(text)
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


def _is_graph(text: str) -> bool:
    """Whether a text is a graph of ComfyUI, as its queue or its page keeps it."""
    return '"class_type"' in text or ('"nodes"' in text and '"links"' in text)


def _is_recipe(text: str) -> bool:
    lowered = text.lower()
    wanted: int = table("synthetic.toml")["recipe_keys_wanted"]
    keys = table("synthetic.toml")["recipe_keys"]
    return sum(f'"{key}"' in lowered or f"{key}:" in lowered for key in keys) >= wanted


def statement_in(text: str) -> str | None:
    """The statement of a text that a model made the picture, None where it makes none or turns it round.

    >>> statement_in("Image cr\u00e9\u00e9e par une IA"), statement_in("not AI generated")
    ('creee par une ia', None)
    """
    return _kept(text) if len(text) <= _KEPT else _stated(text)


def _stated(text: str) -> str | None:
    words = [token.word for token in tokenise(text[:_MAX_TEXT]).words]
    for at in [index for index, word in enumerate(words) if word in _firsts()]:
        for size in range(1, _LONGEST + 1):
            phrase = tuple(words[at : at + size])
            turned = _words("negations").intersection(words[max(0, at - _NEGATION_REACH) : at])
            if (
                phrase in _statements()
                and not turned
                and _words("names").isdisjoint(words[at + size : at + size + _NAME_REACH])
            ):
                return " ".join(phrase)
    return None


_kept: Final = lru_cache(maxsize=_KEPT)(_stated)


def generated(name: str, location: str, raw: str, value: str) -> Signal:
    """The signal of a mark that was found."""
    return Signal(SignalSubject.SYNTHETIC, SignalVerdict.DENY, name, location, raw[:MAX_RAW], value[:MAX_RAW])


@cache
def _programs() -> dict[str, re.Pattern[str]]:
    """The names of programs, each with the pattern of that name as a word of its own."""
    return {name: re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in table("synthetic.toml")["programs"]}


@cache
def _statements() -> frozenset[tuple[str, ...]]:
    written = table("synthetic.toml")["statements"]
    return frozenset(tuple(phrase.split()) for phrase in chain(written, *map(_made, table("synthetic.toml")["made"])))


@cache
def _firsts() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in _statements())


def _made(sentence: Mapping[str, str]) -> Iterator[str]:
    """Every statement of verb, link and maker, in the orders of their language."""
    links, makers = items(sentence["links"]), items(sentence["makers"])
    for verb, link, maker in product(sentence["verbs"].split(), links, makers):
        yield f"{verb} {link} {maker}"
        if sentence["verb"] == "either":
            yield f"{link} {maker} {verb}"


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(table("synthetic.toml")[name].split())
