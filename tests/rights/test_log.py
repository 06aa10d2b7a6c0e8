"""The log: what was changed by hand is found, and a ledger is held to the checkpoints that it gave out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.errors import InputError, LedgerError
from provenance.proofs import merkle
from provenance.proofs.notes import Note, Signer
from provenance.rights.about import About

from .conftest import People
from .test_erasure import problems
from .test_releases import release
from .test_requests import ask

SIGNER = Signer.of(Ed25519PrivateKey.generate(), "example.org/photos")


def test_a_ledger_extends_its_own_checkpoints(people: People) -> None:
    rights = people.ledger.rights
    first = rights.checkpoint(SIGNER)
    ask(people, persons=("p1",))
    second = rights.checkpoint(SIGNER)
    held = [rights.extends(Note.parse(one.written), [SIGNER.verifier.text]) for one in (first, second)]
    assert held[0].checkpoint.size < held[1].checkpoint.size
    assert held[0].since >= 1
    assert [[one.name for one in two.signed_by] for two in held] == [["example.org/photos"]] * 2


def test_somebody_else_s_signature_is_not_believed(people: People) -> None:
    note = people.ledger.rights.checkpoint(SIGNER)
    other = Signer.of(Ed25519PrivateKey.generate(), "example.org/photos")
    with pytest.raises(InputError, match="nobody who is believed"):
        people.ledger.rights.extends(note, [other.verifier.text])


def test_proofs_are_those_of_the_tree(people: People) -> None:
    rights = people.ledger.rights
    note = rights.checkpoint(SIGNER)
    size = rights.extends(note).checkpoint.size
    for number in (1, size):
        proof = rights.inclusion(number, size)
        steps, root = [bytes.fromhex(step) for step in proof["proof"]], bytes.fromhex(proof["root"])
        assert merkle.is_included(merkle.leaf_hash(proof["entry"].encode()), number - 1, size, steps, root)
    ask(people, persons=("p1",))
    grown = rights.consistency(size)
    steps = [bytes.fromhex(step) for step in grown["proof"]]
    roots = bytes.fromhex(grown["first_root"]), bytes.fromhex(grown["second_root"])
    assert merkle.is_consistent((size, grown["second"]), steps, roots)
    assert rights.extends(note).checkpoint.root == roots[0]


EXCHANGED = "UPDATE ledger_secret SET secret = CAST('0123456789abcdef0123456789abcdef' AS BYTES)"

CHANGES: list[tuple[str, str, str]] = [
    ("declaration", "UPDATE declaration SET line = 99 WHERE id = 2", "its content"),
    ("record", "UPDATE record SET header = '{}' WHERE id = 1", "its content"),
    ("event", "UPDATE event SET at = at + 1", "its content"),
    ("request", "UPDATE request SET requester = 'T-9'", "its content"),
    ("hold", "UPDATE hold SET until_at = 1", "its content"),
    ("hold_target", "DELETE FROM hold_target WHERE id = 1", "taken out"),
    ("suppression", "DELETE FROM suppression WHERE id = (SELECT max(id) FROM suppression)", "taken out or put in"),
    ("item", "UPDATE item SET source_url = 'https://other.example' WHERE id = 3", "its content"),
    ("chain_head", "UPDATE chain_head SET rows = rows - 1 WHERE name = 'person'", "taken out or put in"),
    ("log_entry", "DELETE FROM log_entry WHERE id = 2", "taken out"),
    ("log_entry", "UPDATE log_entry SET id = CASE id WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE id END", "as entry 3"),
    ("hash_list", "UPDATE hash_chunk SET qualities = first", "its content"),
    ("hash_list", "UPDATE hash_chunk SET ordinal = 1", "its content"),
    ("hash_list", "DELETE FROM hash_chunk", "its content"),
    ("release_chunk", "UPDATE release_chunk SET last = last - 1", "between which"),
    ("release_chunk", "UPDATE release_chunk SET first = first + 1", "between which"),
    ("ledger_secret", "UPDATE ledger_secret SET secret = CAST('short' AS BYTES)", "no secret"),
    ("ledger_secret", EXCHANGED, "no secret of this ledger"),
    ("ledger_secret", "DELETE FROM ledger_secret", "no secret of this ledger"),
    ("ledger_secret", "DELETE FROM chain_head WHERE name = 'ledger_secret'", "the log says otherwise"),
    ("log_entry", "UPDATE log_entry SET leaf = (SELECT leaf FROM log_entry WHERE id = 1) WHERE id = 3", "its leaf"),
]


def _in_turn(change: str) -> list[str]:
    """A change, and what is needed after it where numbers were put out of each other's way."""
    return [change, "UPDATE log_entry SET id = -id WHERE id < 0"] if "-3" in change else [change]


