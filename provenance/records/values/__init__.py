"""Single values: what each kind of field takes, in whatever way people write it, and what it refuses."""
