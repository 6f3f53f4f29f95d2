"""Files on another machine: FTP, FTPS and SFTP against real servers."""

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.ftp import download_effect
from tests.file_servers import PASSWORD, USER, ftp_server, sftp_server
from tests.mail_servers import certificate


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = certificate(folder)
    both = folder / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    return both


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "served"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "one.txt").write_bytes(b"one\r\ntwo\r\n")
    return folder


@pytest.fixture(params=["ftp", "ftps", "sftp"])
def server(request, home, secured, monkeypatch):
    """What a connect node is given to reach each kind of server."""
    config = {"host": "localhost", "username": USER, "password": PASSWORD}
    if request.param == "sftp":
        with sftp_server(home) as (port, host_key):
            yield {**config, "port": port, "protocol": "sftp", "host_key": host_key}
    elif request.param == "ftps":
        monkeypatch.setenv("SSL_CERT_FILE", str(secured))
        with ftp_server(home, certificate=secured) as port:
            yield {**config, "port": port, "use_tls": True}
    else:
        with ftp_server(home) as port:
            yield {**config, "port": port}


@pytest.fixture
def connected(run_node, server):
    """The nodes on one connection, which ends with the test."""
    opened = run_node("FTPConnectNode", server)
    assert opened.error is None

    def act(name, **config):
        return run_node(f"FTP{name}Node", config, surroundings=opened.surroundings)

    act.opened = opened
    yield act
    act("Disconnect")


def test_the_server_says_hello(connected):
    assert connected.opened.outputs["connected"] is True
    assert connected.opened.outputs["server_message"]


def test_a_file_goes_there_and_comes_back(connected, home, tmp_path):
    (tmp_path / "offer.pdf").write_bytes(b"%PDF\r\n\x00")

    sent = connected(
        "Upload", local_path="offer.pdf", remote_path="new/deep/offer.pdf", create_dirs=True
    )
    got = connected("Download", remote_path="new/deep/offer.pdf", local_path="back/offer.pdf")

    assert sent.outputs == {"uploaded": True, "bytes_sent": 7}
    assert (home / "new" / "deep" / "offer.pdf").read_bytes() == b"%PDF\r\n\x00"
    assert got.outputs == {"downloaded": True, "bytes_received": 7}
    assert (tmp_path / "back" / "offer.pdf").read_bytes() == b"%PDF\r\n\x00"


def test_a_download_is_whole_or_nothing_and_overwrites_only_when_told_to(connected, tmp_path):
    (tmp_path / "one.txt").write_text("mine")

    refused = connected("Download", remote_path="in/one.txt", local_path="one.txt")
    missing = connected("Download", remote_path="in/none.txt", local_path="one.txt", overwrite=True)
    kept = (tmp_path / "one.txt").read_text()
    done = connected("Download", remote_path="in/one.txt", local_path="one.txt", overwrite=True)

    assert "is there already" in refused.error
    assert missing.error is not None
    assert kept == "mine"
    assert done.error is None
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["one.txt"]
    assert download_effect({"overwrite": True}) is Effect.IDEMPOTENT
    assert download_effect({}) is Effect.ONCE


def test_folders_are_listed_made_and_removed(connected, home):
    names = connected("List", remote_path="in")
    lines = connected("List", remote_path="in", detailed=True)
    made = connected("MakeDir", remote_path="a/b/c", parents=True)
    again = connected("MakeDir", remote_path="a/b/c", parents=True)
    taken = connected("MakeDir", remote_path="in")
    full = connected("RemoveDir", remote_path="in")
    removed = connected("RemoveDir", remote_path="a/b/c")

    assert [item.rpartition("/")[2] for item in names.outputs["items"]] == ["one.txt"]
    assert names.outputs["count"] == lines.outputs["count"] == 1
    assert lines.outputs["items"][0].startswith("-")
    assert lines.outputs["items"][0].endswith("one.txt")
    assert (made.outputs, again.outputs) == ({"created": True}, {"created": True})
    assert taken.error is not None
    assert full.error is not None
    assert removed.outputs == {"removed": True}
    assert not (home / "a" / "b" / "c").exists()


