"""Reads XMP packets (ISO 16684-1) into properties keyed by namespace URI and local name, never by prefix.

A prefix is a writer's choice: a reader that drops namespaces lets a foreign `DataMining` overwrite the real one.
Document types and entities are refused, and depth, number and size are bounded while the packet is being parsed.

>>> packet = read_xmp(b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
...                   b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/png"/></rdf:RDF>')
>>> [(p.name, p.value.text) for p in packet.properties]
[('format', 'image/png')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_LANG: Final = f"{{{_XML}}}lang"
_ARRAYS: Final = frozenset({f"{{{RDF}}}Alt", f"{{{RDF}}}Bag", f"{{{RDF}}}Seq"})
_EMPTY: Final = re.compile(rb"\s*<\?xpacket begin[^>]*>\s*<\?xpacket end[^>]*>\s*")
"""A wrapper around nothing, which some editors leave when they take the metadata out."""
_BODY: Final = re.compile(rb"<(?:\w+:)?(?:xmpmeta|xapmeta|RDF)\b")
_MAX_DEPTH: Final = 40
_MAX_NODES: Final = 50_000
"""Elements and attributes of one packet."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value: text, the items of an array, or the fields of a structure. `lang` is its xml:lang."""

    text: str = ""
    items: tuple[Value, ...] = ()
    fields: tuple[Property, ...] = ()
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """A property or a structure's field: namespace URI, local name, value."""

    namespace: str
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Packet:
    """The properties of a packet. `problem` is empty, or says why the packet could not be read whole."""

    properties: tuple[Property, ...]
    problem: str = ""


def texts(value: Value) -> Iterator[str]:
    """Every non-blank text of a value, its items and its fields, in document order.

    >>> list(texts(Value(items=(Value("a"), Value("b")))))
    ['a', 'b']
    """
    # Without recursion: a generator in a generator for each level would cost the square of the depth.
    pending = [value]
    while pending:
        each = pending.pop()
        if each.text.strip():
            yield each.text.strip()
        pending += [part.value for part in reversed(each.fields)]
        pending += reversed(each.items)


def flattened(properties: Iterable[Property]) -> Iterator[Property]:
    """Every property, and every field inside it, outer before inner."""
    pending = list(properties)[::-1]
    while pending:
        prop = pending.pop()
        yield prop
        if prop.value.fields or prop.value.items:
            pending += reversed(list(_inside(prop.value)))


def _inside(value: Value) -> Iterator[Property]:
    """The fields of a value and of its array items, but not what lies inside those fields."""
    yield from value.fields
    for item in value.items:
        yield from _inside(item)


