"""A dataset's description in Croissant 1.1: what may be used, for what, from where, and how it was judged.

Source: MLCommons Croissant 1.1 (record sets, `usageInfo`, W3C PROV terms) and Croissant RAI 1.0.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final, TextIO

from provenance import __version__
from provenance.printable import counted
from provenance.report.gate_report import GateReport
from provenance.report.records import primary
from provenance.vocabulary import PREFIXES, Decision, Purpose

CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.1"
FIELDS: Final = {
    "file_name": "The image's name in its collection.",
    "collection": "The collection.",
    "sha256": "The SHA-256 of its bytes, in hexadecimal.",
    "decision": "What the gate decided.",
    "reason": "The code of the primary reason.",
    "source_url": "Where it was taken from.",
    "licence": "Its licence as its collector spells it.",
}
_RULE: Final = (
    "An image is listed only if a named reviewer saw nobody in it, or each person shown has a recorded basis for this "
    "purpose that was in effect at the gate's clock."
)
_LICENCES: Final = 50
_ROWS: Final = "rows of the record set"
CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def write_croissant(report: GateReport, out: TextIO) -> None:
    """The description, with one record for each image that may be used, written image by image."""
    licences = Counter(one.licence or "" for one in report.verdicts.released())
    head, _, tail = json.dumps(_dataset(report, licences), indent=1).rpartition(json.dumps(_ROWS))
    out.write(head + "[")
    between = ""
    for one in report.verdicts.released():
        values = (one.item, one.collection, one.sha256, one.decision.value, one.reason, one.source_url, one.licence)
        record = dict(zip((f"images/{name}" for name in FIELDS), values, strict=True))
        out.write(f"{between}\n  {json.dumps(record)}")
        between = ","
    out.write("]" + tail + "\n")


def _dataset(report: GateReport, licences: Counter[str]) -> dict[str, Any]:
    """The whole description, in which a text stands for the records. These come last."""
    verdicts = report.verdicts
    name = " and ".join(gated.name for gated in verdicts.collections)
    clock = verdicts.evaluated_at.isoformat()
    described: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "description": (
            f"The images of {name} whose records are in order for {report.purpose or 'no stated purpose'}: "
            f"{counted(licences.total(), 'image')} of {counted(len(verdicts), 'image')} that were judged."
        ),
        "conformsTo": [CONFORMS_TO, "http://mlcommons.org/croissant/RAI/1.0"],
        "url": [gated.uri for gated in verdicts.collections],
        "license": [licence for licence, _ in licences.most_common(_LICENCES) if licence],
        "dateModified": clock[:10],
        "isLiveDataset": False,
        "usageInfo": usage(verdicts.context.purpose),
        "rai:dataUseCases": [report.purpose or "none was stated"],
        "rai:personalSensitiveInformation": _people(report),
        "prov:wasDerivedFrom": _sources(report),
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "name": verdicts.summary(),
            "description": [f"{one.decision.value} {one.reason}: {primary(one)}" for one in report.findings],
            "prov:endedAtTime": clock,
            "prov:used": [f"{code} {version}" for code, version in sorted(verdicts.rulepacks.items())],
            "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "name": f"consent-provenance {__version__}"},
        },
    }
    if not described["license"]:
        del described["license"]  # unknown, which is not the same as none
    fields = [
        {"@type": "cr:Field", "@id": f"images/{field}", "name": field, "description": text, "dataType": "sc:Text"}
        for field, text in FIELDS.items()
    ]
    key = [{"@id": "images/collection"}, {"@id": "images/file_name"}]
    records = {"@type": "cr:RecordSet", "@id": "images", "name": "images", "key": key, "field": fields, "data": _ROWS}
    return {**described, "recordSet": [records]}


def usage(purpose: Purpose | None) -> list[dict[str, str]]:
    """For what images were judged, by the terms of W3C's Data Privacy Vocabulary."""
    if purpose is None:
        return []
    told = {"@type": "sc:CreativeWork", "name": f"Judged for {purpose.value}; for nothing else"}
    found = [one.partition(":") for one in purpose.iris]
    return [{**told, "url": PREFIXES[prefix] + term} for prefix, _, term in found] or [told]


def _people(report: GateReport) -> list[str]:
    """Whether people are shown and on what bases, of all images that were judged."""
    told = [
        _RULE,
        f"{counted(report.verdicts.counts.get(Decision.BLOCK, 0), 'image')} of those judged were blocked.",
    ]
    if report.ledger is not None:
        found = report.ledger.overview(report.verdicts)
        told += [f"Basis, of the images judged: {one.name}: {one.images:,}" for one in found.by_basis]
        told += [
            f"Age of the youngest person, of the images judged: {one.name}: {one.images:,}" for one in found.by_age
        ]
    return told


def _sources(report: GateReport) -> list[dict[str, str]]:
    if report.ledger is None:
        return []
    return [
        {"@type": "prov:Entity", "name": f"{one.name} ({counted(one.images, 'image')})"}
        for one in report.ledger.overview(report.verdicts).by_source
    ]
