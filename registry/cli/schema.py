"""`registry schema`."""

import json
from typing import Literal

import click

from registry.cli.options import app_option, complete_name, find_app


@click.command()
@click.argument("name", required=False, shell_complete=complete_name)
@app_option
@click.option("--draft", type=click.Choice(["2020-12", "draft-07"]), default="2020-12", help="The dialect to write.")
def schema(name: str | None, app: str | None, draft: Literal["2020-12", "draft-07"]) -> None:
    """Print the JSON Schema of all entries, or of one.

    Editors complete and check YAML by it: registry schema > .registry.schema.json, and as first line of a config
    # yaml-language-server: $schema=.registry.schema.json
    """
    click.echo(json.dumps(find_app(app).json_schema(name, dialect=draft), indent=2))
