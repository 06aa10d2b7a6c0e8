"""`provenance completion`: what makes a shell complete commands and options."""

from __future__ import annotations

import click

from provenance.cli.options import example
from provenance.cli.surroundings import Command

EXAMPLES = example("provenance completion bash", "provenance completion zsh")


@click.command(name="completion", cls=Command, epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str) -> int:
    """Print the script for SHELL. In bash: `eval "$(provenance completion bash)"`, in a start-up file.

    Exit status: 0 printed.
    """
    from click.shell_completion import get_completion_class

    from provenance.cli.main import provenance

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(provenance, {}, "provenance", "_PROVENANCE_COMPLETE").source())
    return 0
