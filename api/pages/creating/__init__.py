"""The form that makes a register."""
