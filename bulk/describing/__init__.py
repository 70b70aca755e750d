"""Whole registers described for those who are no people: catalogues, search engines, readers of tables."""
