import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from casare_robot.domain.job import JobError, JobResult, JobStatus
from casare_robot.link.casarerpa.jobs import server_id
from casare_robot.link.casarerpa.rest import RestWords
from casare_robot.link.casarerpa.tables import TablesWords
from tests.replicas.poll_talk import IDENTITY, PollTalk
from tests.replicas.rest_orchestrator import RestOrchestrator
from tests.replicas.robot_process import GOOD
from tests.replicas.tables_project import TablesProject
from tests.small_robot import SmallRobot

DAY = datetime(2026, 11, 21, tzinfo=UTC)


def words(identity=IDENTITY):
    return RestWords(identity, lambda: {"cpu_percent": 1.0})


@pytest.fixture
def server():
    return RestOrchestrator()


@pytest.fixture
def talk(server):
    made = PollTalk(words(), server)
    server.clock = lambda: made.now
    return made


def opened(talk):
    return [question for question, _ in talk.open.values()]


def done(job, status=JobStatus.COMPLETED, error=None):
    why = JobError(code="E-X-1", message=error) if error else None
    return JobResult(job_id=job.id, status=status, error=why)


def claimed(talk, server, **options):
    """A job that the robot has taken."""
    job_id = server.submit(GOOD, **options)
    talk.run(3)
    job = talk.offers()[-1]
    assert server_id(job.id) == job_id
    talk.accept(job)
    return job


def test_a_robot_is_let_in_by_its_first_claim(talk):
    talk.ask()
    talk.answer()
    assert talk.kinds() == ["Proved"]  # registering needs no key, so it proves nothing
    talk.pump()
    assert "Established" in talk.kinds()


def test_there_is_one_claim_at_a_time_and_none_without_a_place(talk, server):
    talk.robot.free_slots = 2
    server.submit(GOOD)
    talk.run(5)
    assert len(talk.offers()) == 1

    server.submit(GOOD)
    talk.accept(talk.offers()[0])
    talk.run(1)
    talk.accept(talk.offers()[1])
    server.submit(GOOD)
    asked = len(talk.times("/claim"))
    talk.run(60)
    assert len(talk.times("/claim")) == asked
    assert talk.most_claims == 1


def test_a_claim_without_an_answer_is_not_asked_twice(talk):
    talk.run(3)
    talk.now += 2
    assert talk.ask()
    assert talk.most_claims == 1
    talk.now += 10
    talk.ask()
    assert talk.most_claims == 1


def test_a_job_that_the_robot_has_not_yet_taken_counts(talk, server):
    server.submit(GOOD)
    server.submit(GOOD)
    talk.run(30)
    assert len(talk.offers()) == 1


def test_claims_that_find_nothing_come_at_most_every_two_seconds(talk):
    talk.run(60)
    times = talk.times("/claim")
    pauses = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert min(pauses[1:]) >= 1.0
    assert max(pauses) <= 2.5


def test_robots_that_ask_too_often_together_ask_less(server):
    robots = [PollTalk(words(), server) for _ in range(8)]
    server.clock = lambda: robots[0].now
    while robots[0].now < 900:
        for one in robots:
            one.pump()
            one.now += 0.5
    warned = sum(kind == "Warned" for one in robots for kind in one.kinds())
    assert warned > 0
    calls = [at for one in robots for at in one.times("/claim")]
    assert sum(at > 840 for at in calls) <= 120
    for one in robots:
        late = [at for at in one.times("/claim") if at > 600]
        assert max(late) > 880
        assert min(b - a for a, b in itertools.pairwise(late)) > 2.5  # and not 2, as before


def test_after_retry_after_no_claim_comes_sooner(talk):
    talk.run(1)
    talk.overrides["POST", "/claim"] = 429, {"Retry-After": "60"}
    talk.run(3)
    at = talk.times("/claim")[-1]
    talk.overrides.clear()
    talk.session.look()  # a person who is impatient changes nothing
    talk.run(at + 59 - talk.now)
    assert talk.times("/claim")[-1] == at
    talk.run(3)
    assert talk.times("/claim")[-1] >= at + 60


def test_fleet_routes_that_fail_stop_nothing(talk, server):
    talk.overrides = {("POST", "/register"): (503, {}), ("PUT", "/status"): (503, {})}
    talk.overrides["POST", "/heartbeat"] = 403, {}
    server.submit(GOOD)
    talk.run(10)
    assert len(talk.offers()) == 1
    assert "Part" not in talk.kinds()


