"""Throw made-up and damaged web evidence, texts and columns at their readers, for as many cases as you like.

    python tests/fuzz/web_text.py --cases 50000 --seed 1

Each case is made from the seed and its number alone, so a failure can be had again with `--only NUMBER`. A case fails
where a reader raises, gives a value that cannot be stored, allows anything that no exact permission stands behind, or
takes longer than its bound.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable

from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.columns import read_columns
from provenance.signals.fields import table
from provenance.signals.precedence import sum_up
from provenance.signals.text import language_of, read_text
from provenance.signals.text.lexicon import lexicon
from provenance.signals.web import read_web

SLOWEST = 10.0
"""Seconds for one case; far above what any takes on a slow machine, far below a hang."""

WEB = [
    *"""noai noimageai noindex none noml googlebot: gptbot: *: tdm-reservation train-ai=n train-ai=y ai-train=no
    ai-train=yes search=y User-agent: Disallow: Allow: Content-Usage: Content-Signal: License: Sitemap: / /a.jpg *.jpg
    * $ 1 0 2 "1" <meta name=robots content= > <link rel=license href= <script type=application/rsl+xml> </script <!--
    --> <rsl> <content> <license> <permits> <prohibits> ai-all </permits> </prohibits> </license> </content> </rsl> [ ]
    { } "location": "tdm-reservation": , ; : = & %41 % <!DOCTYPE <!ENTITY &a; <![CDATA[ # GPTBot CCBot img2dataset
    https://example.org/a.jpg""".split(),  # noqa: SIM905 - seventy strings in a list read worse
    *["\n", "\r\n", "\t", " ", "\ufeff"],
]
STRANGE = ["\x00", "\ud800", "\u202e", "\ufdfa", "e\u0301", "\u200b", "\u0130", "\xdf", "\u0661", "\xb2", "\U0001d7d9"]
STRANGE += ["A" * 300, "-", "9" * 30]
WHOLE = {
    "robots_txt": "User-agent: *\nDisallow: /b\nContent-Usage: / train-ai=y\n\nUser-agent: GPTBot\nDisallow: /\n",
    "html": '<html><meta name="robots" content="noai"><link rel="license" href="https://example.org/l">'
    '<script type="application/rsl+xml"><rsl/></script>',
    "tdmrep": '[{"location": "/", "tdm-reservation": 0, "tdm-policy": "https://example.org/p"}]',
    "ai_txt": "User-Agent: *\nDisallow: *.jpg\nAllow: *.png\n",
    "rsl": '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><permits type="usage">ai-train</permits>'
    '<payment type="free"/></license></content></rsl>',
    "url": "https://example.org/photos/a.jpg",
    "captured_at": "2026-11-22T12:00:00+00:00",
}
PARTS = ["headers", "robots_txt", "html", "tdmrep", "ai_txt", "rsl", "url", "captured_at"]
HEADERS = ["X-Robots-Tag", "tdm-reservation", "tdm-policy", "Content-Usage", "Content-Signal", "Link", "x-robots-TAG"]
FIELDS = ["caption", "alt_text", "keywords", "file_name", "source_url", "title"]
URLS = ["https://example.org/a.jpg", "https://example.qc.ca/photos/b.png?x=1", "", "http://[", "/a.jpg", None]


def words(rng: random.Random, source: list[str], most: int) -> str:
    glue = rng.choice([" ", "", "\n", ", ", "\r\n", "; "])
    return glue.join(rng.choice(source if rng.random() < 0.9 else STRANGE) for _ in range(rng.randrange(most)))


def damaged(rng: random.Random, text: str) -> str:
    for _ in range(rng.randrange(4)):
        at, size = rng.randrange(len(text) + 1), rng.randrange(12)
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:at] + text[at + size :]
        elif kind == 1:
            text = text[:at] + rng.choice(STRANGE) + text[at:]
        elif kind == 2:
            text = text[:at] + text[at : at + size] * rng.randrange(60) + text[at + size :]
        else:
            text = text[:at] + text[at:].swapcase()
    return text


