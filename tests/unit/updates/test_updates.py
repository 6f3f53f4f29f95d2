"""A newer version: found, believed, fetched, installed when idle, and the way back."""

import asyncio
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.domain.errors import UpdateError


async def refused(code, updates):
    with pytest.raises(UpdateError) as refusal:
        await updates.check()
    assert refusal.value.code == code
    assert not updates.status().is_ready
    return str(refusal.value)


async def test_a_newer_version_is_fetched_and_offered_and_nothing_is_started(
    robot, publisher
) -> None:
    publisher.publish("0.2.0")

    status = await robot.updates().check()

    assert (status.version, status.notes, status.is_ready) == ("0.2.0", "It is quicker.", True)
    assert robot.started == []


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "0.1"])
async def test_what_is_not_newer_is_no_offer(robot, publisher, version) -> None:
    publisher.publish(version)

    assert (await robot.updates().check()).version == ""


async def test_ten_is_newer_than_nine(robot, publisher) -> None:
    robot.version = "0.9.0"
    publisher.publish("0.10.0")

    assert (await robot.updates().check()).version == "0.10.0"


async def test_a_file_is_fetched_once(robot, publisher, server) -> None:
    publisher.publish()
    await robot.updates().check()
    await robot.updates().check()

    assert server.asked == ["/feed.json", "/setup-0.2.0.exe", "/feed.json"]


async def test_a_feed_of_another_key_is_not_believed(robot, publisher) -> None:
    publisher.publish(key=Ed25519PrivateKey.generate())

    assert "not signed" in await refused("E-UPD-495", robot.updates())


async def test_a_changed_feed_is_not_believed(robot, publisher) -> None:
    publisher.publish()
    feed = publisher.folder / "feed.json"
    feed.write_text(feed.read_text().replace("0.2.0", "0.3.0"))

    await refused("E-UPD-495", robot.updates())


async def test_one_of_several_keys_is_enough(robot, publisher) -> None:
    publisher.publish()
    keys = ("bm9uc2Vuc2U=", "no base64", publisher.public)

    assert (await robot.updates(update_keys=keys).check()).is_ready


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[]", b'{"signed": 1, "signature": ""}'])
async def test_what_is_no_feed_is_told_as_one(robot, publisher, content) -> None:
    (publisher.folder / "feed.json").write_bytes(content)

    await refused("E-UPD-422", robot.updates())


async def test_an_old_feed_is_refused_as_its_news_may_be_held_back(robot, publisher) -> None:
    publisher.publish(expires=robot.now - timedelta(seconds=1))

    assert "expired" in await refused("E-UPD-422", robot.updates())


@pytest.mark.parametrize(
    "tamper",
    [
        lambda content: content + b"x",
        lambda content: content[:-1],
        lambda content: content[:100] + b"X" + content[101:],
        lambda content: b"",
    ],
)
async def test_an_archive_that_was_tampered_with_is_not_kept(robot, publisher, tamper) -> None:
    setup = publisher.publish()
    setup.write_bytes(tamper(setup.read_bytes()))

    await refused("E-UPD-495", robot.updates())
    assert not list((robot.folder / "data/updates").glob("casare-robot_*"))


async def test_an_archive_that_was_changed_after_it_was_fetched_is_not_started(
    robot, publisher
) -> None:
    publisher.publish()
    await robot.updates().check()
    (fetched,) = (robot.folder / "data/updates").glob("casare-robot_*")
    fetched.write_bytes(b"something else")

    with pytest.raises(UpdateError, match="not the file") as refusal:
        robot.updates().install(is_busy=False)
    assert refusal.value.code == "E-UPD-495"
    assert robot.started == []
    assert robot.updates().is_due()


async def test_without_the_feed_what_was_ready_stays_ready(robot, publisher, server) -> None:
    publisher.publish()
    await robot.updates().check()
    (publisher.folder / "feed.json").unlink()

    with pytest.raises(UpdateError) as refusal:
        await robot.updates().check()
    assert refusal.value.code == "E-UPD-503"
    assert robot.updates().status().is_ready
    assert "404" in robot.updates().status().problem


async def test_an_idle_robot_is_replaced_at_once_and_silently(robot, publisher) -> None:
    publisher.publish()
    await robot.updates().check()

    told = robot.updates().install(is_busy=False)

    assert told.is_begun
    (command,) = robot.started
    assert command[0].endswith("casare-robot_0.2.0_setup.exe")
    assert command[1:] == ["/S", "/PATIENCE=0"]


async def test_a_busy_robot_is_replaced_as_soon_as_it_is_idle(robot, publisher) -> None:
    publisher.publish()
    await robot.updates().check()

    assert not robot.updates().install(is_busy=True).is_begun
    assert robot.started == []
    assert robot.updates().status().is_wanted
    assert robot.updates().install_when_idle()
    assert len(robot.started) == 1


async def test_nobody_wants_it_so_idleness_installs_nothing(robot, publisher) -> None:
    publisher.publish()
    await robot.updates().check()

    assert not robot.updates().install_when_idle()


