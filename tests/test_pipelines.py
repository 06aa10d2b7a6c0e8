"""Every pipeline under docs/pipelines, the hooks, the action and the image do what their page says.

The tools themselves are tried where they are: `pre-commit`, `dvc` and `airflow` on the PATH, or where `PRE_COMMIT`,
`DVC` and `AIRFLOW` name their commands, since each may live in an environment of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PIPELINES = ROOT / "docs" / "pipelines"


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


def test_the_action_gates_and_fails_the_build(project: Any, shell_env: dict[str, str]) -> None:
    given = {
        "collections": "photos\n",
        "purpose": "MODEL_TRAINING",
        "manifest": "manifest.jsonl",
        "sarif": "gate.sarif",
    }
    script, filled = action_env(shell_env, **given)
    filled["GITHUB_STEP_SUMMARY"] = str(project.root / "summary.md")
    done = bash(script, project.root, filled)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in (project.root / "summary.md").read_text()
    assert (project.root / "gate.sarif").is_file()
    project.add("b.png")
    failed = bash(script, project.root, filled)
    assert failed.returncode == 1
    assert "::error" in failed.stdout


def test_inputs_of_the_action_are_words_and_no_commands(project: Any, shell_env: dict[str, str]) -> None:
    script, filled = action_env(
        shell_env, collections="photos; touch owned", purpose="$(touch owned)", manifest="`touch owned`"
    )
    assert bash(script, project.root, filled).returncode == 2
    assert not (project.root / "owned").exists()


def test_the_hooks_name_commands_that_there_are(project: Any, shell_env: dict[str, str]) -> None:
    yaml = pytest.importorskip("yaml")
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"provenance-gate", "provenance-scan"}
    given = "photos --manifest manifest.jsonl"
    assert bash(f"{hooks['provenance-scan']['entry']} {given}", project.root, shell_env).returncode == 0
    gate = f"{hooks['provenance-gate']['entry']} {given} --purpose MODEL_TRAINING"
    assert bash(gate, project.root, shell_env).returncode == 0
    project.add("b.png")
    assert bash(gate, project.root, shell_env).returncode == 1


def test_the_stage_of_dvc_gates(project: Any, shell_env: dict[str, str]) -> None:
    yaml = pytest.importorskip("yaml")
    stage = yaml.safe_load((PIPELINES / "dvc.yaml").read_text())["stages"]["gate"]
    assert all((project.root / name).exists() for name in stage["deps"])
    done = bash(stage["cmd"], project.root, shell_env)
    assert done.returncode == 0, done.stderr
    outs = [*stage["outs"], *(name for metric in stage["metrics"] for name in metric)]
    assert all((project.root / name).is_file() for name in outs)


def test_the_slurm_job_gates_and_keeps_its_ledger(project: Any, shell_env: dict[str, str]) -> None:
    job = {**shell_env, "SLURM_SUBMIT_DIR": str(project.root), "SLURM_CPUS_PER_TASK": "1"}
    command = f"bash {PIPELINES / 'gate.sbatch'} photos manifest.jsonl context.toml"
    for _ in range(2):
        done = bash(command, project.root, job)
        assert done.returncode == 0, done.stderr
    assert (project.root / "allowed.txt").read_text() == f"{project.photos / 'a.png'}\n"
    project.add("b.png")
    assert bash(command, project.root, job).returncode == 1
    assert (project.root / "provenance.db").is_file()


def test_the_slurm_array_looks_and_the_gate_after_it_reads_no_image(project: Any, shell_env: dict[str, str]) -> None:
    job = {
        **shell_env,
        "SLURM_SUBMIT_DIR": str(project.root),
        "SLURM_CPUS_PER_TASK": "1",
        "SLURM_ARRAY_TASK_COUNT": "2",
    }
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
def test_spark_looks_at_every_shard_once(project: Any, shell_env: dict[str, str]) -> None:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark runs on Java, which is not here")
    local = {**shell_env, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    local["PYSPARK_SUBMIT_ARGS"] = "--master local[2] --conf spark.ui.enabled=false pyspark-shell"
    command = f"{sys.executable} {PIPELINES / 'spark_scan.py'} {project.photos} {project.root / 'parts'} 4"
    done = bash(command, project.root, local)
    assert done.returncode == 0, done.stderr
    assert "4 shards, 1 images, 0 unreadable" in done.stdout
    loaded = project.run("db", "load-parts", "parts", "--ledger", "provenance.db", "--manifest", "manifest.jsonl")
    assert loaded.status == 0, loaded.err
    assert "1 image, 0 unreadable, 0 gone; 0 were not" in loaded.err


def test_the_airflow_task_gates(project: Any, shell_env: dict[str, str]) -> None:
    import ast

    tree = ast.parse((PIPELINES / "airflow_dag.py").read_text())
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    gate = ast.literal_eval(assigned["GATE"])
    assert bash(gate, project.root, shell_env).returncode == 0
    project.add("b.png")
    assert bash(gate, project.root, shell_env).returncode == 1


def test_what_the_image_is_built_of_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []


# --- the tools themselves --------------------------------------------------------------------------------------------


def tool(name: str) -> str:
    """The command of a tool; the test is skipped where there is none."""
    found = os.environ.get(name.upper().replace("-", "_")) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.slow
def test_pre_commit_runs_the_hook_of_a_repository(project: Any, shell_env: dict[str, str]) -> None:
    """With the project's own hooks, in the environment that is here instead of one that would be downloaded."""
    command, hooks = tool("pre-commit"), project.root / "hooks"
    hooks.mkdir()
    described = (ROOT / ".pre-commit-hooks.yaml").read_text()
    (hooks / ".pre-commit-hooks.yaml").write_text(described.replace("language: python", "language: system"))
    git(hooks, "init", "-q")
    git(hooks, "add", ".")
    git(hooks, "commit", "-qm", "hooks")
    git(hooks, "tag", "v0.1.0")
    page = (ROOT / "docs" / "pipelines.md").read_text()
    (block,) = re.findall(r"```yaml\n(repos:.*?)```", page, re.DOTALL)
    (project.root / ".pre-commit-config.yaml").write_text(re.sub("repo: .*", f"repo: {hooks}", block))
    git(project.root, "init", "-q")
    git(project.root, "add", "photos", "manifest.jsonl", ".pre-commit-config.yaml")
    env = {**shell_env, "PRE_COMMIT_HOME": str(project.root / "home")}
    passed = bash(f"{command} run", project.root, env)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    project.add("b.png")
    failed = bash(f"{command} run", project.root, env)
    assert failed.returncode == 1
    assert "b.png" in failed.stdout


