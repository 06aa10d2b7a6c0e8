"""A small collection of real photographs to try the gate on, laid out from packages that are already installed."""
