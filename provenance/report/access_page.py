"""What is held about somebody, as a page in Markdown that can be handed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provenance.printable import counted, printable


def access_page(held: Mapping[str, Any]) -> str:
    """The page of what `rights.access.held_about` found."""
    return "".join(f"{printable(line)}\n" for line in _lines(held))


def _lines(held: Mapping[str, Any]) -> Iterator[str]:
    images = held["images"]
    yield "# What is held about you"
    yield ""
    yield f"Looked for: {', '.join(held['about'])}. {counted(len(images), 'image')} found."
    for image in images:
        yield ""
        yield f"## {_plain(image['collection'])}/{_plain(image['item'])}"
        yield ""
        yield f"- held now: {'yes' if image['held_now'] else 'no'}; SHA-256 {image['sha256'] or 'unknown'}"
        where, when = _plain(image["source_url"]), image["acquired_at"]
        yield f"- from {where or 'an unknown source'}, {when or 'at an unknown time'}"
        for row in image["declared"]:
            told = "; ".join(f"{key}: {_plain(value)}" for key, value in row.items() if key != "stated_by")
            yield f"- stated by {_plain(row['stated_by'])}: {told}"
        for one in image["said_by_the_file"]:
            yield f"- said by {_plain(one['where'])}: {_plain(one['name'])} {_plain(one['value'])}"
        for record in image["records"]:
            events = ", ".join(f"{event['state']} {event['at']}" for event in record["events"]) or "no event"
            terms = record["terms"]
            yield f"- basis {_plain(terms.get('basis'))} ({_plain(record['record_id'])}): {events}"
        for told in image["verdicts"]:
            said = f"{told['decision']} ({told['reason']})" if told["decision"] else "not kept"
            yield f"- judged {told['at']} for {told['purpose'] or 'no purpose'}: {said}"
        for name in image["requests"]:
            yield f"- request {name}"
        for name in image["releases"]:
            yield f"- in the release {_plain(name)}"
    yield ""
    yield "# Who was given them"
    yield ""
    for one in held["recipients"]:
        yield (
            f"- {_plain(one['recipient'])} (account {_plain(one['account'])}), {one['at']}: "
            f"{_plain(one['release']) or 'found by a search'}, for {one['purpose']}"
        )
    if not held["recipients"]:
        yield "Nobody, as far as is recorded."


def _plain(value: object) -> str:
    """A text from outside on one line, in which Markdown sees no markup."""
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")
    text = " ".join(shown.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in text)
