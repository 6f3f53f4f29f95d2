"""The language model that the settings name."""

import pytest

from casare_robot.agent.judging import judge_of
from casare_robot.config.robot_config import RobotConfig


@pytest.mark.parametrize(("url", "model"), [("", ""), ("https://host/v1", ""), ("", "small")])
def test_without_an_endpoint_and_a_model_the_built_in_judge_chooses(url, model):
    assert judge_of(RobotConfig(judge_url=url, judge_model=model)) is None


async def test_the_model_is_asked_with_the_key_of_the_settings(monkeypatch):
    import httpx

    asked = []

    async def post(self, url, *, json):
        asked.append((url, json["model"], self.headers["Authorization"]))
        raise httpx.ConnectError("away")

    monkeypatch.setattr(httpx.AsyncClient, "post", post)
    config = RobotConfig(judge_url="https://host/v1/", judge_model="small", judge_key="sk-1")
    judge = judge_of(config)
    assert judge is not None
    async with judge:
        with pytest.raises(httpx.ConnectError):
            await judge([], _work(), [])

    assert asked == [("https://host/v1/chat/completions", "small", "Bearer sk-1")]
    assert "sk-1" not in str(config)


def _work():
    from casare_robot.groups.choose import Work

    return Work()