def test_an_orchestrator_out_of_order_is_asked_again(talk, server):
    server.is_down = True
    talk.run(20)
    assert "Established" in talk.kinds()
    server.is_down = False
    server.submit(GOOD)
    talk.run(10)
    assert len(talk.offers()) == 1
    assert [ask.problem for ask in talk.asks if type(ask).__name__ == "Warned"][-1] == ""


def test_a_wrong_key_is_a_refusal(talk, server):
    server.key = "another"
    talk.ask()
    talk.answer()
    talk.ask()
    talk.answer()
    (part,) = [ask for ask in talk.asks if type(ask).__name__ == "Part"]
    assert part.is_refusal
    assert "401" in part.problem


def test_after_a_claim_that_failed_inside_the_server_the_next_one_is_far_off(talk, server):
    server.breaks_claims = True
    lost = server.submit(GOOD)
    talk.run(29)
    assert len(talk.times("/claim")) == 1
    assert server.status(lost) == "pending"  # given back
    talk.run(62)
    assert len(talk.times("/claim")) == 3


def test_a_job_that_the_robot_holds_is_never_given_back(talk, server):
    talk.robot.free_slots = 2
    first = claimed(talk, server)
    server.breaks_claims = True
    server.submit(GOOD)
    talk.session.report(done(first))
    talk.overrides["POST", "/complete"] = 503, {}
    talk.run(20)
    assert len(talk.times("/release")) == 1
    assert server.status(server_id(first.id)) == "running"


def test_a_claim_that_got_no_answer_is_followed_up_on_the_next_connection(talk, server):
    lost = server.submit(GOOD)
    talk.loses.add(("POST", "/claim"))
    talk.run(1)
    assert server.status(lost) == "running"
    talk.loses.clear()
    talk.connect()
    talk.run(3)
    assert [server_id(job.id) for job in talk.offers()] == [lost]


def test_leases_are_kept_while_jobs_run(talk, server):
    job = claimed(talk, server)
    talk.run(60)
    times = talk.times("/extend-lease")
    assert len(times) >= 10
    assert max(b - a for a, b in itertools.pairwise(times)) <= 10
    assert server.jobs[server_id(job.id)]["extended"] == len(times)


def test_leases_are_renewed_less_often_for_who_was_told_to(talk, server):
    claimed(talk, server)
    talk.overrides["POST", "/extend-lease"] = 429, {"Retry-After": "7"}
    talk.run(6)
    talk.overrides.clear()
    (told,) = talk.times("/extend-lease")
    talk.run(60)
    _, *times = talk.times("/extend-lease")
    assert times[0] >= told + 7
    assert {b - a for a, b in itertools.pairwise(times)} == {10.0}


def test_a_question_that_nobody_answers_ends_the_connection(talk):
    talk.run(5)
    talk.loses.add(("POST", "/claim"))
    talk.run(70)
    (part,) = {ask for ask in talk.asks if type(ask).__name__ == "Part"}
    assert "60 s" in part.problem


def test_a_lost_lease_abandons_the_job_and_frees_nothing_else(talk, server):
    job = claimed(talk, server)
    server.jobs[server_id(job.id)]["status"] = "cancelled"
    talk.run(10)
    (cancel,) = [ask for ask in talk.asks if type(ask).__name__ == "Cancel"]
    assert cancel.job_id == job.id
    assert cancel.abandon


def test_a_lease_lost_behind_a_result_abandons_nothing(talk, server):
    job = claimed(talk, server)
    talk.run(4)
    talk.now += 1.5
    talk.session.report(done(job))
    talk.ask()
    assert {"/extend-lease", "/complete"} <= {
        f"/{it.path.rpartition('/')[2]}" for it in opened(talk)
    }
    talk.open = dict(sorted(talk.open.items(), key=lambda it: "complete" not in it[1][0].path))
    talk.answer(last_first=True)  # completed first, but the refused renewal is heard before
    assert "Cancel" not in talk.kinds()
    assert "Delivered" in talk.kinds()