@pytest.mark.parametrize(("table", "change", "told"), CHANGES, ids=[change for _, change, _ in CHANGES])
def test_a_row_that_was_changed_by_hand_is_named(people: People, table: str, change: str, told: str) -> None:
    ask(people, persons=("p1",))
    (people.root / "list.txt").write_text("ab" * 32 + "\n")
    people.ledger.add_list(people.root / "list.txt", kind="sha256", purpose="suppression")
    release(people)
    assert problems(people.ledger) == []
    change = change.replace("BYTES", "BLOB" if people.ledger._database.is_sqlite else "BYTEA")
    by_hand(people, lambda connection: [connection.exec_driver_sql(one) for one in _in_turn(change)])
    found = problems(people.ledger)
    assert any(told in str(one) for one in found), found
    if table not in ("event", "chain_head"):
        assert any(f"table='{table}'" in str(one) for one in found)


def test_a_chain_that_was_written_anew_differs_from_the_log_and_from_checkpoints(people: People) -> None:
    """Whoever can compute digests can rewrite a table; then its log says otherwise, or every checkpoint does."""
    from provenance.ledger import log, schema
    from provenance.ledger.append import digest_of

    ask(people, persons=("p1",))
    note = people.ledger.rights.checkpoint(SIGNER)

    def rewrite(connection: sa.Connection) -> None:
        table = schema.person
        last = b""
        for row in connection.execute(sa.select(table).order_by(table.c.id)).all():
            content = {**row._mapping, "ref": "p9" if row.ref == "p1" else row.ref}
            del content["row_digest"]
            last = digest_of(last, content)
            values = {"ref": content["ref"], "row_digest": last}
            connection.execute(sa.update(table).where(table.c.id == row.id).values(**values))
        connection.execute(
            sa.update(schema.chain_head).where(schema.chain_head.c.name == "person").values(row_digest=last)
        )

    by_hand(people, rewrite)
    assert "the log says otherwise" in str(problems(people.ledger))

    def rewrite_log(connection: sa.Connection) -> None:
        head = connection.execute(sa.text("SELECT row_digest FROM chain_head WHERE name = 'person'")).scalar_one()
        for one in list(log.entries(connection)):
            if "person" in one.heads:
                heads = {**one.heads, "person": (one.heads["person"][0], bytes(head))}
                tables = [(name, *values) for name, values in sorted(heads.items())]
                text = log.entry_text(one.number, 0, "00", tables)
                connection.execute(
                    sa.text("UPDATE log_entry SET entry = :e, leaf = :l WHERE id = :n"),
                    {"e": text, "l": merkle.leaf_hash(text.encode()), "n": one.number},
                )

    by_hand(people, rewrite_log)
    with pytest.raises(InputError, match="does not extend this checkpoint"):
        people.ledger.rights.extends(note, [SIGNER.verifier.text])


