"""`registers create`: a new register, as a draft, from a definition in YAML."""

from __future__ import annotations

from dataclasses import replace
from typing import TextIO

import click
import yaml

from cli.verbs import Terminal, verb
from registers import lifecycle
from registers.definition import from_yaml
from registers.errors import Invalid
from registers.register import TIERS


@click.command("create", short_help="Create a draft register from a definition in YAML.")
@click.argument("name")
@click.option(
    "--definition", type=click.File("r", encoding="utf-8-sig"), default="-", help="The YAML file; - is stdin."
)
@click.option(
    "--tier", type=click.Choice(TIERS), help="How much care it asks for; by default what the YAML says, or ordinary."
)
@verb
def command(terminal: Terminal, name: str, definition: TextIO, tier: str | None) -> None:
    """Create the register NAME as a draft, from a definition in YAML (docs/definitions.md shows one)."""
    try:
        document = yaml.safe_load(definition)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid(f"the definition is not YAML: {' '.join(str(error).split())}") from None
    wanted = from_yaml(document, name)
    wanted = replace(wanted, tier=tier or wanted.tier)
    with terminal.store() as store:
        made = lifecycle.create(store, wanted, terminal.authority("terminal"), terminal.settings.operator)
    sentence = f"{made.name} is a draft. Append to it, then: registers publish {made.name}"
    terminal.answer({"register": made.name, "status": made.status, "key-field": made.key_field}, sentence)
