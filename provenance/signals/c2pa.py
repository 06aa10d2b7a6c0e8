"""Reads C2PA manifests with c2pa-python (extra `c2pa`), with every way to the network closed.

Both training-mining assertions are read: `cawg.training-mining` (CAWG 1.1) and the older `c2pa.training-mining`
(C2PA 1.x), under any suffix. `constrained` counts as `notAllowed`, as CAWG demands. A refusal in an invalid manifest
is still a refusal; a permission counts only from the active manifest of a valid store.

>>> [s.verdict.value for s in use_signals("cawg.ai_training", "constrained", "x", Trust.SIGNED)]
['DENY']
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import MAX_RAW
from provenance.signals.plus import data_mining, minor_age
from provenance.signals.synthetic import source_type

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


def read_c2pa(data: bytes, family: str, location: str) -> tuple[Signal, ...]:
    """The signals of a file's manifest store. Never raises; what cannot be read is an UNREADABLE signal."""
    kind = media_type(family, data)
    if not kind or len(data) > _MAX_BYTES:
        return (_unreadable(location, "", "a manifest in a format that is not read"),)
    try:
        import c2pa
    except ImportError:
        return (_unreadable(location, "", "reading the manifest needs the extra `c2pa`"),)
    try:
        with c2pa.Reader(kind, io.BytesIO(data), context=_context()) as reader:
            store = json.loads(reader.json())
            state = str(reader.get_validation_state())
        return tuple(_store_signals(store, state, location))
    except Exception as fault:  # noqa: BLE001 - the library raises whatever the bytes provoke
        if "ManifestNotFound" in type(fault).__name__:
            return (_unreadable(location, "", "a manifest that the reader does not find"),)
        return (_unreadable(location, str(fault), type(fault).__name__),)


@cache
def _context() -> Any:
    import c2pa

    return c2pa.Context(c2pa.Settings.from_json(json.dumps(_SETTINGS)))


def _unreadable(location: str, raw: str, why: str) -> Signal:
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, "c2pa", location, raw[:MAX_RAW], why)


def _store_signals(store: Mapping[str, Any], state: str, location: str) -> Iterator[Signal]:
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
        for assertion in manifest.get("assertions", ()):
            count += 1
            if count > _MAX_ASSERTIONS:
                yield _unreadable(location, "", f"more than {_MAX_ASSERTIONS} assertions")
                return
            yield from _assertion(assertion, location, trust)


def _assertion(assertion: Mapping[str, Any], location: str, trust: Trust) -> Iterator[Signal]:
    label, data = str(assertion.get("label", "")), assertion.get("data")
    place = f"{location}/{label[:80]}"
    if not isinstance(data, dict):
        if label.startswith(_LABELS):
            yield _unreadable(place, str(data), "not a map")
    elif label.startswith(_LABELS):
        yield from _entries(data, place, trust)
    elif label.startswith("c2pa.actions"):
        for action in data.get("actions", ()):
            if isinstance(action, dict) and isinstance(action.get("digitalSourceType"), str):
                yield source_type(action["digitalSourceType"], "c2pa.actions/digitalSourceType", place, trust)
    elif label.startswith(_METADATA):
        yield from _metadata(data, place, trust)


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


def _metadata(data: Mapping[str, Any], place: str, trust: Trust) -> Iterator[Signal]:
    """PLUS and IPTC fields repeated in a metadata assertion (JSON-LD, top level only)."""
    for key, value in data.items():
        if not isinstance(value, str):
            continue
        name = key.rpartition(":")[2]
        if name == "DataMining":
            found: tuple[Signal, ...] = data_mining(value, key, place, trust)
        elif name == "MinorModelAgeDisclosure":
            found = minor_age(value, key, place, trust)
        elif name == "DigitalSourceType":
            found = (source_type(value, key, place, trust),)
        else:
            continue
        for signal in found:
            if signal.verdict is not SignalVerdict.ALLOW or trust is Trust.SIGNED:
                yield signal