@pytest.mark.slow
def test_dvc_runs_the_stage_every_time(project: Any, shell_env: dict[str, str]) -> None:
    command = tool("dvc")
    shutil.copy(PIPELINES / "dvc.yaml", project.root)
    git(project.root, "init", "-q")
    env = {**shell_env, "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(project.root / "cache")}
    assert bash(f"{command} init -q", project.root, env).returncode == 0
    first = bash(f"{command} repro", project.root, env)
    assert first.returncode == 0, first.stdout + first.stderr
    assert bash(f"{command} metrics show", project.root, env).stdout.startswith("Path")
    # What is decided in the ledger, or a day that passes, changes no file of the stage.
    again = bash(f"{command} repro", project.root, env)
    assert "Running stage 'gate'" in again.stdout
    project.add("b.png")
    assert bash(f"{command} repro", project.root, env).returncode != 0


@pytest.mark.slow
def test_airflow_runs_the_dag(project: Any, shell_env: dict[str, str]) -> None:
    """Imported and run as `dags test` does, with the folder of the project in place of /data."""
    command = tool("airflow")
    dags = project.root / "dags"
    dags.mkdir()
    (dags / "dag.py").write_text((PIPELINES / "airflow_dag.py").read_text().replace('"/data"', repr(str(project.root))))
    (project.root / "train.py").write_text("import sys; print('trained on', open(sys.argv[2]).read())")
    env = {
        **shell_env, "AIRFLOW_HOME": str(project.root / "airflow"), "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }  # fmt: skip
    assert bash(f"{command} db migrate", project.root, env).returncode == 0
    done = bash(f"{command} dags test train_on_what_may_be_used", project.root, env)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "trained on" in done.stdout + done.stderr
    project.add("b.png")
    failed = bash(f"{command} dags test train_on_what_may_be_used", project.root, env)
    told = failed.stdout + failed.stderr
    assert "not passed: 2 images: 1 allowed" in told
    assert "trained on" not in told


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_is_built_and_its_command_runs() -> None:
    """With what builds images here. `IMAGE_BUILD` holds further words for it, such as another base image."""
    found = filter(None, map(shutil.which, ("docker", "podman", "buildah")))
    builder = next((one for one in found if not subprocess.run([one, "info"], capture_output=True).returncode), None)
    if builder is None:
        pytest.skip("no builder of images works here")
    given = shlex.split(os.environ.get("IMAGE_BUILD", ""))
    built = subprocess.run([builder, "build", "-q", *given, "."], cwd=ROOT, capture_output=True, text=True)
    if built.returncode and not given and "registry" in built.stderr:
        pytest.skip("the base image cannot be fetched")
    assert built.returncode == 0, built.stderr
    image = built.stdout.split()[-1]
    if Path(builder).name == "buildah":
        container = subprocess.run([builder, "from", image], capture_output=True, text=True, check=True).stdout.strip()
        command = [builder, "run", container, "--", "/opt/provenance/bin/provenance", "--version"]
    else:
        command = [builder, "run", "--rm", "--network", "none", image, "--version"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.stdout.startswith("provenance, version"), ran.stderr
