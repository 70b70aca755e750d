"""A register as people read it: its table, records, entries, files, and what it says of itself."""
