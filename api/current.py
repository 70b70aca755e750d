"""What the application that answers now was given: its settings and its store."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, current_app

from api.heads import Heads
from api.opened import Opened
from bulk.releases import folder_beside as files_beside
from geo.areas.following import Areas, folder_beside
from geo.features.following import Features
from loaders.saying import last_load
from people.secret import read_secret
from registers.settings import Settings
from registers.store.engine import Store
from review.looking import Known

STORE = "registers-store"
HEADS = "registers-heads"
SETTINGS = "registers-settings"
AREAS = "registers-areas"
OPENED = "registers-areas-opened"
FEATURES = "registers-features"


def give(app: Flask, settings: Settings, store: Store) -> None:
    """Hand an application what its views read through; `extensions["registers-store"]` is for gunicorn's hook."""
    app.extensions[SETTINGS] = settings
    app.extensions[STORE] = store
    app.extensions[HEADS] = Heads(store)
    app.extensions[AREAS] = Areas(folder_beside(store, settings.places_folder))
    app.extensions[OPENED] = Opened(store, app.extensions[AREAS])
    app.extensions[FEATURES] = Features(folder_beside(store, settings.places_folder))


def settings() -> Settings:
    """The settings of the application that answers."""
    found: Settings = current_app.extensions[SETTINGS]
    return found


def store() -> Store:
    """The store of the application that answers."""
    found: Store = current_app.extensions[STORE]
    return found


def files_folder() -> Path:
    """Where the files of whole registers are."""
    return files_beside(store(), settings().bulk_folder)


def areas() -> Areas:
    """The indexes of areas that the application that answers looks into."""
    found: Areas = current_app.extensions[AREAS]
    return found


def known() -> Known:
    """What plans are held against beside their registers."""
    return Known(areas(), last_load)


def opened() -> Opened:
    """What this worker remembers of the registers of areas."""
    found: Opened = current_app.extensions[OPENED]
    return found


def features() -> Features:
    """The positions of records that the application that answers sends."""
    found: Features = current_app.extensions[FEATURES]
    return found


def heads() -> Heads:
    """What this worker remembers of where registers stand."""
    found: Heads = current_app.extensions[HEADS]
    return found


def secret() -> bytes:
    """What this service seals with. Raises Unavailable when it cannot be had."""
    return read_secret(settings().secret, store())