def test_a_result_is_said_until_it_is_taken(talk, server):
    job = claimed(talk, server)
    talk.overrides["POST", "/complete"] = 500, {}
    talk.session.report(done(job))
    talk.run(20)
    assert "Delivered" not in talk.kinds()
    talk.overrides.clear()
    talk.run(6)
    assert talk.kinds().count("Delivered") == 1
    assert server.status(server_id(job.id)) == "completed"


@pytest.mark.parametrize("status", [404, 409])
def test_a_result_that_nobody_wants_any_more_is_done_with(talk, server, status):
    job = claimed(talk, server)
    talk.overrides["POST", "/complete"] = status, {}
    talk.session.report(done(job))
    talk.run(1)
    assert talk.kinds().count("Delivered") == 1
    assert len(talk.times("/complete")) == 1


def test_a_job_that_was_tried_again_is_another_job(talk, server):
    first = claimed(talk, server)
    talk.session.report(done(first, JobStatus.FAILED, "no"))
    talk.robot.held.clear()
    talk.robot.free_slots = 1
    talk.run(10)
    again = talk.offers()[-1]
    assert server_id(again.id) == server_id(first.id)
    assert again.id != first.id


def test_a_job_claimed_once_more_while_it_runs_here_just_goes_on(talk, server):
    talk.robot.free_slots = 2
    job = claimed(talk, server)
    server.jobs[server_id(job.id)] |= {"status": "pending", "robot_id": None}
    talk.run(3)
    assert len(talk.offers()) == 1
    assert server.status(server_id(job.id)) == "running"


@pytest.mark.parametrize(
    ("code", "route", "status"), [("E-QUEUE-429", "/release", "pending"), ("E-X-1", "/fail", None)]
)
def test_a_job_that_the_robot_does_not_take_goes_back(talk, server, code, route, status):
    job_id = server.submit(GOOD)
    talk.run(2)
    talk.session.refused(talk.offers()[0].id, code, "not this one")
    talk.robot.free_slots = 0
    talk.run(1)
    assert len(talk.times(route)) == 1
    assert server.status(job_id) == status or server.jobs[job_id]["error_message"]


def test_without_a_database_the_default_environment_means_all_of_them(server):
    server.has_database = False
    talk = PollTalk(words(), server)
    lan, net = server.submit(GOOD), server.submit(GOOD, environment="internet")
    talk.robot.free_slots = 2
    talk.run(2)
    talk.accept(talk.offers()[0])
    talk.run(6)
    assert {server_id(job.id) for job in talk.offers()} == {lan, net}


def test_a_chosen_environment_is_the_only_one(server):
    server.has_database = False
    only = words(type(IDENTITY)(robot_id="robot-it-01", session="s", environment="internet"))
    talk = PollTalk(only, server)
    server.submit(GOOD)
    talk.run(20)
    assert talk.offers() == []


def test_state_is_told_when_it_changes_and_not_all_the_time(talk, server):
    talk.run(30)
    assert [body for _, _, path, body in talk.sent if path.endswith("/status")] == [
        {"status": "idle"}
    ]
    claimed(talk, server)
    talk.run(30)
    assert server.robots["robot-it-01"]["status"] == "busy"
    assert server.robots["robot-it-01"]["metrics"]["current_job_count"] == 1


class Clock:
    def __init__(self):
        self.talk = None

    def __call__(self):
        return DAY + timedelta(seconds=self.talk.now if self.talk else 0)


@pytest.fixture
def tables():
    project, clock = TablesProject(), Clock()
    made = clock.talk = PollTalk(TablesWords(IDENTITY, clock), project, robot=SmallRobot())
    return made


def test_a_claim_in_the_tables_whose_answer_was_lost_is_the_robots_all_the_same(tables):
    tables.replica.submit("j1", "robot-it-01", GOOD)
    tables.loses.add(("PATCH", "/jobs"))
    tables.run(1)
    assert tables.replica.job("j1")["status"] == "running"
    assert tables.offers() == []
    tables.loses.clear()
    tables.connect()
    tables.run(2)
    assert [server_id(job.id) for job in tables.offers()] == ["j1"]


def test_another_claim_in_the_robots_name_is_not_taken_over(tables):
    tables.replica.submit("j1", "robot-it-01", GOOD)
    tables.loses.add(("PATCH", "/jobs"))
    tables.run(1)
    tables.replica.job("j1")["claimed_at"] = "2020-01-01T00:00:00+00:00"
    tables.loses.clear()
    tables.connect()
    tables.run(5)
    assert tables.offers() == []