def cell(rng: random.Random, depth: int = 0) -> object:
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice([rng.randrange(-5, 200), rng.random(), float("nan"), float("inf"), 10**400, -0.0])
    if kind == 2:
        return damaged(rng, words(rng, WEB, 12))
    if kind == 3:
        return words(rng, WORDS, 15).encode("utf-8", "replace")
    if kind in (4, 5):
        return words(rng, WORDS, 15)
    if kind == 6:
        return [cell(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 7:
        return {rng.choice([*HEADERS, "location", "tdm-reservation", "raw"]): cell(rng, depth + 1) for _ in range(3)}
    return json.dumps({"Image Copyright": "x", "GPS GPSLatitude": "[1, 2/0]", "Image Artist": words(rng, WORDS, 5)})


def web(rng: random.Random) -> tuple[Signal, ...]:
    evidence: dict[str, object] = {}
    for part in rng.sample(PARTS, rng.randrange(1, 5)):
        if part == "headers" and rng.random() < 0.7:
            evidence[part] = [(damaged(rng, rng.choice(HEADERS)), words(rng, WEB, 10)) for _ in range(rng.randrange(5))]
        else:
            made = WHOLE.get(part, "") if rng.random() < 0.5 else words(rng, WEB, 40)
            evidence[part] = damaged(rng, made) if rng.random() < 0.9 else cell(rng)
    return read_web(evidence, url=rng.choice(URLS))


def text(rng: random.Random) -> tuple[Signal, ...]:
    made = words(rng, WORDS, 40)
    made = damaged(rng, made)
    if rng.random() < 0.01:
        made *= rng.randrange(1, 2_000)
    language_of(made)
    return read_text(rng.choice(FIELDS), made)


def columns(rng: random.Random) -> tuple[Signal, ...]:
    return read_columns({damaged(rng, rng.choice(NAMES)): cell(rng) for _ in range(rng.randrange(8))})


WORDS = sorted({word for phrases in lexicon().phrases.values() for phrase in phrases for word in phrase.words})
WORDS += [*lexicon().numbers, *(str(n) for n in range(25)), "years", "old", "jahrige", ",", ".", "-", "(", ")"]
NAMES = sorted({n for listed in table("columns.toml").values() if isinstance(listed, list) for n in listed})
READERS: dict[str, Callable[[random.Random], tuple[Signal, ...]]] = {"web": web, "text": text, "columns": columns}


def fault(signals: tuple[Signal, ...], reader: str) -> str:
    """What is wrong with a result, or ""."""
    for signal in signals:
        for value in (signal.raw, signal.value, signal.location, signal.name):
            if len(value) > 1_100 or "\x00" in value:
                return f"a value that cannot be stored: {value[:80]!r}"
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                return f"a value that is not UTF-8: {value[:80]!r}"
        if signal.verdict is SignalVerdict.ALLOW and (reader != "web" or signal.nonstandard):
            return f"an allow from {reader}: {signal}"
        if signal.subject is SignalSubject.UNREADABLE and signal.verdict is not SignalVerdict.UNKNOWN:
            return f"an unreadable that decides: {signal}"
    denied = any(
        s.verdict is SignalVerdict.DENY and not s.name.startswith("tdm") for s in signals if "TRAINING" in s.subject
    )
    summary = sum_up(signals)
    if denied and SignalVerdict.DENY not in (summary.generative_training, summary.other_training):
        return "a deny that was lost"
    return ""


def run_case(seed: int, number: int) -> tuple[str, str, float]:
    rng = random.Random(f"{seed}/{number}")
    reader = rng.choice(["web", "web", "text", "text", "columns"])
    began = time.monotonic()
    try:
        problem = fault(READERS[reader](rng), reader)
    except Exception as error:  # noqa: BLE001 - any exception at all is the finding
        problem = f"{type(error).__name__}: {error}"
    spent = time.monotonic() - began
    return reader, problem or ("too slow" if spent > SLOWEST else ""), spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="run this one case, with its traceback")
    options = parser.parse_args()
    if options.only is not None:
        rng = random.Random(f"{options.seed}/{options.only}")
        reader = rng.choice(["web", "web", "text", "text", "columns"])
        sys.stdout.write(f"{reader}: {fault(READERS[reader](rng), reader) or 'no fault'}\n")
        return 0
    counts: Counter[str] = Counter()
    slowest, failed = 0.0, 0
    for number in range(options.cases):
        reader, problem, spent = run_case(options.seed, number)
        counts[reader] += 1
        slowest = max(slowest, spent)
        if problem:
            failed += 1
            sys.stdout.write(f"case {number} ({reader}): {problem}\n")
    shown = ", ".join(f"{reader} {count}" for reader, count in sorted(counts.items()))
    sys.stdout.write(
        f"{options.cases} cases ({shown}), seed {options.seed}: {failed} failed, slowest {slowest:.3f} s\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