async def test_settings_can_want_it_for_everybody_but_not_every_ten_seconds(
    robot, publisher
) -> None:
    publisher.publish()
    updates = robot.updates(updates="install")
    await updates.check()

    assert updates.install_when_idle()
    assert not updates.install_when_idle()
    robot.now += timedelta(hours=7)
    assert updates.install_when_idle()


async def test_one_who_does_not_want_to_wait_has_it_drain(robot, publisher) -> None:
    publisher.publish()
    await robot.updates().check()

    assert robot.updates().install(is_busy=True, drain=True).is_begun
    assert robot.started[0][-1] == "/PATIENCE=3600"


async def test_a_debian_package_is_fetched_and_the_way_to_install_it_told(robot, publisher) -> None:
    robot.kind = "debian"
    publisher.publish()
    await robot.updates(updates="install").check()

    told = robot.updates().install(is_busy=False)

    assert not told.is_begun
    assert "sudo apt install" in told.message
    assert told.message.endswith("casare-robot_0.2.0_amd64.deb")
    assert not robot.updates(updates="install").install_when_idle()


async def test_updates_that_are_off_ask_nobody_and_change_nothing(robot, publisher, server) -> None:
    publisher.publish()
    robot.has_previous("0.0.9")
    updates = robot.updates(updates="off", sources={"updates": "robot_policy.json"})

    assert "robot_policy.json" in await refused("E-UPD-403", updates)
    with pytest.raises(UpdateError, match="off"):
        updates.install(is_busy=False)
    with pytest.raises(UpdateError, match="off"):
        updates.go_back(is_busy=False)
    assert not updates.is_due()
    assert server.asked == []


async def test_without_a_key_no_feed_is_asked(robot, publisher, server) -> None:
    publisher.publish()

    await refused("E-UPD-495", robot.updates(update_keys=()))
    assert server.asked == []


@pytest.mark.parametrize(("kind", "how"), [("sources", "git pull"), ("folder", "unpack")])
async def test_a_robot_that_nothing_installs_over_says_how_it_is_updated(
    robot, publisher, server, kind, how
) -> None:
    publisher.publish()
    robot.kind = kind

    assert how in await refused("E-UPD-404", robot.updates())
    assert not robot.updates().is_due()
    assert server.asked == []


def test_one_looks_every_six_hours_and_after_the_clock_was_set_back(robot) -> None:
    assert robot.updates().is_due()


async def test_after_a_look_the_next_is_due_in_six_hours(robot, publisher) -> None:
    publisher.publish("0.1.0")
    await robot.updates().check()

    assert not robot.updates().is_due()
    robot.now += timedelta(hours=6)
    assert robot.updates().is_due()
    robot.now -= timedelta(days=2)
    assert robot.updates().is_due()


async def test_once_it_is_installed_it_is_no_offer_any_more(robot, publisher) -> None:
    publisher.publish()
    await robot.updates().check()
    robot.version = "0.2.0"

    assert robot.updates().status().version == ""
    with pytest.raises(UpdateError, match="ready"):
        robot.updates().install(is_busy=False)
    await robot.updates().check()
    assert not list((robot.folder / "data/updates").glob("casare-robot_*"))


async def test_the_way_back_is_one_step_and_its_version_is_not_offered_again(
    robot, publisher
) -> None:
    publisher.publish("0.2.0")
    robot.version = "0.2.0"
    robot.has_previous("0.1.0")

    told = robot.updates().go_back(is_busy=False)

    assert told.is_begun
    assert "/BACK=1" in robot.started[0]
    robot.version = "0.1.0"
    assert (await robot.updates().check()).version == ""
    publisher.publish("0.3.0")
    assert (await robot.updates().check()).version == "0.3.0"


def test_a_busy_robot_does_not_go_back(robot) -> None:
    robot.has_previous("0.0.9")

    with pytest.raises(UpdateError) as refusal:
        robot.updates().go_back(is_busy=True)
    assert refusal.value.code == "E-UPD-423"
    assert robot.updates().go_back(is_busy=True, drain=True).is_begun


def test_without_an_earlier_version_there_is_no_way_back(robot) -> None:
    with pytest.raises(UpdateError, match="no earlier"):
        robot.updates().go_back(is_busy=False)


def test_what_was_kept_and_cannot_be_read_is_found_out_again(robot) -> None:
    state = robot.folder / "data/updates/state.json"
    state.parent.mkdir(parents=True)
    state.write_bytes(b"{")

    assert robot.updates().is_due()


async def test_only_one_program_at_a_time_fetches(robot, publisher, server) -> None:
    publisher.publish()
    gate = server.may_answer["/setup-0.2.0.exe"] = threading.Event()
    looking = asyncio.create_task(robot.updates().check())
    while "/setup-0.2.0.exe" not in server.asked:
        await asyncio.sleep(0.01)
    try:
        with pytest.raises(UpdateError, match="just now") as refusal:
            await robot.updates().check()
    finally:
        gate.set()
    status = await looking

    assert refusal.value.code == "E-UPD-423"
    assert (status.is_ready, status.problem) == (True, "")


async def test_an_address_that_is_none_is_asked_as_rarely_as_any_other(robot) -> None:
    robot.config["update_feed"] = "https://feed.exam\u2028ple"

    await refused("E-UPD-503", robot.updates())

    assert not robot.updates().is_due()
