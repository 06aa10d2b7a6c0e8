"""The `provenance` command: finds the subcommand, and turns every error into one line and an exit status.

Exit status: 0 every image may be used, 1 at least one may not, 2 usage, input or internal error or anything
unfinished, 3 nothing to check.
"""

from __future__ import annotations

import difflib
import gc
import importlib
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any, Final, NoReturn

import click

from provenance import __version__
from provenance.cli.speak import Speaker, finish_output, keep_descriptors, ready_output, say
from provenance.errors import ProvenanceError

_COMMANDS: Final = {
    "gate": "Judge every image of a collection; exit 1 if one may not be used.",
    "scan": "Register the images of a collection without judging them.",
    "explain": "Show why one image may be used or not, and what would change it.",
    "status": "Show what the ledger holds, and what is due.",
    "ls": "List the images of the ledger.",
    "find": "Find where a photo, or an edited copy of it, is held.",
    "duplicates": "List pictures that the ledger holds more than once.",
    "lists": "Compare lists of hashes with every collection, and write such lists.",
    "withdraw": "Take a person's consent back, with effect at once.",
    "object": "Record a person's objection to a use.",
    "erase": "Erase what is held of a person or an image, and keep it out.",
    "restrict": "Have images not used until a question about them is settled.",
    "orders": "Record orders of regulators and courts, which nothing overrides.",
    "release": "Freeze what the gate allows, and look whether it may still be used.",
    "log": "Sign checkpoints of the ledger's log, and prove what it says.",
    "access": "Write what is held about somebody, to be handed to them.",
    "accounts": "Open and revoke the accounts of those who may be given something.",
    "disclose": "Record that a release is given to somebody, if it may be.",
    "trace": "Trace images from their source to every recipient.",
    "due": "List what has to be done by when, and destroy what was kept long enough.",
    "retention": "Say until when images may be kept, and bring what was found at their sources.",
    "assessments": "Record assessments of necessity and proportionality of a purpose.",
    "breaches": "Record breaches of security safeguards, and what was done about them.",
    "report": "Write the figures of the ledger, for a regulator or the public.",
    "requests": "Show what people asked for and what is due, and what became of it.",
    "convert": "Make a manifest of a table that a known dataset or tool brings along.",
    "review": "Look at pictures and decide about findings: on a page, or in a spreadsheet.",
    "manifest": "Write a manifest to fill in.",
    "schema": "Print the JSON Schema of a kind of file: manifest, records, context, waivers, reviews.",
    "values": "List the words that a field takes, and what each means.",
    "statements": "Show which manifests and records were taken, and let one count no more.",
    "retract": "Let a refusal count no more, in somebody's name and with a reason.",
    "verify": "Find what was changed in the ledger by hand.",
    "db": "Look after the ledger: derive anew, prune, copy, take what other machines saw.",
    "policy": "Look over jurisdiction packs, see what changed ones would do, play scenarios.",
    "init": "Write a first configuration into the working folder.",
    "demo": "Lay out a small collection of real photographs and gate it.",
    "completion": "Print what makes a shell complete commands and options.",
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant. Raises UsageError, with the nearest name, for one that there is not."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"there is no command {args[0]}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


class _Terminated(BaseException):
    """The process was asked to end."""


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="provenance")
def provenance() -> None:
    """Know where every image of a dataset came from, and let nothing through that nobody can account for."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    keep_descriptors()
    signal.signal(signal.SIGTERM, _end)
    status = run(arguments)
    # Or the interpreter looks through all that was made before it ends, which takes longer than many a command.
    gc.freeze()
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        # What an interrupted scan left waiting for a server or a disk would hold the process for minutes.
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; gives the exit status. No error leaves a traceback unless PROVENANCE_DEBUG is set."""
    given = sys.argv[1:] if arguments is None else arguments
    speaker = Speaker.of(given)
    try:
        ready_output()
        result: Any = provenance.main(args=arguments, prog_name="provenance", standalone_mode=False)
        finish_output()
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        return 2
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx is not None else "provenance"
        return speaker.fail(f"{error.format_message().rstrip('.')}; see `{name} --help`")
    except click.ClickException as error:
        return speaker.fail(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return speaker.fail("interrupted; run the same command again to go on")
    except _Terminated:
        return speaker.fail("ended by SIGTERM; run the same command again to go on")
    except ProvenanceError as error:
        return speaker.fail(str(error), error.exit_status)
    except SystemExit as end:
        if not end.code:  # the shell was told how to complete a word
            return 0
        # click's answer to a reader that left; its status would be 1, which is a verdict
        return speaker.fail("whoever read standard output left before all of it was written")
    except OSError as error:
        return speaker.fail(_told(error))
    except Exception as error:  # noqa: BLE001 - the last place where an error can be told
        if os.environ.get("PROVENANCE_DEBUG"):
            return speaker.trace()
        problem = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        return speaker.fail(f"internal error: {problem}; set PROVENANCE_DEBUG=1 for the traceback and report it")
    return result if isinstance(result, int) else 0


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


def _told(error: OSError) -> str:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return f"{where}{error.strerror or type(error).__name__}; free the way and run the same command again"