def test_files_are_renamed_measured_and_deleted(connected, home):
    renamed = connected("Rename", old_path="in/one.txt", new_path="two.txt")
    size = connected("GetSize", remote_path="two.txt")
    deleted = connected("Delete", remote_path="two.txt")
    gone = connected("GetSize", remote_path="two.txt")
    twice = connected("Delete", remote_path="two.txt")

    assert renamed.outputs == {"renamed": True}
    assert size.outputs == {"size": 10, "found": True}
    assert deleted.outputs == {"deleted": True}
    assert gone.outputs == {"size": 0, "found": False}
    assert twice.error is not None
    assert not (home / "two.txt").exists()


def test_a_wrong_password_is_named_as_such(run_node, server):
    assert "refuses the user name" in run_node("FTPConnectNode", {**server, "password": "x"}).error


def test_after_the_end_there_is_no_connection(connected):
    ended = connected("Disconnect")
    twice = connected("Disconnect")
    after = connected("List")

    assert ended.outputs == twice.outputs == {"disconnected": True}
    assert "No FTP connection" in after.error


def test_a_host_that_is_not_allowed_is_not_asked(run_node, server):
    policy = Policy(allowed_hosts=("example.com",))

    assert "localhost" in run_node("FTPConnectNode", server, policy=policy).error


def test_text_gets_the_line_ends_of_each_side(run_node, home, tmp_path):
    (tmp_path / "text.txt").write_bytes(b"a\nb\n")
    with ftp_server(home) as port:
        config = {"host": "localhost", "port": port, "username": USER, "password": PASSWORD}
        opened = run_node("FTPConnectNode", config)

        def act(name, **config):
            return run_node(f"FTP{name}Node", config, surroundings=opened.surroundings)

        act("Upload", local_path="text.txt", remote_path="text.txt", binary_mode=False)
        act("Download", remote_path="in/one.txt", local_path="one.txt", binary_mode=False)
        act("Disconnect")

    assert (tmp_path / "one.txt").read_bytes() == b"one\ntwo\n"
    assert (home / "text.txt").read_bytes().splitlines() == [b"a", b"b"]


def test_nothing_is_said_in_the_clear_when_encryption_is_asked_for(run_node, home):
    with ftp_server(home) as port:
        config = {"host": "localhost", "port": port, "username": USER, "password": PASSWORD}
        done = run_node("FTPConnectNode", {**config, "use_tls": True})

    assert "answered" in done.error


def test_a_certificate_nobody_trusts_is_refused(run_node, home, secured):
    with ftp_server(home, certificate=secured) as port:
        config = {"host": "localhost", "port": port, "username": USER, "password": PASSWORD}
        done = run_node("FTPConnectNode", {**config, "use_tls": True})

    assert "certificate" in done.error


def test_a_host_whose_key_is_not_known_is_refused_with_its_key(
    run_node, home, monkeypatch, tmp_path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    with sftp_server(home) as (port, host_key):
        config = {"host": "sftp://localhost", "port": port, "username": USER, "password": PASSWORD}
        unknown = run_node("FTPConnectNode", config)
        other = run_node("FTPConnectNode", {**config, "host_key": "SHA256:other"})

    assert host_key.rstrip("=") in unknown.error
    assert host_key.rstrip("=") in other.error


def test_a_path_with_a_line_break_is_none(run_node, home):
    with ftp_server(home) as port:
        config = {"host": "localhost", "port": port, "username": USER, "password": PASSWORD}
        opened = run_node("FTPConnectNode", config)
        done = run_node(
            "FTPDeleteNode", {"remote_path": "a\r\nDELE b"}, surroundings=opened.surroundings
        )
        run_node("FTPDisconnectNode", surroundings=opened.surroundings)

    assert "not a path" in done.error
