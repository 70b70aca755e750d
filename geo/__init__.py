"""Places: coordinates, shapes, and the files that hold them. Knows nothing of the web."""
