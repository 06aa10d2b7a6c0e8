"""Where a picture, or an edited copy of it, is held: the ledger and the exact search brought together."""
