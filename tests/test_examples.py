"""Every script under docs/examples runs, and every pipeline under docs/pipelines does what its page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
PIPELINES = ROOT / "docs" / "pipelines"

FOUR = "['chelsea.png', 'china.jpg', 'coffee.png', 'rocket.jpg']"
SAYS = {
    "pytorch.py": ("torch", ["4 allowed", f"subset: {FOUR}", f"sampled: {FOUR}", f"watched: {FOUR}"]),
    "hf_datasets.py": ("datasets", ["4 of 11 rows", "saved: 4", "streamed: 4", "marked: ['ALLOW', 'BLOCK', 'REVIEW']"]),
    "webdataset_shards.py": (
        "webdataset",
        ["4 allowed", "selected: ['chelsea', 'china', 'coffee', 'rocket']", "00000.tar: 4 kept, 6 refused"],
    ),
    "known_tables.py": ("ijson", ["2 rows; without a licence: 1", "coffee.png BLOCK", "rocket.jpg BLOCK"]),
    "release.py": ("", ["4 images in allowed.txt", "licences: CC0-1.0", 'license: ["cc0-1.0", "other"]']),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was run."""
    pytest.importorskip("skimage")
    folder = tmp_path_factory.mktemp("examples")
    command = "from provenance.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", command, "demo", "demo"], cwd=folder, capture_output=True, text=True)
    assert (folder / "demo" / "ledger.db").is_file(), done.stderr
    return folder


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with the command on the path, and no network for those who would ask one."""
    tools = tmp_path / "tools"
    tools.mkdir()
    command = tools / "provenance"
    command.write_text(f"#!{sys.executable}\nfrom provenance.cli.main import main\nmain()\n")
    command.chmod(0o755)
    (tools / "python3").symlink_to(sys.executable)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAYS)
def test_the_example_runs_and_says_what_may_be_used(name: str, demo: Path, env: dict[str, str]) -> None:
    package, said = SAYS[name]
    if package:
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLES / name)], cwd=demo, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in said if line not in done.stdout] == []


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SAYS)


# --- pipelines --------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(workspace: Any, row: Callable[..., dict[str, Any]]) -> Any:
    """A project of which every image may be used, in the names that the pipelines have."""
    workspace.add("a.png")
    workspace.declare([row("a.png")])
    (workspace.root / "records.jsonl").write_text("")
    (workspace.root / "context.toml").write_text('purpose = "MODEL_TRAINING"\n')
    return workspace


def bash(script: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=folder, env=env, capture_output=True, text=True
    )


def action_env(env: dict[str, str], **inputs: str) -> tuple[str, dict[str, str]]:
    """The gate step of the action and its environment, as a runner fills it with inputs."""
    yaml = pytest.importorskip("yaml")
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    step = action["runs"]["steps"][-1]
    defaults = {name: one.get("default", "") for name, one in action["inputs"].items()}
    assert set(inputs) <= set(defaults)
    given = defaults | inputs
    filled = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) }}", lambda m: given[m[1]], text) for name, text in step["env"].items()
    }
    assert "${{" not in step["run"]  # what comes from outside is never text of the script
    return step["run"], {**env, **filled}


def test_the_action_gates_and_fails_the_build(project: Any, env: dict[str, str]) -> None:
    given = {
        "collections": "photos\n",
        "purpose": "MODEL_TRAINING",
        "manifest": "manifest.jsonl",
        "sarif": "gate.sarif",
    }
    script, filled = action_env(env, **given)
    filled["GITHUB_STEP_SUMMARY"] = str(project.root / "summary.md")
    done = bash(script, project.root, filled)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in (project.root / "summary.md").read_text()
    assert (project.root / "gate.sarif").is_file()
    project.add("b.png")
    failed = bash(script, project.root, filled)
    assert failed.returncode == 1
    assert "::error" in failed.stdout


def test_inputs_of_the_action_are_words_and_no_commands(project: Any, env: dict[str, str]) -> None:
    script, filled = action_env(
        env, collections="photos; touch owned", purpose="$(touch owned)", manifest="`touch owned`"
    )
    assert bash(script, project.root, filled).returncode == 2
    assert not (project.root / "owned").exists()


def test_the_hooks_name_commands_that_there_are(project: Any, env: dict[str, str]) -> None:
    yaml = pytest.importorskip("yaml")
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"provenance-gate", "provenance-scan"}
    given = "photos --manifest manifest.jsonl"
    assert bash(f"{hooks['provenance-scan']['entry']} {given}", project.root, env).returncode == 0
    gate = f"{hooks['provenance-gate']['entry']} {given} --purpose MODEL_TRAINING"
    assert bash(gate, project.root, env).returncode == 0
    project.add("b.png")
    assert bash(gate, project.root, env).returncode == 1


def test_the_stage_of_dvc_gates(project: Any, env: dict[str, str]) -> None:
    yaml = pytest.importorskip("yaml")
    stage = yaml.safe_load((PIPELINES / "dvc.yaml").read_text())["stages"]["gate"]
    assert all((project.root / name).exists() for name in stage["deps"])
    done = bash(stage["cmd"], project.root, env)
    assert done.returncode == 0, done.stderr
    outs = [*stage["outs"], *(name for metric in stage["metrics"] for name in metric)]
    assert all((project.root / name).is_file() for name in outs)


def test_the_slurm_job_gates_and_keeps_its_ledger(project: Any, env: dict[str, str]) -> None:
    job = {**env, "SLURM_SUBMIT_DIR": str(project.root), "SLURM_CPUS_PER_TASK": "1"}
    command = f"bash {PIPELINES / 'gate.sbatch'} photos manifest.jsonl context.toml"
    for _ in range(2):
        done = bash(command, project.root, job)
        assert done.returncode == 0, done.stderr
    assert (project.root / "allowed.txt").read_text() == f"{project.photos / 'a.png'}\n"
    project.add("b.png")
    assert bash(command, project.root, job).returncode == 1
    assert (project.root / "provenance.db").is_file()


def test_the_slurm_array_looks_and_the_gate_after_it_reads_no_image(project: Any, env: dict[str, str]) -> None:
    job = {**env, "SLURM_SUBMIT_DIR": str(project.root), "SLURM_CPUS_PER_TASK": "1", "SLURM_ARRAY_TASK_COUNT": "2"}
    scan, gate = (f"bash {PIPELINES / name}" for name in ("scan.sbatch", "gate.sbatch"))
    assert bash(f"{scan} photos parts", project.root, {**job, "SLURM_ARRAY_TASK_ID": "2"}).returncode == 0
    unfinished = bash(f"{gate} photos manifest.jsonl context.toml parts", project.root, job)
    assert (unfinished.returncode, "missing or unfinished: 1" in unfinished.stderr) == (2, True)
    assert not (project.root / "allowed.txt").exists()
    again = {**job, "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "1", "SHARDS": "2"}
    assert bash(f"{scan} photos parts", project.root, again).returncode == 0
    done = bash(f"{gate} photos manifest.jsonl context.toml parts", project.root, job)
    assert done.returncode == 0, done.stderr
    assert "; 0 were not as their parts saw them" in done.stderr
    assert (project.root / "allowed.txt").read_text() == f"{project.photos / 'a.png'}\n"


@pytest.mark.slow
def test_spark_looks_at_every_shard_once(project: Any, env: dict[str, str]) -> None:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark runs on Java, which is not here")
    local = {**env, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    local["PYSPARK_SUBMIT_ARGS"] = "--master local[2] --conf spark.ui.enabled=false pyspark-shell"
    command = f"{sys.executable} {PIPELINES / 'spark_scan.py'} {project.photos} {project.root / 'parts'} 4"
    done = bash(command, project.root, local)
    assert done.returncode == 0, done.stderr
    assert "4 shards, 1 images, 0 unreadable" in done.stdout
    loaded = project.run("db", "load-parts", "parts", "--ledger", "provenance.db", "--manifest", "manifest.jsonl")
    assert loaded.status == 0, loaded.err
    assert "1 image, 0 unreadable, 0 gone; 0 were not" in loaded.err


def test_the_airflow_task_gates(project: Any, env: dict[str, str]) -> None:
    import ast

    tree = ast.parse((PIPELINES / "airflow_dag.py").read_text())
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    gate = ast.literal_eval(assigned["GATE"])
    assert bash(gate, project.root, env).returncode == 0
    project.add("b.png")
    assert bash(gate, project.root, env).returncode == 1


def test_what_the_image_is_built_of_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_the_image_can_be_built() -> None:
    docker = shutil.which("docker") or shutil.which("podman")
    if docker is None or subprocess.run([docker, "info"], capture_output=True).returncode:
        pytest.skip("no builder of images is here")
    done = subprocess.run([docker, "build", "-q", "."], cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
