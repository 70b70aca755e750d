"""Who agrees to a change before it is made: proposals, what is decided on them, and the policies that ask for it."""
