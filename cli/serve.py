"""`registers serve`: the API under gunicorn, as deploy/gunicorn.conf.py says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cli.verbs import Terminal, verb
from registers.errors import Unavailable
from registers.store import registers
from registers.store.engine import Store

CONFIGURATION = Path(__file__).resolve().parent.parent / "deploy" / "gunicorn.conf.py"


@click.command("serve", short_help="Serve the API.")
@click.option("--host", help="The address to listen on; by default REGISTERS_HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; by default REGISTERS_PORT, or 8000.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default REGISTERS_WORKERS, or one a core.")
@verb
def command(terminal: Terminal, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the API over HTTP, until it is stopped."""
    if not CONFIGURATION.exists():
        raise Unavailable(f"gunicorn's configuration is not at {CONFIGURATION}; serve from a checkout of the project")
    host, port = host or terminal.settings.host, port or terminal.settings.port
    with terminal.store() as store:
        if not terminal.as_json:
            click.echo(_welcome(store, host, port))
    os.environ["REGISTERS_DATABASE_URL"] = store.url.render_as_string(hide_password=False)
    os.environ |= {"REGISTERS_HOST": host, "REGISTERS_PORT": str(port)}
    if workers:
        os.environ["REGISTERS_WORKERS"] = str(workers)
    sys.stdout.flush()
    # gunicorn takes this process over, so that signals reach it and the settings above are all it reads.
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", str(CONFIGURATION)])  # noqa: S606


def _welcome(store: Store, host: str, port: int) -> str:
    url = f"http://{host}:{port}"
    with store.reading() as tx:
        names = [found.name for found in registers.find_published(tx.connection)]
    lines = [f"The data is in {store.place}", f"Serving {len(names)} registers at {url}"]
    return "\n".join([*lines, *to_try(url, names), "Stop with Ctrl-C."])


def to_try(url: str, names: list[str]) -> list[str]:
    """What a newcomer may try, a line each, with the registers of these names."""
    typed, root = sys.argv[0], f"{url}/v2/registers/country"
    first = ["Things to try:", f"  open {url} in a browser"]
    if "country" not in names:
        return [*first, f"  curl {url}/readyz", f"  {typed} load countries"]
    places = [f"  curl '{url}/v2/places?lon=2.35&lat=48.85'"] if "country-area" in names else []
    return [*first, f"  curl {root}/records/GB", *places, f"  {typed} audit {url}/v1/registers/country"]
