"""Where a ledger is: a path or a database's URL, and how either is shown without its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote, unquote_plus

import sqlalchemy as sa

from provenance.errors import LedgerError

HIDDEN: Final = "***"

_CREDENTIALS: Final = re.compile(r"/{0,3}[\w+.-]*:.*@", re.ASCII | re.DOTALL)
"""A user and a password before a host, whatever became of the scheme: `u:secret@host`, `postgresql:/u:secret@host`."""

_SETTING: Final = re.compile(r"(?i)\b(\w*(?:pass|pwd|secret|token|key)\w*)\s*=\s*('[^']*'|[^\s&;]*)")
"""A secret among the parameters of a URL, or in the `name=value` form of the PostgreSQL library."""

_STRANGE: Final = frozenset("#;")
"""Signs that stand escaped in the address of a database on a server."""

_USER_INFO: Final = re.compile(r"[^/:@]*:(.*)@", re.DOTALL)


def address_of(text: str, *, create: bool) -> sa.URL:
    """The URL that a path or a URL stands for.

    Raises LedgerError, which never shows what may hold a password.

    >>> address_of("ledger.db", create=True).database
    'ledger.db'
    """
    if is_url(text):
        return _checked(text)
    path = Path(text)
    if path.is_dir():
        raise LedgerError(f"the ledger {text} is a folder", remedy=f"name a file, such as {path / 'ledger.db'}")
    if not create and not path.exists():
        raise LedgerError(f"there is no ledger at {text}", remedy="run `provenance scan` first, or check --ledger")
    if not path.parent.is_dir():
        raise LedgerError(f"the folder of the ledger {text} does not exist", remedy=f"create {path.parent}")
    return sa.URL.create("sqlite+pysqlite", database=text)


def is_url(text: str) -> bool:
    """Whether a text is meant as a database's URL, be it a broken one, and may hold a password.

    >>> is_url("u:secret@host/db"), is_url("photos/a:b@c.db")
    (True, False)
    """
    return "://" in text or bool(_CREDENTIALS.match(text) or _SETTING.search(text))


def shown(url: sa.URL) -> str:
    """A URL without user, password and parameters; of a file its path.

    >>> shown(sa.make_url("postgresql+psycopg://u:secret@db.example/x?sslpassword=y"))
    'postgresql+psycopg://db.example/x'
    """
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return sa.URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def sendable(url: sa.URL) -> sa.URL:
    """A URL that may be stored or sent: with its user and its settings, without a password or another secret.

    >>> sendable(sa.make_url("postgresql+psycopg://u:secret@h/x?sslmode=require&sslpassword=y"))
    postgresql+psycopg://u@h/x?sslmode=require
    """
    query = {name: value for name, value in url.query.items() if not _SETTING.search(f"{name}={value}")}
    # `url.set(password=None)` would leave the password as it is.
    return sa.URL.create(url.drivername, url.username, None, url.host, url.port, url.database, query)


def secrets_of(text: str) -> frozenset[str]:
    """What may be a password in a text, in every spelling that a message could repeat.

    >>> sorted(secrets_of("postgresql://u:a%40b@h/db?password=c"))
    ['a%40b', 'a@b', 'c']
    """
    found = [match[1] for match in _USER_INFO.finditer(text.split("://", 1)[-1].lstrip("/"))]
    with suppress(sa.exc.ArgumentError, ValueError):
        found.append(str(sa.make_url(text).password or ""))
    found += [match[2].strip("'") for match in _SETTING.finditer(text)]
    spellings = {spelling for one in found for spelling in (one, unquote(one), unquote_plus(one))}
    return frozenset(spelling for spelling in spellings if spelling)


def without(text: str, secrets: Iterable[str]) -> str:
    """A text in which no secret stands any more, the longest taken first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _checked(text: str) -> sa.URL:
    remedy = (
        "write DIALECT://USER:PASSWORD@HOST/NAME, with : / @ in the password as %3A %2F %40, and no # or ; behind it"
    )
    problem = LedgerError(
        "the ledger's address is no database URL (it is not shown: it may hold a password)", remedy=remedy
    )
    try:
        url = sa.make_url(text)
        port = url.port or 0
    except (sa.exc.ArgumentError, ValueError):
        raise problem from None
    # An unescaped @ in a password makes its end a part of the host; behind # or ; other programs keep settings.
    strange = "@" in f"{url.host}{url.database}" or not _STRANGE.isdisjoint(text.rpartition("@")[2])
    if (strange and url.get_backend_name() != "sqlite") or not 0 <= port < 1 << 16:
        raise problem
    return url
