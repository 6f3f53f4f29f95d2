"""Heads in a file survive a power cut as far as they were written."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.observability.audit_chain import sign
from casare_robot.observability.audit_heads import add_heads, keep_heads, read_heads

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def head(seq):
    return sign(KEY, seq=seq, at_ms=0, hash_=bytes(32))


def test_heads_are_read_as_they_were_added(tmp_path):
    add_heads(tmp_path / "heads", [head(1), head(2)])
    add_heads(tmp_path / "heads", [head(3)])

    assert read_heads(tmp_path / "heads") == [head(1), head(2), head(3)]


def test_a_torn_line_costs_only_itself(tmp_path):
    file = tmp_path / "heads"
    add_heads(file, [head(1), head(2)])
    file.write_bytes(file.read_bytes()[:-20])

    add_heads(file, [head(3)])

    assert read_heads(file) == [head(1), head(3)]


def test_a_file_of_nonsense_holds_no_heads(tmp_path):
    (tmp_path / "heads").write_bytes(b"\0\xff\n{}\n[1]\n")

    assert read_heads(tmp_path / "heads") == []
    assert read_heads(tmp_path / "none") == []


def test_heads_of_pruned_entries_go(tmp_path):
    add_heads(tmp_path / "heads", [head(1), head(2), head(3)])
    keep_heads(tmp_path / "heads", 2)

    assert read_heads(tmp_path / "heads") == [head(2), head(3)]
