"""People and programs that may do more than read: the only room with personal data; others hold an opaque id."""
