"""The `registers` command: the same acts as elsewhere, at a terminal. One module a verb."""
