"""In: a module a source, with its definition beside it, and what brings their rows to the log."""
