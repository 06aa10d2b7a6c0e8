"""What the source of an image said when it was captured: headers, robots.txt, HTML and licence files, read offline."""

from provenance.signals.web.evidence import Capture, WebEvidence, evidence_from
from provenance.signals.web.read import read_web

__all__ = ["Capture", "WebEvidence", "evidence_from", "read_web"]