def read_xmp(data: bytes) -> Packet:
    """The properties of an XMP packet in UTF-8, UTF-16 or UTF-32. Never raises.

    What was read before a fault is kept beside the `problem`, so that a prohibition is not lost with the rest.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    def parsed(text: bytes) -> tuple[list[_Node], str]:
        tree = _Tree()
        parser = DefusedXMLParser(target=tree, forbid_dtd=True)
        try:
            parser.feed(text)
            parser.close()
        except DefusedXmlException as fault:
            return tree.roots, f"refused: {type(fault).__name__}"
        except (SyntaxError, ValueError, LookupError) as fault:
            # ParseError is a SyntaxError; LookupError and ValueError come from encodings that do not exist.
            return tree.roots, f"not well-formed: {str(fault)[:200]}"
        except TooMuchError as fault:
            return tree.roots, str(fault)
        return tree.roots, ""

    text = _trimmed(data)
    roots, problem = parsed(text)
    start = _BODY.search(text)
    if problem and not roots and start:
        # A damaged packet wrapper is no reason to lose a prohibition inside it.
        roots, _ = parsed(text[start.start() :])
    elif problem and _EMPTY.fullmatch(text):
        problem = ""
    return Packet(tuple(prop for node in roots for prop in _described(node)), problem)


class TooMuchError(Exception):
    """A packet exceeds the depth or the number of nodes that a real one has."""


@dataclass(slots=True)
class _Node:
    tag: str
    attributes: dict[str, str]
    children: list[_Node] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


class _Tree:
    """Collects the rdf:RDF elements of a document, within the limits."""

    def __init__(self) -> None:
        self.roots: list[_Node] = []
        self._stack: list[_Node] = []
        self._depth = 0
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1 + len(attributes)
        if self._depth > _MAX_DEPTH:
            raise TooMuchError(f"nested deeper than {_MAX_DEPTH}")
        if self._count > _MAX_NODES:
            raise TooMuchError(f"more than {_MAX_NODES} elements and attributes")
        if self._stack:
            node = _Node(tag, attributes)
            self._stack[-1].children.append(node)
            self._stack.append(node)
        elif tag == f"{{{RDF}}}RDF":
            node = _Node(tag, attributes)
            self.roots.append(node)
            self._stack.append(node)

    def end(self, _tag: str) -> None:
        self._depth -= 1
        if self._stack:
            self._stack.pop()

    def data(self, text: str) -> None:
        if self._stack:
            self._stack[-1].parts.append(text)

    def close(self) -> None:
        return None


def _trimmed(data: bytes) -> bytes:
    """The packet in an encoding that expat knows, without the padding that writers leave around it."""
    if data.startswith((b"\xff\xfe\0\0", b"<\0\0\0")):
        return data.decode("utf-32-le", "replace").lstrip("\ufeff").rstrip("\0 \r\n\t").encode()
    if data.startswith((b"\0\0\xfe\xff", b"\0\0\0<")):
        return data.decode("utf-32-be", "replace").lstrip("\ufeff").rstrip("\0 \r\n\t").encode()
    if data.startswith((b"\xff\xfe", b"<\0")):
        return data.decode("utf-16-le", "replace").lstrip("\ufeff").rstrip("\0 \r\n\t").encode()
    if data.startswith((b"\xfe\xff", b"\0<")):
        return data.decode("utf-16-be", "replace").lstrip("\ufeff").rstrip("\0 \r\n\t").encode()
    return data.lstrip(b"\0 \r\n\t").rstrip(b"\0 \r\n\t")


def _described(root: _Node) -> Iterator[Property]:
    """The properties of the descriptions in an rdf:RDF element."""
    for node in root.children:
        yield from _fields(node)


def _fields(node: _Node) -> Iterator[Property]:
    """The properties of a description: attributes first, then elements."""
    for key, text in node.attributes.items():
        namespace, name = _split(key)
        if namespace not in {"", RDF, _XML}:
            yield Property(namespace, name, Value(text))
    for child in node.children:
        namespace, name = _split(child.tag)
        yield Property(namespace, name, _value(child))


def _value(node: _Node) -> Value:
    """The value of a property element, in any of the forms of ISO 16684-1 clause 7."""
    lang = node.attributes.get(_LANG, "")
    if node.attributes.get(f"{{{RDF}}}parseType") == "Resource":
        return _structure(tuple(_fields(node)), lang)
    resource = node.attributes.get(f"{{{RDF}}}resource")
    if resource is not None:
        return Value(resource, fields=tuple(_fields(node)), lang=lang)
    if not node.children:
        text = "".join(node.parts)
        fields = tuple(_fields(node))
        return _structure(fields, lang, text) if fields else Value(text, lang=lang)
    if len(node.children) == 1 and node.children[0].tag in _ARRAYS:
        items = tuple(_value(item) for item in node.children[0].children)
        return Value(items=items, lang=lang)
    if len(node.children) == 1 and node.children[0].tag == f"{{{RDF}}}Description":
        return _structure(tuple(_fields(node.children[0])), lang)
    # Structures without their description element are wrong but common enough in private namespaces.
    return _structure(tuple(_fields(node)), lang, "".join(node.parts).strip())


def _structure(fields: tuple[Property, ...], lang: str, text: str = "") -> Value:
    """A structure; one with an rdf:value is that value with qualifiers."""
    for part in fields:
        if part.namespace == RDF and part.name == "value":
            others = tuple(other for other in fields if other is not part)
            return Value(part.value.text or text, part.value.items, others, lang)
    return Value(text, fields=fields, lang=lang)


def _split(key: str) -> tuple[str, str]:
    namespace, brace, name = key[1:].partition("}") if key.startswith("{") else ("", "", key)
    return (namespace, name) if brace else ("", key)
