"""The forms that suggest: a record, many by a file, what a register says of itself, what is to be taken away."""
