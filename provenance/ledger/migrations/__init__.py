"""Schema changes between released versions, run by Alembic from inside the package.

Alembic takes a second to import, so this module is only touched when a ledger is not at the current revision.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def revisions() -> tuple[str, ...]:
    """Every revision that this version of the package knows."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the ledger behind an open writing connection to a revision, the newest unless another is named."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
