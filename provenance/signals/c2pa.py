"""Reads C2PA manifests with c2pa-python (extra `c2pa`), with every way to the network closed.

Both training-mining assertions are read: `cawg.training-mining` (CAWG 1.1) and the older `c2pa.training-mining`
(C2PA 1.x), under any suffix, and that one was redacted is told. `constrained` counts as `notAllowed`, as CAWG demands.
Rights and persons in `cawg.metadata`, `CreativeWork` and the older `stds.*` are read like those of XMP. A refusal in an
invalid manifest is still a refusal; a permission counts only from the active manifest of a valid store.

>>> [s.verdict.value for s in use_signals("cawg.ai_training", "constrained", "x", Trust.SIGNED)]
['DENY']
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from provenance.carriers.xmp import flattened
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import MAX_RAW, Field, xmp_fields
from provenance.signals.json_ld import json_properties
from provenance.signals.optout import read_tdm
from provenance.signals.people import read_people
from provenance.signals.plus import read_plus
from provenance.signals.synthetic import program_in, read_synthetic, source_type

_SETTINGS: Final = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    # Identity assertions may name a did:web, which would be looked up.
    "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
}
_LABELS: Final = ("cawg.training-mining", "c2pa.training-mining")
_METADATA: Final = ("cawg.metadata", "c2pa.metadata", "stds.")
_MAX_BYTES: Final = 256 * 1024 * 1024
_MAX_ASSERTIONS: Final = 5_000
_USES: Final = {"allowed": SignalVerdict.ALLOW, "notallowed": SignalVerdict.DENY, "constrained": SignalVerdict.DENY}
_GENERATIVE: Final = SignalSubject.TRAINING_GENERATIVE
_OTHER: Final = SignalSubject.TRAINING_OTHER
_TYPES: Final = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "tiff": "image/tiff",
}
_BRANDS: Final = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"mif1": "image/heif"}


def media_type(family: str, data: bytes) -> str:
    """The media type that the reader wants, from a family of `carriers.sniff`; "" for one it cannot read.

    >>> media_type("jpeg", b"")
    'image/jpeg'
    """
    if family != "boxes":
        return _TYPES.get(family, "")
    if data[4:8] == b"JXL ":
        return "image/jxl"
    return _BRANDS.get(data[8:12], "image/heif" if data[4:8] == b"ftyp" else "")


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a file's manifest store says: signals, and fields that are read on like those of other carriers."""

    signals: tuple[Signal, ...] = ()
    fields: tuple[Field, ...] = ()


def read_c2pa(data: bytes, family: str, location: str) -> Manifests:
    """A file's manifest store. Never raises; what cannot be read is an UNREADABLE signal."""
    kind = media_type(family, data)
    if not kind or len(data) > _MAX_BYTES:
        return Manifests((_unreadable(location, "", "a manifest in a format that is not read"),))
    try:
        import c2pa
    except ImportError:
        return Manifests((_unreadable(location, "", "reading the manifest needs the extra `c2pa`"),))
    try:
        with c2pa.Reader(kind, io.BytesIO(data), context=_context()) as reader:
            store = json.loads(reader.json())
            state = str(reader.get_validation_state())
        found = list(_store(store, state, location))
    except Exception as fault:  # noqa: BLE001 - the library raises whatever the bytes provoke
        if "ManifestNotFound" in type(fault).__name__:
            return Manifests((_unreadable(location, "", "a manifest that the reader does not find"),))
        return Manifests((_unreadable(location, str(fault), type(fault).__name__),))
    return Manifests(
        tuple(each for each in found if isinstance(each, Signal)),
        tuple(each for each in found if isinstance(each, Field)),
    )


@cache
def _context() -> Any:
    import c2pa

    return c2pa.Context(c2pa.Settings.from_json(json.dumps(_SETTINGS)))


def _unreadable(location: str, raw: str, why: str) -> Signal:
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, "c2pa", location, raw[:MAX_RAW], why)


def _store(store: Mapping[str, Any], state: str, location: str) -> Iterator[Signal | Field]:
    valid = state in {"Valid", "Trusted"}
    if not valid:
        yield Signal(
            SignalSubject.UNREADABLE,
            SignalVerdict.UNKNOWN,
            "c2pa",
            location,
            state,
            "manifest is not valid",
            Trust.INVALID,
        )
    count = 0
    for label, manifest in store.get("manifests", {}).items():
        # What an ingredient refuses stays refused; what it allows says nothing about the picture made from it.
        trust = Trust.SIGNED if valid and label == store.get("active_manifest") else Trust.INVALID
        yield from _redactions(manifest.get("redactions", ()), location)
        yield from _agent("claim_generator_info", manifest.get("claim_generator_info", ()), location, trust)
        for assertion in manifest.get("assertions", ()):
            count += 1
            if count > _MAX_ASSERTIONS:
                yield _unreadable(location, "", f"more than {_MAX_ASSERTIONS} assertions")
                return
            yield from _assertion(assertion, location, trust)


