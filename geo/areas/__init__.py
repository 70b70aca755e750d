"""Areas: every version of each, as files to look points and other areas up in."""