def test_a_cancellation_in_the_tables_is_seen_once_and_soon(tables):
    tables.replica.submit("j1", "robot-it-01", GOOD)
    tables.run(1)
    tables.accept(tables.offers()[0])
    tables.run(3)
    tables.replica.job("j1")["cancel_requested"] = True
    tables.run(2.5)
    tables.run(20)
    cancels = [ask for ask in tables.asks if type(ask).__name__ == "Cancel"]
    assert [(ask.job_id, ask.abandon) for ask in cancels] == [(tables.offers()[0].id, False)]


def test_a_job_that_others_claimed_in_the_tables_is_let_go(tables):
    tables.replica.submit("j1", "robot-it-01", GOOD)
    tables.run(1)
    tables.accept(tables.offers()[0])
    tables.run(11)
    assert tables.replica.job("j1")["lock_heartbeat"]
    tables.replica.job("j1")["claimed_by"] = "another"
    tables.run(11)
    (cancel,) = [ask for ask in tables.asks if type(ask).__name__ == "Cancel"]
    assert cancel.abandon


def test_tables_of_before_versions_and_metrics_do_too(tables):
    project, whole = tables.replica, tables.replica.answer

    def older(method, target, path, body, headers):
        if path.endswith("/robots") and body and {"version", "metrics"} & body.keys():
            return 400, {"code": "PGRST204", "message": "there is no such column"}, {}
        return whole(method, target, path, body, headers)

    project.answer = older
    project.submit("j1", "robot-it-01", GOOD)
    tables.run(7)
    assert len(tables.offers()) == 1
    (row,) = project.tables["robots"]
    assert (row["id"], row["status"]) == ("robot-it-01", "online")
    assert row["last_seen"] == (DAY + timedelta(seconds=tables.times("/robots")[-1])).isoformat()


def test_a_sign_of_life_in_the_tables_comes_every_few_seconds(tables):
    tables.run(60)
    times = [
        now for now, method, path, _ in tables.sent if method == "PATCH" and "/robots?" in path
    ]
    assert 10 <= len(times) <= 14
    metrics = tables.replica.tables["robots"][0]["metrics"]
    assert metrics["current_job"] is None
    assert metrics["total_jobs"] == 0


@pytest.mark.parametrize("status", [404, 405, 426])
@pytest.mark.parametrize("how", ["rest", "tables"])
def test_where_nobody_is_asked_in_this_way_people_hear_what_to_try(how, status):
    made = words() if how == "rest" else TablesWords(IDENTITY, lambda: DAY)
    talk = PollTalk(made, RestOrchestrator())
    talk.overrides = {(method, ""): (status, {}) for method in ("GET", "POST", "PATCH", "PUT")}
    talk.run(3)

    (part,) = {ask.problem for ask in talk.asks if type(ask).__name__ == "Part"}
    assert "--dialect auto" in part
    assert "Established" not in talk.kinds()


@pytest.mark.parametrize(
    ("status", "is_bare"), [(400, True), (413, True), (422, True), (500, True), (503, False)]
)
def test_a_result_that_is_never_taken_is_told_without_what_the_job_gave(
    talk, server, status, is_bare
):
    job = claimed(talk, server)
    talk.overrides["POST", "/complete"] = status, {}
    talk.session.report(msgspec.structs.replace(done(job), variables={"poison": 1}))
    talk.run(30)
    told = [body["result"]["result_data"] for _, _, path, body in talk.sent if "/complete" in path]

    assert "left_out" not in told[0]
    assert ("left_out" in told[-1]) is is_bare
    talk.overrides.clear()
    talk.run(10)
    assert server.jobs[server_id(job.id)]["status"] == "completed"


@pytest.mark.parametrize("wrap", [list, lambda rows: {"success": True, "data": rows[0]}])
def test_a_claimed_job_may_be_wrapped(talk, server, wrap):
    plain = server.answer

    def answer(method, target, path, body, headers):
        status, told, more = plain(method, target, path, body, headers)
        is_job = path.endswith("/claim") and told
        return status, wrap([told]) if is_job else told, more

    server.answer = answer
    assert claimed(talk, server).workflow
