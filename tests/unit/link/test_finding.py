import msgspec
import pytest

from casare_robot.domain.errors import ConfigError
from casare_robot.link.casarerpa.access import Access
from casare_robot.link.dialects import dialect_of
from casare_robot.link.finding import find_names, recognise
from casare_robot.link.identity import Identity
from casare_robot.link.session import LineError
from tests.replicas.envelope_orchestrator import EnvelopeOrchestrator
from tests.replicas.flat_orchestrator import FlatOrchestrator
from tests.replicas.rest_orchestrator import RestOrchestrator
from tests.replicas.tables_project import TablesProject
from tests.small_orchestrator import SmallOrchestrator

ACCESS = Access(
    identity=Identity(robot_id="r/1", session="s"),
    key=lambda: "k&y",
    origin="link",
    interval=30.0,
    wall=lambda: None,
    figures=dict,
)


class Small:
    address = "native"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (SmallOrchestrator, "native"),
        (FlatOrchestrator, "flat"),
        (EnvelopeOrchestrator, "envelope"),
    ],
)
async def test_an_orchestrator_of_websockets_is_recognised(make, name):
    async with make() as server:
        assert (await find_names(server.url))[0] == name


@pytest.mark.parametrize(
    ("make", "name"), [(RestOrchestrator, "rest"), (TablesProject, "supabase-tables")]
)
async def test_an_orchestrator_of_http_is_recognised_and_nothing_is_changed(make, name):
    with make() as server:
        assert (await find_names(server.url))[0] == name
        assert {method for method, _, _ in server.asked} == {"GET"}


async def test_nobody_is_recognised_where_nobody_answers():
    assert await find_names("ws://127.0.0.1:9") == ()


@pytest.mark.parametrize("status", [404, 502, 503])
def test_who_is_none_of_them_is_looked_at_again(status):
    assert recognise(lambda path: (status, b"")) == ()


@pytest.mark.parametrize(
    ("name", "url", "address"),
    [
        ("native", "ws://127.0.0.1:1", "native"),
        ("flat", "http://127.0.0.1:1", "ws://127.0.0.1:1/ws/robot/r%2F1"),
        ("flat", "wss://host/ws/robot", "wss://host/ws/robot/r%2F1"),
        ("flat", "wss://host/ws/robot/r%2F1", "wss://host/ws/robot/r%2F1"),
        ("flat", "wss://host/rpa", "wss://host/rpa/ws/robot/r%2F1"),
        ("rest", "ws://127.0.0.1:1", "http://127.0.0.1:1"),
        ("rest", "https://host/rpa/api/v1/", "https://host/rpa"),
        ("supabase-tables", "https://x.supabase.co/rest/v1", "https://x.supabase.co"),
        ("envelope", "ws://127.0.0.1:1", "ws://127.0.0.1:1"),
        ("supabase-tables", "https://x.supabase.co", "https://x.supabase.co"),
        ("postgres", "postgresql://me:secret@db:5432/jobs", "postgresql://db:5432/jobs"),
        ("auto", "postgresql://me:secret@db/jobs", "postgresql://db/jobs"),
        ("auto", "ws://127.0.0.1:1", "native"),
    ],
)
def test_a_dialect_shows_its_address_without_a_key(name, url, address):
    assert dialect_of(name, url, ACCESS, Small, Small).address == address


@pytest.mark.parametrize(
    ("name", "url"),
    [
        *((name, "ws://far.example") for name in ("flat", "rest", "envelope", "supabase-tables")),
        ("postgres", "https://far.example"),
        ("rest", "postgresql://far.example/jobs"),
    ],
)
def test_an_address_that_does_not_fit_its_dialect_is_refused(name, url):
    with pytest.raises(ConfigError):
        dialect_of(name, url, ACCESS, Small, Small)


async def test_the_key_of_the_flat_websocket_stands_in_the_query():
    opened = []

    async def connect(address, headers):
        opened.append((address, headers))

    dialect = dialect_of("flat", "ws://127.0.0.1:1", ACCESS, Small, Small)
    dialect._connect = connect
    await dialect.open()
    assert opened == [("ws://127.0.0.1:1/ws/robot/r%2F1?api_key=k%26y", {})]


async def test_the_dialect_is_looked_for_until_it_is_found():
    answers = [(), (), ("rest",)]

    async def find(_url):
        return answers.pop(0)

    class Native(Small):
        async def open(self):
            return "native"

    dialect = dialect_of("auto", "ws://127.0.0.1:1", ACCESS, Native, Small, find=find)
    assert [await dialect.open(), await dialect.open()] == ["native", "native"]
    line = await dialect.open()
    assert dialect.address == "http://127.0.0.1:1"
    await line.close("")
    assert answers == []


async def test_of_several_likely_dialects_the_next_is_tried_until_one_is_understood():
    tried = []

    class Session:
        is_established = False

    def kind(name):
        class Kind(Small):
            async def open(self):
                tried.append(name)

            def session(self, *_, **__):
                return session

        return Kind

    async def find(_url):
        return ("reference", "native")

    session = Session()
    native, reference = kind("native"), kind("reference")
    dialect = dialect_of("auto", "ws://127.0.0.1:1", ACCESS, native, reference, find=find)
    for understood in (False, False, True, False):
        await dialect.open()
        dialect.session(None, None, 0.0, insists=False)
        session.is_established = understood
    assert tried == ["reference", "native", "reference", "reference"]


async def test_who_speaks_another_dialect_than_was_said_is_told():
    async with FlatOrchestrator() as server:
        with pytest.raises(LineError, match="does not speak 'envelope': try `--dialect flat`"):
            await dialect_of("envelope", server.url, ACCESS, Small, Small).open()


async def test_nothing_is_said_of_the_dialect_of_who_cannot_be_asked():
    with pytest.raises(LineError) as refused:
        await dialect_of("flat", "ws://127.0.0.1:9", ACCESS, Small, Small).open()
    assert "--dialect" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "is_told"),
    [("sb_publishable_x", False), ("sb_secret_x", False), ("eyJ.eyJ.x", True), ("anon", True)],
)
async def test_a_key_of_a_project_is_a_token_only_if_it_is_one(name, is_told):
    access = msgspec.structs.replace(ACCESS, key=lambda: name)
    line = await dialect_of("supabase-tables", "http://127.0.0.1:9", access, Small, Small).open()
    told = line._client.headers
    await line.close("")

    assert told["apikey"] == name
    assert ("Authorization" in told) is is_told
