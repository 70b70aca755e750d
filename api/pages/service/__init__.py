"""The service itself: its first page and search, its documentation, what it tells crawlers and finders of faults."""
