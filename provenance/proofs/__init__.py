"""What can be checked without the ledger: Merkle trees, canonical JSON, signed notes and signatures. Pure."""
