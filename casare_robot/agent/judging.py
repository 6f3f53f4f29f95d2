"""The judge that the settings ask for."""

from typing import TYPE_CHECKING

from casare_robot.config.robot_config import RobotConfig

if TYPE_CHECKING:
    from casare_robot.groups.model_judge import ModelJudge


def judge_of(config: RobotConfig) -> "ModelJudge | None":
    """The language model that chooses who answers, to be closed; None: the built-in judge does."""
    if not config.judge_url or not config.judge_model:
        return None
    from casare_robot.groups.model_judge import ModelJudge

    return ModelJudge(config.judge_url, config.judge_model, key=config.judge_key)
