"""Nothing in a file can make a reader open a connection."""

from __future__ import annotations

import socket

import pytest

from provenance.model import SignalSubject
from provenance.signals.c2pa import read_c2pa
from provenance.signals.embedded import read_embedded


@pytest.fixture
def no_sockets(monkeypatch):
    opened = []

    def refuse(*args, **kwargs):
        opened.append(args)
        raise OSError("no connections in this test")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return opened


def test_no_carrier_opens_a_socket(files, no_sockets):
    xmp = files.packet(
        "<dcterms:provenance>https://example.com/manifest.c2pa</dcterms:provenance>"
        '<xmpRights:WebStatement>https://example.com/</xmpRights:WebStatement><cc:license rdf:resource="https://example.com/"/>'
    )
    external = (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://example.com/">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&e;</x:xmpmeta>'
    )
    for packet in (xmp, external):
        for data in files.carriers(packet).values():
            read_embedded(data)
    assert no_sockets == []


@pytest.mark.corpus
def test_a_remote_manifest_is_not_fetched(corpus, no_sockets):
    """The native library has sockets of its own: its answer shows that it was forbidden to use them."""
    pytest.importorskip("c2pa")
    (signal,) = read_c2pa((corpus / "c2pa" / "cloud.jpg").read_bytes(), "jpeg", "jpeg:APP11").signals
    assert signal.subject is SignalSubject.UNREADABLE
    assert signal.raw.startswith("Remote: must fetch remote manifests from url https://cai-manifests.adobe.com/")
    assert no_sockets == []
