"""One module a format. Each writes a register at a state as a stream, in memory that does not grow with it."""
