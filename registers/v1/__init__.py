"""Version 1 of the contract: its bytes. What GOV.UK Registers published and hashed."""
