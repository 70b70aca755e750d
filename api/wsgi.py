"""What gunicorn loads: the application over the settings of the environment, its database checked first."""

from __future__ import annotations

from flask import Flask

from api import request_log
from api.app import create_app
from registers.opening import open_store
from registers.settings import read_settings
from registers.store.schema import check_schema


def _start() -> Flask:
    """The application. Raises Unavailable, naming the command that helps, for a database of another release."""
    settings = read_settings()
    request_log.configure(settings.log_level)
    store = open_store(settings.database_url)
    check_schema(store)
    store.close()  # workers are forked from this process, and a connection must not be shared with them
    return create_app(settings, store)


application = _start()
