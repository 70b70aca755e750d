"""The tests, in folders that mirror the rooms of the code; `engines` starts the databases they run on."""
