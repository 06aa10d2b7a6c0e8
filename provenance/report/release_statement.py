"""What a release's file says of itself, for tools of others: an in-toto statement, and a summary in Croissant.

Both are made of the file alone, which was checked, and equal files give equal bytes. Source: in-toto Attestation
Framework, Statement v1; MLCommons Croissant 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TextIO

from provenance.printable import counted
from provenance.proofs.canonical import canonical
from provenance.report.croissant import CONFORMS_TO, CONTEXT, usage
from provenance.rights.release_file import FORMAT, Read
from provenance.vocabulary import Purpose

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://pypi.org/project/consent-provenance/#release/v1"
"""Names what the predicate below says; the number goes up where a member comes to mean something else."""


def write_statement(found: Read, out: TextIO) -> None:
    """Write the statement: its subject is the file by its digest, its predicate what the gate went by."""
    header = found.header
    predicate = {
        "release": found.name,
        "format": FORMAT,
        "images": found.images,
        "merkleRoot": found.root.hex(),
        "purposes": _purposes(header),
        "recipients": _context(header).get("recipients", []),
        "counts": header["counts"],
        "rulepacks": header["rulepacks"],
        "waivers": header["waivers"],
        "evaluatedAt": header["clock"],
        "releasedBy": header["by"],
        "software": header["software"],
    }
    subject = {"name": f"{found.name}.jsonl", "digest": {"sha256": found.sha256.hex()}}
    whole = {"_type": STATEMENT, "subject": [subject], "predicateType": PREDICATE, "predicate": predicate}
    out.write(canonical(whole).decode() + "\n")


def write_summary(found: Read, out: TextIO) -> None:
    """Write a description of the release whose one file is the release's own: a dataset's page takes it as it is."""
    header = found.header
    purposes = _purposes(header)
    left_out = {name: number for name, number in header["counts"].items() if name not in ("ALLOW", "ALLOW_BY_REVIEW")}
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": found.name,
        "description": (
            f"{counted(found.images, 'image')} whose records are in order for {', '.join(purposes) or 'no purpose'}. "
            "A verdict reports the state of an audit; it does not say that a use is lawful."
        ),
        "conformsTo": [CONFORMS_TO, "http://mlcommons.org/croissant/RAI/1.0"],
        "dateModified": str(header["clock"])[:10],
        "isLiveDataset": False,
        "usageInfo": usage(Purpose(purposes[0]) if purposes else None),
        "rai:dataUseCases": purposes or ["none was stated"],
        "rai:personalSensitiveInformation": [f"Left out as {name}: {number:,}" for name, number in left_out.items()],
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "name": f"gate of {header['clock']}, Merkle root {found.root.hex()}",
            "prov:endedAtTime": header["clock"],
            "prov:used": [f"{code} {version}" for code, version in sorted(header["rulepacks"].items())],
            "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "name": header["software"]},
        },
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "release",
                "name": "release",
                "contentUrl": f"{found.name}.jsonl",
                "encodingFormat": "application/jsonl",
                "sha256": found.sha256.hex(),
            }
        ],
    }
    out.write(json.dumps(described, indent=1) + "\n")


def _context(header: Mapping[str, Any]) -> Mapping[str, Any]:
    context: Mapping[str, Any] = header["context"]
    return context


def _purposes(header: Mapping[str, Any]) -> list[str]:
    purpose = _context(header).get("purpose")
    return [purpose] if purpose else []
