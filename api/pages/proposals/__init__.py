"""What was suggested, as people read it, talk about it and decide on it."""
