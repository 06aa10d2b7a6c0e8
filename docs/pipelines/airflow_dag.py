"""A DAG for Airflow 3: gate, then train. The gate's exit status is the task's, so training waits until it passes."""

from datetime import UTC, datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

GATE = (
    "provenance gate photos --quiet --ledger provenance.db --manifest manifest.jsonl --context context.toml "
    "-o allow-list:allowed.txt"
)

with DAG("train_on_what_may_be_used", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False):
    gate = BashOperator(task_id="gate", bash_command=GATE, cwd="/data", retries=0)
    train = BashOperator(task_id="train", bash_command="python train.py --files allowed.txt", cwd="/data")
    gate >> train
