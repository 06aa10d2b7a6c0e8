"""What is stored must stay readable: numbers and texts that ledgers in use hold. Append, never change."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import sqlalchemy as sa

from provenance.ledger import schema
from provenance.ledger.evidence import STATES
from provenance.ledger.gates import DECISIONS
from provenance.ledger.lists import take_list
from provenance.ledger.registry import day_number
from provenance.ledger.spans import STATUSES
from provenance.lookup.hashlists import HashType, ListPurpose, parse_list
from provenance.model import SignalFacts, SignalVerdict, from_micros, to_micros
from provenance.policy.facts import EvidenceState, ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.summarise import decode_item, decode_person, decode_record, encode
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentStatus,
    Decision,
    EvidenceKind,
    LawfulBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)


def test_the_numbers_of_states():
    stored = "UNKNOWN REQUESTED REFUSED GIVEN RENEWED WITHDRAWN REVOKED_BY_CONTROLLER EXPIRED INVALIDATED"
    assert [status.value for status in STATUSES] == stored.split()
    assert set(STATUSES) == set(ConsentStatus)


def test_the_numbers_of_evidence():
    first = ["MISSING", "MATCHES", "MISMATCH", "REMOTE", "UNPINNED"]
    then = ["EMPTY", "POINTER", "ERROR_PAGE", "CLAIM_ITSELF", "COLLECTION_IMAGE", "OUTSIDE"]
    assert list(STATES) == first + then
    assert set(STATES) == {state.value for state in EvidenceState}


def test_the_numbers_of_decisions():
    assert [decision.value for decision in DECISIONS] == ["INFO", "ALLOW", "ALLOW_BY_REVIEW", "REVIEW", "BLOCK"]
    assert set(DECISIONS) == set(Decision)


def test_the_profile_of_an_image():
    facts = ItemFacts(
        bytes_match=False,
        source_recorded=True,
        acquisition_method=AcquisitionMethod.LICENSED,
        licence=LicenceClass.CONDITIONAL,
        licence_conditions=("NC", "SA"),
        persons_status=PersonsStatus.PRESENT,
        jurisdictions=("CA", "EU-DE"),
        signals=SignalFacts(generative_training=SignalVerdict.DENY, deciding_signal="plus:DataMining in jpeg:APP1/xmp"),
    )
    text = (
        '{"bytes_match":false,"source_recorded":true,"acquisition_method":"LICENSED","licence":"CONDITIONAL",'
        '"licence_conditions":["NC","SA"],"persons_status":"PRESENT","jurisdictions":["CA","EU-DE"],'
        '"signals":{"generative_training":"DENY","deciding_signal":"plus:DataMining in jpeg:APP1/xmp"}}'
    )
    assert encode(facts) == text
    assert decode_item(text) == facts
    assert decode_item("{}") == ItemFacts()


def test_the_profile_of_a_person():
    facts = PersonFacts(
        identifiable=True,
        age_status=AgeStatus.ADULT_DECLARED,
        groups=(ProtectedGroup.PATIENT,),
        jurisdictions=("CA-QC",),
    )
    text = '{"identifiable":true,"age_status":"ADULT_DECLARED","groups":["PATIENT"],"jurisdictions":["CA-QC"]}'
    assert encode(facts) == text
    assert decode_person(text) == facts


def test_the_profile_of_a_record():
    facts = RecordFacts(
        basis=LawfulBasis.CONSENT,
        purposes=(Purpose.MODEL_TRAINING,),
        evidence_kind=EvidenceKind.MODEL_RELEASE,
        signatures=1,
    )
    text = '{"basis":"CONSENT","purposes":["MODEL_TRAINING"],"evidence_kind":"MODEL_RELEASE","signatures":1}'
    assert encode(facts) == text
    assert decode_record(text) == facts


def test_times_and_days():
    assert to_micros(datetime(2026, 11, 22, 12, tzinfo=UTC)) == 1_795_348_800_000_000
    assert from_micros(1_795_348_800_000_001) == datetime(2026, 11, 22, 12, 0, 0, 1, tzinfo=UTC)
    assert day_number(date(2008, 2, 29)) == 20_080_229


def test_a_list_of_hashes(database):
    """Digests in their order, the hashes one after another, lines as little-endian numbers of 8 bytes, -1 for none."""
    low, high = b"\x01" * 32, b"\xfe" * 32
    for kind, text in (
        (HashType.SHA256, f"{high.hex()}\n{low.hex()}\n"),
        (HashType.PDQ, f"{high.hex()},100\n{low.hex()}\n"),
    ):
        take_list(
            database, parse_list(io.BytesIO(text.encode()), kind, name="f"), name=kind, purpose=ListPurpose.ILLEGAL
        )
    table = schema.hash_chunk.c
    with database.reading() as connection:
        columns = (table.list_id, table.ordinal, table.first, table.hashes, table.lines, table.qualities)
        chunks = [tuple(row) for row in connection.execute(sa.select(*columns).order_by(table.list_id))]
        stored = connection.execute(sa.select(schema.hash_list.c.hash_type, schema.hash_list.c.purpose)).all()
    one, two = (n.to_bytes(8, "little") for n in (1, 2))
    assert chunks == [
        (1, 0, low, low + high, two + one, b"\xff\xff"),
        (2, 0, high, high + low, one + two, b"\x64\xff"),
    ]
    assert sorted(map(tuple, stored)) == [("pdq", "illegal"), ("sha256", "illegal")]
    assert [purpose.value for purpose in ListPurpose] == ["suppression", "illegal"]
    assert [kind.value for kind in HashType] == ["sha256", "phash256", "pdq"]
