"""Out, as messages: who wants to hear of changes, and what was sent to them."""
