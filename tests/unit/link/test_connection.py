import asyncio

from casare_robot.link.native.messages import JobAssignment
from tests.small_orchestrator import SmallOrchestrator
from tests.small_robot import SmallRobot, link_to, running


def job(name, **fields):
    import msgspec

    return JobAssignment(job_id=name, workflow=msgspec.Raw(b'{"nodes": {}}'), **fields)


async def test_a_job_comes_and_its_result_goes():
    robot = SmallRobot()
    async with SmallOrchestrator() as server, running(link_to(server.url), robot) as link:
        work = asyncio.create_task(robot.work(link))
        server.submit(job("j1", variables={"a": 1}))
        await server.until(lambda: "j1" in server.results)
        work.cancel()

    assert server.results["j1"].outputs == {"answer": {"a": 1}}
    assert server.results["j1"].execution_time == 0.0125
    assert [taken.profile for taken in robot.offered] == ["remote"]
