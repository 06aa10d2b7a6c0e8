"""The `provenance` command: finds the subcommand, and turns every error into one line and an exit status.

Exit status: 0 every image may be used, 1 at least one may not, 2 usage, input or internal error or anything
unfinished, 3 nothing to check.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, Final, NoReturn

import click

from provenance import __version__
from provenance.errors import ProvenanceError

_COMMANDS: Final = {
    "gate": "Judge every image of a collection; exit 1 if one may not be used.",
    "scan": "Register the images of a collection without judging them.",
    "explain": "Show every fact, rule and citation behind one image's verdict.",
    "find": "Find where a photo, or an edited copy of it, is held.",
    "lists": "Hold lists of hashes against every collection, and write such lists.",
    "policy": "Look over jurisdiction packs, see what changed ones would do, play scenarios.",
    "duplicates": "List pictures that the ledger holds more than once.",
    "review": "Export findings for a human's decision, and import what was decided.",
    "demo": "Lay out a small collection of real photographs and gate it.",
}


class _LazyGroup(click.Group):
    """A group that knows its commands' names without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"provenance.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="provenance")
def provenance() -> None:
    """Know where every image of a dataset came from, and let nothing through that nobody can account for."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; gives the exit status. No error leaves a traceback unless PROVENANCE_DEBUG is set."""
    try:
        result: Any = provenance.main(args=arguments, prog_name="provenance", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; run the same command again to go on", 2)
    except ProvenanceError as error:
        return _say(str(error), error.exit_status)
    except SystemExit:
        return 2  # click's answer to a reader that left; its status would be 1, which is a verdict
    except Exception as error:
        if os.environ.get("PROVENANCE_DEBUG"):
            raise
        problem = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        return _say(f"internal error: {problem}; set PROVENANCE_DEBUG=1 for the traceback and report it", 2)
    return result if isinstance(result, int) else 0


def _say(problem: str, status: int) -> int:
    click.echo(f"error: {problem}", err=True)
    return status
