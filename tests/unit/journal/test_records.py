"""What goes into a row comes out of it, and nothing else passes for it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import JobRefusedError, JournalDamagedError
from casare_robot.domain.job import Job, JobError, JobId, JobResult, JobStatus, LogLine
from casare_robot.journal.records import (
    DEEPEST,
    data_sum,
    load_job,
    load_result,
    pack,
    state_sum,
    store_job,
    store_result,
    unpack,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
ANY_TEXT = st.text(st.characters(), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=50)
@given(variables=st.dictionaries(TEXT, PLAIN, max_size=4))
def test_a_job_comes_back_as_it_was(variables: dict[str, Any]) -> None:
    job = Job(
        id=JobId("a"),
        workflow=b"{}",
        variables=variables,
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
        timeout=1.5,
        restartable=False,
        engine_version="1",
    )

    assert load_job(job.id, store_job(job)) == job


@settings(max_examples=50)
@given(values=st.dictionaries(TEXT, PLAIN, max_size=4))
def test_a_result_comes_back_as_it_was(values: dict[str, Any]) -> None:
    result = JobResult(
        job_id=JobId("a"),
        status=JobStatus.COMPLETED,
        variables=values,
        outputs={"n": values},
        executed_nodes=("n",),
    )

    assert load_result(store_result(result)) == result


def test_what_nests_too_deep_is_refused_in_a_job_and_described_in_a_result() -> None:
    deep: Any = 2**99
    for _ in range(DEEPEST + 5):
        deep = [deep]
    result = JobResult(
        job_id=JobId("a"), status=JobStatus.COMPLETED, variables={"deep": deep, "x": 1}
    )

    with pytest.raises(JobRefusedError, match="nested deeper"):
        store_job(Job(id=JobId("a"), workflow=b"", variables={"deep": deep}))
    kept = load_result(store_result(result)).variables
    assert kept["deep"]["$type"] == "list"
    assert kept["x"] == 1


def test_texts_that_are_no_text_do_not_keep_a_result_from_disk() -> None:
    """As names of files are that Python could not decode."""
    result = JobResult(
        job_id=JobId("a"),
        status=JobStatus.FAILED,
        error=JobError(code="E", message="no file \udcff"),
        log=(LogLine(level="info", message="\udcff"),),
        variables={"\udcff": "\udcff", "d": {"\udcff": 1}},
        outputs={"n": {"\udcff": 1}},
    )

    kept = load_result(store_result(result))

    assert kept.error == JobError(code="E", message="no file \\udcff")
    assert kept.log[0].message == "\\udcff"
    assert kept.variables["\\udcff"] == "\udcff"
    assert kept.variables["d"]["$type"] == "dict"
    assert kept.outputs["n"]["$type"] == "dict"


def test_an_id_that_is_no_text_is_refused() -> None:
    with pytest.raises(JobRefusedError):
        store_job(Job(id=JobId("\ud800"), workflow=b""))


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xc1", b"\x81\xa1a\x01", b"\xff" * 50])
def test_other_bytes_are_no_job_and_no_result(data: bytes) -> None:
    stored = store_job(Job(id=JobId("a"), workflow=b""))

    with pytest.raises(JournalDamagedError):
        load_job(JobId("a"), stored._replace(sent=data))
    with pytest.raises(JournalDamagedError):
        load_result(data)
    with pytest.raises(JournalDamagedError):
        unpack(data + b"x")


def test_packing_is_undone_by_unpacking() -> None:
    assert unpack(pack(b"w" * 100_000)) == b"w" * 100_000
    assert len(pack(b"w" * 100_000)) < 100


@settings(max_examples=50)
@given(data=st.data())
def test_one_changed_bit_changes_the_checksum(data: st.DataObject) -> None:
    stored = store_job(Job(id=JobId("a"), workflow=b"workflow"))
    at = data.draw(st.integers(0, len(stored.sent) * 8 - 1))
    flipped = bytearray(stored.sent)
    flipped[at // 8] ^= 1 << at % 8

    assert data_sum("a", "line", 1, stored) != data_sum(
        "a", "line", 1, stored._replace(sent=bytes(flipped))
    )


def test_every_column_is_in_its_checksum() -> None:
    stored = store_job(Job(id=JobId("a"), workflow=b""))
    data = {
        data_sum("a", "line", 1, stored),
        data_sum("b", "line", 1, stored),
        data_sum("a", "desk", 1, stored),
        data_sum("a", "line", 2, stored),
        data_sum("a", "line", 1, stored._replace(content=b"x" * 16)),
        data_sum("a", "line", 1, stored._replace(received=b"")),
    }
    state = {
        state_sum(1, "queued", 1, None),
        state_sum(2, "queued", 1, None),
        state_sum(1, "running", 1, None),
        state_sum(1, "queued", 2, None),
        state_sum(1, "queued", 1, b""),
        state_sum(1, "queued", 1, None) + 1,
    }

    assert len(data) == 6
    assert len(state) == 6
