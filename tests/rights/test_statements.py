"""What a release says of itself for tools of others, read by their own packages."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest

from provenance.errors import InputError
from provenance.report.release_statement import write_statement, write_summary
from provenance.rights import release_file

from .conftest import People
from .test_releases import release

NOW = datetime.now(UTC)


def written(path: Path, write: Callable[[release_file.Read, TextIO], None]) -> str:
    out = io.StringIO()
    write(release_file.read(path), out)
    return out.getvalue()


def test_the_statement_is_one_that_in_toto_s_own_package_takes(people: People) -> None:
    statement_of = pytest.importorskip("in_toto_attestation.v1.statement")
    json_format = pytest.importorskip("google.protobuf.json_format")
    path = release(people, as_of=NOW)
    text = written(path, write_statement)
    proto = json_format.Parse(text, statement_of.Statement([], "", {}).pb)  # an unknown member would be an error
    read = statement_of.Statement.copy_from_pb(proto)
    read.validate()
    assert dict(read.pb.subject[0].digest) == {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    header = json.loads(path.read_bytes().split(b"\n")[0])
    predicate = json.loads(text)["predicate"]
    assert (predicate["purposes"], predicate["images"], predicate["merkleRoot"]) == (
        ["MODEL_TRAINING"],
        10,
        header["root"],
    )
    assert (predicate["counts"], predicate["rulepacks"]) == ({"ALLOW": 10}, header["rulepacks"])
    assert predicate["evaluatedAt"] == NOW.isoformat()


def test_equal_releases_make_equal_statements_and_another_another(people: People) -> None:
    one = written(release(people, "faces-1", as_of=NOW), write_statement)
    again = written(people.root / "faces-1.jsonl", write_statement)
    assert one == again
    assert written(release(people, "faces-2", as_of=NOW), write_statement) != one


@pytest.mark.parametrize("write", [write_statement, write_summary])
def test_of_a_changed_file_nothing_is_stated(
    people: People, write: Callable[[release_file.Read, TextIO], None]
) -> None:
    path = release(people)
    path.write_bytes(path.read_bytes().replace(b"a0.png", b"a9.png"))
    with pytest.raises(InputError, match="is not as it was released"):
        written(path, write)


def test_the_summary_is_croissant_and_names_the_file(people: People) -> None:
    path = release(people)
    text = written(path, write_summary)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlc = pytest.importorskip("mlcroissant")
        place = people.root / "croissant.json"
        place.write_text(text)
        dataset = mlc.Dataset(str(place))
        assert not dataset.metadata.ctx.issues.errors
    (file,) = dataset.metadata.distribution
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert json.loads(text)["rai:dataUseCases"] == ["MODEL_TRAINING"]
    assert "p1" not in text


def test_a_header_that_lacks_a_member_is_no_release(people: People) -> None:
    path = release(people)
    header, rest = path.read_bytes().split(b"\n", 1)
    from provenance.proofs.canonical import canonical

    short = {name: value for name, value in json.loads(header).items() if name != "rulepacks"}
    path.write_bytes(canonical(short) + b"\n" + rest)
    with pytest.raises(InputError, match="is no release"):
        release_file.read(path)
