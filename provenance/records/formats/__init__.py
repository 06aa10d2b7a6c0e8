"""The formats of files: CSV, JSON Lines, TOML and Parquet become raw rows with their line numbers."""
