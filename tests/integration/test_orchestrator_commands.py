"""`casare-robot orchestrator`, `run` and `submit` as people start them: as processes."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from casare_robot.link.orchestrator_client import OrchestratorClient
from tests.ports import free_port
from tests.whole import (
    appends,
    command,
    fails,
    orchestrator_process,
    process,
    robot_process,
    sets,
    until,
    until_job,
    waits,
)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


async def says(running, text):
    """The line in which a process says this on its standard error."""

    def read():
        for line in running.stderr:
            if text in line:
                return line
        raise AssertionError(f"it left without saying {text!r}")

    async with asyncio.timeout(60):
        try:
            return await asyncio.to_thread(read)
        except asyncio.CancelledError:
            running.kill()
            raise


@pytest.fixture
def there(home):
    """A running orchestrator: what it printed."""
    with orchestrator_process(home) as (_, facts):
        yield facts


@pytest.fixture
def file(tmp_path):
    """Saves a workflow."""

    def save(workflow):
        path = tmp_path / "job.json"
        path.write_text(json.dumps(workflow))
        return path

    return save


async def test_submit_waits_for_the_end_and_its_exit_code_tells_it(
    there, home, tmp_path, file
) -> None:
    with robot_process(there["robots"], there["robot_key"], tmp_path / "robot"):
        to = ("--to", there["url"], "--wait")
        good = await command("submit", file(sets("total", 42)), *to, home=home)
        shown = await command("submit", file(sets("total", 42)), *to, "--json", home=home)
        bad = await command("submit", file(fails("no money")), *to, home=home)
        late = await command("submit", file(waits(600)), *to, "--timeout", "0.2", home=home)

    assert (good.returncode, bad.returncode, late.returncode) == (0, 1, 7)
    assert good.stdout == "completed: 2 nodes, on robot-1\n  total = 42\n"
    assert json.loads(shown.stdout)["outputs"] == {"total": 42}
    assert "no money" in bad.stdout
    assert bad.stdout.startswith("failed: ")


async def test_submit_ends_with_3_for_a_cancelled_and_4_for_a_parked_job(
    there, home, tmp_path, file
) -> None:
    robot = tmp_path / "robot"
    began = tmp_path / "began"
    drawn = {
        "nodes": {
            "s": {"node_id": "s", "node_type": "StartNode"},
            "c": {
                "node_id": "c",
                "node_type": "RunCommandNode",
                "config": {"command": f"echo >> {began}; sleep 600", "shell": True},
            },
        },
        "connections": [
            {
                "source_node": "s",
                "source_port": "exec_out",
                "target_node": "c",
                "target_port": "exec_in",
            }
        ],
    }
    robot.mkdir()
    (robot / "robot_config.json").write_text('{"remote_policy": {"allow_scripts": true}}')
    to = ("--to", there["url"], "--wait")
    async with OrchestratorClient(there["url"], there["admin_key"]) as client:
        with robot_process(there["robots"], there["robot_key"], robot) as running:
            waiting = process("submit", file(waits(600)), "--job", "w", *to, home=home)
            await until(lambda: _has(client, "w"))
            await client.cancel("w", "enough")
            await asyncio.to_thread(waiting.communicate, timeout=60)
            parked = process("submit", file(drawn), "--job", "p", *to, home=home)
            await until(began.exists)
            running.kill()
        with robot_process(there["robots"], there["robot_key"], robot):
            out, err = await asyncio.to_thread(parked.communicate, timeout=60)

    assert waiting.returncode == 3
    assert parked.returncode == 4, err
    assert out.startswith("needs_attention: ")


async def _has(client, job_id):
    return any(job["job_id"] == job_id for job in await client.jobs())


async def test_submit_without_wait_prints_the_new_jobs_id(there, home, file) -> None:
    plain = await command("submit", file(sets()), "--to", there["url"], "--job", "me", home=home)
    told = await command("submit", file(sets()), "--to", there["url"], "--json", home=home)

    assert (plain.returncode, plain.stdout) == (0, "me\n")
    assert json.loads(told.stdout)["status"] == "queued"


async def test_submit_says_what_it_wants_and_with_which_values(there, home, file, tmp_path) -> None:
    (tmp_path / "values.json").write_text('{"a": 1, "b": 2}')
    asked = await command(
        *("submit", file(sets()), "--to", there["url"], "--json", "--robot", "r-9"),
        *("--tag", "x", "--tag", "y", "--priority", "7"),
        *("--vars", tmp_path / "values.json", "--var", "b=3"),
        home=home,
    )
    job_id = json.loads(asked.stdout)["job_id"]
    async with OrchestratorClient(there["url"], there["admin_key"]) as client:
        job = await client.job(job_id)

    assert (job["target"], job["tags"], job["priority"]) == ("r-9", ["x", "y"], 7)
    assert job["variables"] == {"a": 1, "b": "3"}
    assert job["name"] == "job"


async def test_the_key_comes_from_the_option_the_variable_or_this_users_file(
    there, home, tmp_path, file
) -> None:
    stranger = tmp_path / "stranger"
    workflow = file(sets())
    to = ("submit", workflow, "--to", there["url"])
    key = there["admin_key"]
    codes = [
        (await command(*to, home=home)).returncode,
        (await command(*to, home=stranger)).returncode,
        (await command(*to, "--api-key", key, home=stranger)).returncode,
        (await command(*to, home=stranger, CASARE_ORCHESTRATOR_KEY=key)).returncode,
        (await command(*to, "--api-key", "x", home=home, CASARE_ORCHESTRATOR_KEY=key)).returncode,
    ]

    assert [code == 0 for code in codes] == [True, False, True, True, False]


async def test_submit_says_why_it_is_refused(there, home, tmp_path, file) -> None:
    no_json = tmp_path / "no.json"
    no_json.write_text("{")
    to = ("--to", there["url"])
    wrong = await command("submit", file(sets()), *to, "--api-key", "wrong", home=home)
    nobody = f"http://127.0.0.1:{free_port()}"
    away = await command("submit", file(sets()), "--to", nobody, home=home)
    missing = await command("submit", tmp_path / "none.json", *to, home=home)
    broken = await command("submit", no_json, *to, home=home)
    plain = await command("submit", file(sets()), "--to", "http://example.com", home=home)
    as_json = await command("submit", no_json, *to, "--json", home=home)

    assert "E-AUTH-401" in wrong.stderr
    assert "E-LINK-503" in away.stderr
    assert away.returncode == 6
    assert missing.returncode == 2
    assert "is no workflow" in broken.stderr
    assert "encrypted" in plain.stderr
    assert json.loads(as_json.stdout)["error"]["code"] == "E-USAGE-2"
    for ended in (wrong, away, missing, broken, plain, as_json):
        assert ended.returncode != 0


async def test_submit_goes_on_waiting_while_the_orchestrator_restarts(home, tmp_path, file) -> None:
    port = free_port()
    with orchestrator_process(home, "--port", port) as (first, facts):
        began = process("submit", file(sets()), "--to", facts["url"], "--wait", home=home)
        assert began.stderr.readline().startswith("job ")
        assert began.stderr.readline() == "queued\n"
        first.kill()
        first.wait()
    with (
        orchestrator_process(home, "--port", port),
        robot_process(facts["robots"], facts["robot_key"], tmp_path / "robot"),
    ):
        out, err = await asyncio.to_thread(began.communicate, timeout=60)

    assert began.returncode == 0, err
    assert out.startswith("completed")


async def test_a_killed_orchestrator_is_back_with_all_it_knew(home, tmp_path) -> None:
    lines = tmp_path / "lines"
    with orchestrator_process(home) as (first, facts):
        async with OrchestratorClient(facts["url"], facts["admin_key"]) as client:
            for number in range(5):
                await client.submit({"workflow": appends(lines, number), "job_id": f"j{number}"})
        first.kill()
        first.wait()
    with (
        orchestrator_process(home) as (_, again),
        robot_process(again["robots"], again["robot_key"], tmp_path / "robot"),
    ):
        async with OrchestratorClient(again["url"], again["admin_key"]) as client:
            ended = [(await until_job(client, f"j{number}"))["status"] for number in range(5)]

    assert ended == ["completed"] * 5
    assert lines.read_text().split() == list("01234")
    assert (again["admin_key"], again["robot_key"]) == (facts["admin_key"], facts["robot_key"])


async def test_a_second_orchestrator_on_one_store_ends_with_5(home, tmp_path) -> None:
    store = ("--store", f"sqlite:{tmp_path / 'shared.db'}")
    with orchestrator_process(home, *store):
        second = await command("orchestrator", "--port", "0", *store, home=home)
        other = await command(
            *("orchestrator", "--port", "0", "--json", "--data", tmp_path / "other", *store),
            home=home,
        )

    assert (second.returncode, other.returncode) == (5, 5)
    assert second.stderr.startswith("E-ORC-405 another orchestrator already works")
    assert json.loads(other.stdout)["error"]["code"] == "E-ORC-405"


@pytest.mark.parametrize(
    ("options", "strategy"), [((), "least_loaded"), (("--strategy", "priority"), "priority")]
)
async def test_the_strategy_is_the_one_that_was_asked_for(home, options, strategy) -> None:
    with orchestrator_process(home, *options) as (_, facts):
        async with OrchestratorClient(facts["url"], facts["admin_key"]) as client:
            fleet = await client._ask("GET", "fleet")

    assert (fleet["strategy"], fleet["groups"]) == (strategy, [])


async def test_its_state_is_where_the_store_option_says(home, tmp_path, file) -> None:
    store = tmp_path / "here.db"
    with orchestrator_process(home, "--store", f"sqlite:{store}") as (_, facts):
        await command("submit", file(sets()), "--to", facts["url"], "--job", "a", home=home)
    with orchestrator_process(home, "--store", f"sqlite:{store}") as (_, facts):
        async with OrchestratorClient(facts["url"], facts["admin_key"]) as client:
            jobs = [job["job_id"] for job in await client.jobs()]

    assert jobs == ["a"]
    assert store.exists()
    assert not list(home.rglob("orchestrator.db"))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--store", "nowhere:x"), "a store's address is"),
        (("--certificate", "x.pem"), "belong together"),
        (("--certificate", "x.pem", "--private-key", "y.pem"), "certificate cannot be used"),
        (("--host", "203.0.113.7"), "cannot serve at 203.0.113.7"),
    ],
)
async def test_an_orchestrator_that_cannot_start_says_why(home, options, text) -> None:
    ended = await command("orchestrator", "--port", "0", *options, home=home)

    assert ended.returncode in (1, 2)
    assert text in ended.stderr


async def test_a_taken_port_is_named(home, there, tmp_path) -> None:
    port = there["url"].rpartition(":")[2]
    ended = await command("orchestrator", "--port", port, "--data", tmp_path / "o", home=home)

    assert ended.returncode == 2
    assert f"127.0.0.1:{port}" in ended.stderr


async def test_a_robot_without_a_good_key_says_so_and_stays(there, tmp_path) -> None:
    with robot_process(there["robots"], "wrong", tmp_path / "robot") as robot:
        told = await says(robot, "refuses this robot's key")

        assert robot.poll() is None
        assert "wrong" not in told


async def test_a_robot_that_is_asked_to_leave_goes_on_with_its_job_when_it_is_back(
    there, tmp_path
) -> None:
    async with OrchestratorClient(there["url"], there["admin_key"]) as client:
        job = (await client.submit({"workflow": waits(1)}))["job_id"]
        with robot_process(there["robots"], there["robot_key"], tmp_path / "robot") as robot:
            await until_job(client, job, "running", "completed")
            robot.terminate()
            await asyncio.to_thread(robot.wait, 60)
        with robot_process(there["robots"], there["robot_key"], tmp_path / "robot"):
            ended = await until_job(client, job)

    assert robot.returncode == 0
    assert ended["status"] == "completed"
    assert ended["robot_id"] == "robot-1"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A CA of our own and a certificate for this machine: (certificate, key, CA)."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("tls")
    now = datetime.now(UTC)

    def named(name):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def certificate(subject, issuer, public, signer, *extensions):
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named(issuer))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    is_ca = (x509.BasicConstraints(ca=True, path_length=None), True)
    here = (x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
    paths = [folder / name for name in ("cert.pem", "key.pem", "ca.pem")]
    paths[0].write_bytes(certificate("here", "our own", key.public_key(), ca_key, here))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[2].write_bytes(certificate("our own", "our own", ca_key.public_key(), ca_key, is_ca))
    return paths


async def test_a_robot_refuses_a_certificate_it_does_not_trust_and_takes_one_it_does(
    certificates, home, tmp_path, file
) -> None:
    certificate, key, ca = certificates
    tls = ("--certificate", certificate, "--private-key", key)
    with orchestrator_process(home, *tls) as (_, facts):
        to = ("submit", file(sets()), "--to", facts["url"], "--wait")
        with robot_process(facts["robots"], facts["robot_key"], tmp_path / "robot") as robot:
            await says(robot, "certificate is not trusted")
        refused = await command(*to, home=home)
        trusts = {"SSL_CERT_FILE": str(ca)}
        with robot_process(facts["robots"], facts["robot_key"], tmp_path / "robot", **trusts):
            ran = await command(*to, home=home, **trusts)

    assert facts["robots"].startswith("wss://")
    assert refused.returncode != 0
    assert "certificate" in refused.stderr.lower()
    assert ran.returncode == 0, ran.stderr
