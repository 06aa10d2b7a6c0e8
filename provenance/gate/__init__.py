"""The gate: derive the facts of what changed, decide each distinct combination once, join the verdicts back."""
