"""What tests have other processes do: importable by name there, as a test module is not."""

from __future__ import annotations

import provenance as pv


def decision_of(verdicts: pv.Verdicts, name: str) -> tuple[str, bool]:
    """What another process reads."""
    return verdicts[name].decision.value, verdicts.stand()
