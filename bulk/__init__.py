"""Out, as files: a register at a state is immutable, so a download is a file, made once and named by its state."""
