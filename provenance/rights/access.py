"""What is held about somebody, to be handed to them (GDPR Art. 15, PIPEDA s. 8): as data, for JSON and for a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy.engine import Connection

from provenance.ledger.accounts import Disclosure
from provenance.rights.about import About, Found, images_named
from provenance.rights.tracing import Traced, trace


def held_about(connection: Connection, about: About, found: Found) -> dict[str, Any]:
    """Everything that is held about what was named. Of other people shown nothing is told."""
    persons = frozenset(one.ref for one in found.people)
    traced = trace(connection, images_named(connection, found), persons)
    given = {(one.at, one.kind, one.id): one for image in traced for one in image.disclosures}
    return {
        "about": list(about.words),
        "images": [as_record(image) for image in traced],
        "recipients": [disclosure_record(one) for _, one in sorted(given.items())],
    }


def as_record(image: Traced) -> dict[str, Any]:
    """One traced image as an object for JSON."""
    return {
        "collection": image.collection,
        "collection_uri": image.collection_uri,
        "item": image.item,
        "sha256": image.sha256,
        "held_now": image.is_current,
        "source_url": image.source_url,
        "acquired_at": image.acquired_at,
        "declared": [{"stated_by": name, **row} for name, row in image.declared],
        "said_by_the_file": [dict(zip(("where", "name", "value"), one, strict=True)) for one in image.said_by_file],
        "people": list(image.people),
        "records": [
            {**asdict(one), "events": [dict(zip(("state", "at"), event, strict=True)) for event in one.events]}
            for one in image.records
        ],
        "verdicts": [
            {**asdict(one), "at": one.at.isoformat(), "as_of": one.as_of.isoformat()} for one in image.verdicts
        ],
        "requests": list(image.requests),
        "releases": list(image.releases),
        "disclosures": [disclosure_record(one) for one in image.disclosures],
    }


def disclosure_record(one: Disclosure) -> dict[str, Any]:
    """A disclosure as an object for JSON."""
    return {**asdict(one), "at": one.at.isoformat()}


def lines_of_graph(traced: Iterable[Traced]) -> list[str]:
    """From sources to recipients, as the lines of a graph in the language of Graphviz.

    Nodes are numbered, so that an image, a release and a recipient of one name, or images of one name in two
    collections, are not one.
    """
    nodes: dict[tuple[str, ...], str] = {}
    labels: dict[str, str] = {}
    edges: dict[str, None] = {}

    def node(label: str, *key: str) -> str:
        name = nodes.setdefault(key, f"n{len(nodes) + 1}")
        labels[name] = label
        return name

    for image in traced:
        name = node(f"{image.collection}/{image.item}", "image", image.collection_uri, image.item, image.sha256)
        sources = [image.source_url] if image.source_url else [source for source, _ in image.declared]
        before = [node(source, "source", source) for source in sources]
        before += [node(f"{one.source}: {one.record_id}", "record", one.source, one.record_id) for one in image.records]
        released = {release: node(release, "release", release) for release in image.releases}
        edges.update({f"{one} -> {name}": None for one in before})
        edges.update({f"{name} -> {one}": None for one in released.values()})
        for one in image.disclosures:
            recipient = node(f"{one.recipient} ({one.account})", "recipient", one.recipient, one.account)
            edges[f"{released.get(one.release, name)} -> {recipient}"] = None
    told = [f"  {name} [label={_quoted(label)}];" for name, label in labels.items()]
    return ["digraph provenance {", "  rankdir=LR;", *told, *(f"  {edge};" for edge in edges), "}"]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
