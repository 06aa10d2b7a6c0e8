"""What is imported when, and who may import whom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]

HEAVY = {"numpy", "PIL", "sqlalchemy", "pydantic", "alembic", "pyarrow", "imagehash", "scipy", "c2pa"}
TERMINAL = {"rich", "click"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running `code`."""
    show = "import sys; print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_is_light():
    assert not loaded_by("import provenance") & (HEAVY | TERMINAL)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_asking_the_command_what_it_is_is_light(arguments):
    loaded = loaded_by(f"from provenance.cli.main import run; run({arguments})")
    assert "click" in loaded
    assert not loaded & HEAVY


def test_a_gate_does_not_load_what_only_migrations_and_extras_need(workspace):
    workspace.add("a.png")
    loaded = loaded_by(f"from provenance.cli.main import run; run({workspace.gate_arguments()})")
    assert {"sqlalchemy", "PIL"} <= loaded
    assert not loaded & {"alembic", "pyarrow", "torch", "ray", "faiss", "requests", "httpx"}


def test_data_flows_one_way():
    """The contracts of pyproject.toml: what stands left in the data's way never imports what stands right."""
    tool = Path(sys.executable).with_name("lint-imports")
    if not tool.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([tool, "--no-cache"], cwd=_ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "data flows one way KEPT" in done.stdout


def test_every_module_is_imported_where_posix_is_missing():
    """As on Windows: without these modules, and without the flags and functions that only POSIX has."""
    modules = [
        ".".join(path.relative_to(_ROOT).with_suffix("").parts)
        for path in sorted((_ROOT / "provenance").rglob("*.py"))
        if "migrations" not in path.parts and path.name not in ("__main__.py", "__init__.py")
    ]
    code = f"""
import importlib, os, sys
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
flags = ("O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC")
for name in (*flags, "sched_getaffinity", "sysconf", "fork", "register_at_fork", "geteuid", "fchmod"):
    delattr(os, name)
missing = []
for name in {modules}:
    try:
        importlib.import_module(name)
    except (AttributeError, ImportError, TypeError) as error:
        missing.append((name, str(error)))
print(missing)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_room_has_its_place_in_the_contract():
    import tomllib

    contract = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    placed = {name.strip(" ()").partition(".")[2] for layer in contract["layers"] for name in layer.split("|")}
    rooms = {
        path.stem
        for path in (_ROOT / "provenance").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and not path.name.startswith("_")
    }
    assert rooms <= placed
