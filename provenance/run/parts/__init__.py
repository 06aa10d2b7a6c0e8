"""What was seen in the images of one share of a collection, written as Parquet where no ledger is, and taken later."""