def test_a_secret_that_was_exchanged_serves_nobody_and_no_other_is_named_in_its_place(people: People) -> None:
    """Under another secret an erased name would no longer be known again."""
    from provenance.ledger.secret import head_of, named_secret

    filed = ask(people, "erase", items=("b0.png",))
    blob = "BLOB" if people.ledger._database.is_sqlite else "BYTEA"
    by_hand(people, lambda connection: connection.exec_driver_sql(EXCHANGED.replace("BYTES", blob)))
    for act in (
        lambda: people.ledger.rights.erase(filed.request.ref, by="AB"),
        lambda: ask(people, persons=("p1",)),
        lambda: people.ledger.finder(rebuild=True),
    ):
        with pytest.raises(LedgerError, match="secret was taken out, changed or exchanged"):
            act()
    # Whoever has it named anew by the next entry gives it two names in one log.
    by_hand(
        people, lambda connection: connection.exec_driver_sql("DELETE FROM chain_head WHERE name = 'ledger_secret'")
    )
    people.ledger.rights.open_account("lab", "person", by="AB")
    with people.ledger._database.reading() as connection:
        assert named_secret(connection) == head_of(b"0123456789abcdef0123456789abcdef")
    assert "fewer rows of ledger_secret" in str(problems(people.ledger))


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [
            "DELETE FROM log_entry WHERE id = (SELECT max(id) FROM log_entry)",
            "DELETE FROM account",
            "DELETE FROM chain_head WHERE name = 'account'",
        ],
        ["UPDATE checkpoint SET size = size - 1 WHERE id = 2"],
        ["UPDATE checkpoint SET note = 'signed' WHERE id = 2"],
        ["DELETE FROM checkpoint WHERE id = 1"],
    ],
    ids=["nothing", "the log's end", "size", "note", "checkpoint"],
)
def test_verify_holds_the_log_to_what_was_signed_of_it_here(people: People, changes: list[str]) -> None:
    """Whoever takes the last entry out with all that it names leaves a log that fits, and a checkpoint of more."""
    rights = people.ledger.rights
    rights.checkpoint(SIGNER)
    rights.open_account("lab", "person", by="AB")
    rights.checkpoint(SIGNER)
    by_hand(people, lambda connection: [connection.exec_driver_sql(one) for one in changes])
    found = problems(people.ledger)
    assert [one.table for one in people.ledger.verify()] == (["checkpoint"] if changes else []), found


@pytest.mark.parametrize("erased", [False, True], ids=["no erasure", "beside one"])
def test_a_row_that_is_said_to_be_erased_by_no_erasure_is_named(people: People, erased: bool) -> None:
    """Of what was erased the content is not compared: whoever calls a row erased could write into it what they like."""
    if erased:
        people.ledger.rights.erase(ask(people, "erase", items=("b0.png",)).request.ref, by="AB")
    assert problems(people.ledger) == []
    columns = "name, row, erasure_id, row_digest"
    said = f"INSERT INTO erased_row ({columns}) SELECT 'item', 1, 1, row_digest FROM item WHERE id = 1"
    forged = "UPDATE item SET source_url = 'https://forged.example' WHERE id = 1"
    by_hand(people, lambda connection: [connection.exec_driver_sql(one) for one in (said, forged)])
    (found,) = people.ledger.verify()
    told = (
        ("erasure", "its content, or the row before it")
        if erased
        else ("erased_row", "no erasure took this row of item")
    )
    assert (found.table, found.what[: len(told[1])]) == told


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE item SET source_url = 'https://forged.example' WHERE key = EMPTY",
        "UPDATE item SET key = CAST('b0.png' AS BYTES) WHERE key = EMPTY",
        "UPDATE person SET ref = 'p9' WHERE ref LIKE 'erased%'",
        "UPDATE record SET header = '[]' WHERE record_id = ''",
        "UPDATE legal_order SET until_at = 1",
        "UPDATE request SET requester = 'T-9' WHERE targets = '[]'",
    ],
)
def test_what_an_erasure_left_of_a_row_is_compared_too(people: People, change: str) -> None:
    """Its number and what it refers to, of an order all but what it was about; done twice, it left the same."""
    shown = people.root / "order.pdf"
    shown.write_bytes(b"%PDF an order")
    people.ledger.rights.order("P-1", About(persons=("p1",)), authority="OIPC", evidence=shown, by="AB")
    ask(people, "withdraw", persons=("p1",))
    filed = ask(people, "erase", persons=("p1",))
    for _ in range(2):
        people.ledger.rights.erase(filed.request.ref, by="AB")
    people.scan(people.rows()[4:], [people.consent("p2", "r2")])
    people.decisions()
    assert problems(people.ledger) == []
    lite = people.ledger._database.is_sqlite
    spelt = change.replace("BYTES", "BLOB" if lite else "BYTEA").replace("EMPTY", "x''" if lite else "''::bytea")
    by_hand(people, lambda connection: connection.exec_driver_sql(spelt.replace("%", "%%") if not lite else spelt))
    assert {one.table for one in people.ledger.verify()} == {"erasure"}


def by_hand(people: People, change: Callable[[sa.Connection], object]) -> None:
    """Change rows as somebody would who opens the database with another program."""
    engine = sa.create_engine(people.ledger._database.engine.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        change(connection)
