"""The ledger: what is known of every image and every basis, appended to and never rewritten, in one SQL database."""
