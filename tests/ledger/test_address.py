"""Passwords of database URLs: in no message, in whatever spelling they were given."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import ProvenanceError
from provenance.ledger.address import address_of, secrets_of, shown, without
from provenance.ledger.database import Database

SECRET = "hunter2"
SPELLINGS = [
    "postgresql+psycopg://u:{}@127.0.0.1:1/db",
    "postgresql+psycopg://u:{}@127.0.0.1:99999/db",
    "postgresql+psycopg://u:{}@127.0.0.1:1x/db",
    "postgresql+psycopg://u:{}@127.0.0.1:-1/db",
    "postgresql+psycopg://u:{}@[::1/db",
    "postgresql+psycopg://u:a@{}@127.0.0.1:1/db",
    "postgresql+psycopg://u:a/{}@127.0.0.1:1/db",
    "postgresql+psycopg://u:a?{}@127.0.0.1:1/db",
    "postgresql+psycopg://127.0.0.1:1/db?password={}&user=u",
    "postgresql+psycopg://127.0.0.1:1/db?user=u&PASSWORD={}",
    "postgresql+psycopg://127.0.0.1:1/db?sslpassword={}",
    "postgresql+psycopg://u:{}@127.0.0.1:1/db?sslmode={}",
    "postgresql+psycopg://u:{}@",
    "://u:{}@h/db",
    "//u:{}@h/db",
    "u:{}@h/db",
    ":{}@h/db",
    "postgresql:u:{}@h/db",
    "postgresql:/u:{}@h/db",
    "jdbc:postgresql://h/db?user=u&password={}",
    "host=h user=u password={}",
    "host=h user=u password='{}'",
    "postgresql+psycopg://h/db#{}",
    "postgresql+psycopg://h/db#password={}",
    "postgresql+psycopg://u@h:1/db?sslmode=require#{}",
    "postgresql+psycopg://h#{}/db",
    "postgresql+psycopg://u:x@h/db;password={}",
    "nosuch://u:{}@h/db",
    "mysql+nosuch://u:{}@h/db",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_password_is_in_no_message_and_in_no_name_of_a_file(
    spelling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProvenanceError) as caught:
        Database.open(spelling.replace("{}", SECRET))
    assert SECRET not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@given(st.text(min_size=1).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_any_password_is_masked_in_what_a_server_may_answer(password: str) -> None:
    import sqlalchemy as sa

    url = sa.URL.create("postgresql+psycopg", "u", password, "db.example", 5432, "x").render_as_string(
        hide_password=False
    )
    told = without(f'connection failed: "{password}" and {url}', secrets_of(url))
    assert f'"{password}"' not in told or password in "***"


def test_an_address_is_shown_without_user_password_and_parameters() -> None:
    url = address_of("postgresql+psycopg://u:p@db.example:5433/x?sslpassword=y", create=False)
    assert shown(url) == "postgresql+psycopg://db.example:5433/x"


@pytest.mark.parametrize("name", ["ledger.db", "./odd:name@x.db", "a b.db", "ünï.db", "sub/l.db"])
def test_paths_are_paths(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    assert address_of(name, create=True).database == name
