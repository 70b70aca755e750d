"""The command and its verbs. A verb's module is loaded when it is asked for, so that each starts at once."""

from __future__ import annotations

import sys
from importlib import import_module

import click

VERBS = (
    "init",
    "list",
    "create",
    "describe",
    "publish",
    "drop",
    "load",
    "scaffold",
    "append",
    "propose",
    "review",
    "show",
    "history",
    "dump",
    "build",
    "sync",
    "check",
    "link",
    "audit",
    "rename",
    "retire",
    "redact",
    "backup",
    "restore",
    "api-keys",
    "people",
    "roles",
    "serve",
    "work",
)


class Verbs(click.Group):
    """Finds each verb in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order in which one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"cli.{cmd_name.replace('-', '_')}").command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="registers")
@click.option("--database", metavar="URL", help="The database; by default REGISTERS_DATABASE_URL.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def registers(database: str | None, as_json: bool) -> None:
    """Registers: lists held once and used everywhere, in an append-only log that anyone can check."""


def main() -> None:
    """The `registers` command."""
    try:
        registers(prog_name="registers")
    except BrokenPipeError:
        # Whoever read us has read enough; what is still buffered has nowhere to go.
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
