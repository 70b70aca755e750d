"""How each kind of file is read as a table; `loaders.tabular` chooses between them."""
