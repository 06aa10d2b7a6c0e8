"""What the command takes from where it is run: the project's configuration, never one that a collection brought."""

from __future__ import annotations

import os
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from provenance.cli import own_ledgers
from provenance.errors import UsageError
from provenance.private_files import require_own
from provenance.urls import path_of

CONFIGURATION: Final = "pyproject.toml"

_FORMATS: Final = {"format": "format_name", "output": "outputs"}
_PARAMETERS: Final = {**_FORMATS, "as": "known_as", "evidence_folder": "evidence_folders"}
_NAMED: Final = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


class Command(click.Command):
    """A command whose options may stand in `[tool.provenance]` of the working folder's `pyproject.toml`."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Take what the configuration says for what neither the command line nor the environment does."""
        asks_for_help = any(word in ("-h", "--help") for word in args)
        options = {} if asks_for_help else _options()
        if self.name != "gate":  # other commands have formats of their own
            options = {name: value for name, value in options.items() if name not in _FORMATS.values()}
        return super().make_context(info_name, args, parent, default_map=options, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, unless it would believe what lies in the collection that it looks at."""
        around = _around(ctx.params.get("collections") or ())
        if around is None:
            return super().invoke(ctx)
        ledger = _require_named(ctx, around)
        try:
            return super().invoke(ctx)
        finally:
            if ledger is not None and ledger.exists():
                own_ledgers.note(ledger)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant. Raises UsageError, with those there are, for one that there is not."""
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            raise click.UsageError(f"{ctx.command_path} has no {args[0]}, but {', '.join(names)}", ctx)
        return super().resolve_command(ctx, args)


def configuration() -> Path | None:
    """The `pyproject.toml` of the working folder, if it has a table for this command.

    Raises UntrustedFile where another user may write it, ContextError where it cannot be read.
    """
    path = Path(CONFIGURATION)
    if not path.is_file():
        return None
    from provenance.records.configuration import read_table

    if not read_table(path):
        return None
    require_own(path, "the configuration")
    return path


def _options() -> MutableMapping[str, Any]:
    path = configuration()
    if path is None:
        return {}
    from provenance.records.configuration import read_options

    found = read_options(path)
    return {_PARAMETERS.get(name, name): value for name, value in found.items()}


def _around(collections: Iterable[str]) -> str | None:
    """The collection that the working folder is, or lies in."""
    here = Path.cwd()
    for collection in collections:
        for folder in (here, *here.parents):
            try:
                if os.path.samefile(folder, path_of(collection)):  # noqa: PTH121 - it may be a URL, and no path
                    return collection
            except (OSError, ValueError):
                continue
    return None


def _require_named(ctx: click.Context, collection: str) -> Path | None:
    """Raise UsageError where a ledger or a configuration of the collection would count that nobody named.

    Gives the ledger that this command may make there.
    """
    where = f"the working folder lies in the collection {collection}"
    made = None
    if "ledger" in ctx.params and ctx.get_parameter_source("ledger") not in _NAMED:
        ledger = Path(ctx.params["ledger"])
        if not ledger.exists():
            made = ledger
        elif not own_ledgers.knows(ledger):
            problem = f"{where}, and a ledger from there is not believed"
            raise UsageError(problem, remedy="name the ledger with --ledger")
    if configuration() is not None and ctx.params.get("context_file") is None:
        raise UsageError(
            f"{where}, and its {CONFIGURATION} is not believed", remedy="name a configuration with --context"
        )
    return made
