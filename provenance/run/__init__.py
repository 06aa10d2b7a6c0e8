"""Running a scan: from a collection on disk to rows of the ledger, resumable at any moment."""