def _redactions(redacted: object, location: str) -> Iterator[Signal]:
    """A statement on training that was taken out: it may have been a refusal, which nobody can read any more."""
    for address in redacted if isinstance(redacted, list | tuple) else (redacted,):
        label = str(address).rpartition("/")[2]
        if label.startswith(_LABELS):
            yield _unreadable(f"{location}/{label[:80]}", str(address), "a statement on training was taken out")


def _agent(name: str, agents: object, place: str, trust: Trust) -> Iterator[Signal]:
    """The program that made or signed the picture, where it is a generator."""
    for agent in agents if isinstance(agents, list | tuple) else (agents,):
        told = agent.get("name", "") if isinstance(agent, dict) else agent
        program = program_in(str(told)) if told else None
        if program is not None:
            yield Signal(SignalSubject.SYNTHETIC, SignalVerdict.DENY, name, place, str(told)[:MAX_RAW], program, trust)


def _assertion(assertion: Mapping[str, Any], location: str, trust: Trust) -> Iterator[Signal | Field]:
    label, data = str(assertion.get("label", "")), assertion.get("data")
    place = f"{location}/{label[:80]}"
    if not isinstance(data, dict):
        if label.startswith(_LABELS):
            yield _unreadable(place, str(data), "not a map")
    elif label.startswith(_LABELS):
        yield from _entries(data, place, trust)
    elif label.startswith("c2pa.actions"):
        yield from _actions(data.get("actions", ()), place, trust)
    elif label.startswith(_METADATA) or not label.startswith("c2pa."):
        # An assertion of somebody's own is read as far as its names speak of rights.
        yield from _metadata(data, place, trust)


def _actions(actions: object, place: str, trust: Trust) -> Iterator[Signal]:
    for action in actions if isinstance(actions, list) else ():
        if not isinstance(action, dict):
            continue
        if isinstance(action.get("digitalSourceType"), str):
            yield source_type(action["digitalSourceType"], "c2pa.actions/digitalSourceType", place, trust)
        yield from _agent("c2pa.actions/softwareAgent", action.get("softwareAgent", ()), place, trust)
        parameters = action.get("parameters")
        if isinstance(parameters, dict):
            yield from _redactions(parameters.get("redacted", ()), place)


def _entries(data: Mapping[str, Any], place: str, trust: Trust) -> Iterator[Signal]:
    entries = data.get("entries")
    if not isinstance(entries, dict):
        yield _unreadable(place, str(data), "no entries")
        return
    for key, entry in entries.items():
        use = entry.get("use") if isinstance(entry, dict) else entry
        if str(use) not in {"allowed", "notAllowed", "constrained"}:
            yield _unreadable(f"{place}/{str(key)[:80]}", str(use), "not a known use")
        yield from use_signals(str(key), str(use), place, trust)


def use_signals(key: str, use: str, location: str, trust: Trust) -> Iterator[Signal]:
    """The signals of one entry of a training-mining assertion.

    Mining covers both kinds of training when it is refused, neither when it is allowed. `ai_training` is training of
    models that do not generate. Inference is no training. A key of one's own with training or mining in its name
    can only refuse.
    """
    verdict = _USES.get(use.strip().lower().replace("_", "").replace("-", ""), SignalVerdict.UNKNOWN)
    standard = use in {"allowed", "notAllowed", "constrained"}
    if verdict is SignalVerdict.ALLOW and (trust is not Trust.SIGNED or not standard):
        verdict = SignalVerdict.UNKNOWN
    topic = key.rpartition(".")[2].lower()
    subjects: tuple[SignalSubject, ...]
    if topic == "ai_generative_training":
        subjects = (_GENERATIVE,)
    elif topic == "ai_training":
        subjects = (_OTHER,)
    elif topic == "ai_inference":
        subjects, verdict = (SignalSubject.RIGHTS,), SignalVerdict.UNKNOWN
    elif "train" in topic or "mining" in topic:
        subjects = (_GENERATIVE, _OTHER)
        verdict = SignalVerdict.UNKNOWN if verdict is SignalVerdict.ALLOW else verdict
    else:
        subjects, verdict = (SignalSubject.RIGHTS,), SignalVerdict.UNKNOWN
    for subject in subjects:
        yield Signal(
            subject, verdict, key[:MAX_RAW], location, use[:MAX_RAW], use[:MAX_RAW], trust, nonstandard=not standard
        )


def _metadata(data: Mapping[str, Any], place: str, trust: Trust) -> Iterator[Signal | Field]:
    """The fields of a metadata assertion (JSON-LD), read as the XMP properties that they stand for."""
    properties = tuple(flattened(json_properties(data)))
    signals = (
        *read_plus(properties, place),
        *read_people(properties, place),
        *read_tdm(properties, place),
        *read_synthetic(properties, place),
    )
    for signal in signals:
        unearned = signal.verdict is SignalVerdict.ALLOW and trust is not Trust.SIGNED
        yield replace(signal, trust=trust, verdict=SignalVerdict.UNKNOWN if unearned else signal.verdict)
    yield from xmp_fields(properties, place)
