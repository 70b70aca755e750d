"""What the application that answers now was given: its settings and its store."""

from __future__ import annotations

from flask import Flask, current_app

from registers.settings import Settings
from registers.store.engine import Store

STORE = "registers-store"
SETTINGS = "registers-settings"


def give(app: Flask, settings: Settings, store: Store) -> None:
    """Hand an application what its views read through; `extensions["registers-store"]` is for gunicorn's hook."""
    app.extensions[SETTINGS] = settings
    app.extensions[STORE] = store


def settings() -> Settings:
    """The settings of the application that answers."""
    found: Settings = current_app.extensions[SETTINGS]
    return found


def store() -> Store:
    """The store of the application that answers."""
    found: Store = current_app.extensions[STORE]
    return found
