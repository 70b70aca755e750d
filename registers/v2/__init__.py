"""Version 2 of the contract: its bytes. Items are called blobs, and a value can be redacted without a new hash."""
