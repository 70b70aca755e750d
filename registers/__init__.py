"""Registers: append-only, provable lists. The nouns and rules; no web, network or data frames.

A register is an append-only log of entries. Everything else decides what is appended, or is a way of reading it.
"""
