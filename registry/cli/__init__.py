"""The command `registry`."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and leave with its exit code.

    0: all is well; 1: what was given does not fit; 2: something outside failed, or the command was used wrongly.

    Args:
        arguments: What stands after the command's name; by default what the process was started with.
    """
    from registry.cli.commands import command

    command.main(arguments, prog_name="registry")
