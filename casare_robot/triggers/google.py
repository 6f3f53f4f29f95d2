"""A Google account as triggers use it: asked within a look, with the secret that is kept for it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.policy import Policy
from casare_robot.triggers.event import Surroundings

if TYPE_CHECKING:
    from casare_robot.domain.node_context import NodeContext
    from casare_robot.nodes.account import Service, Signed
    from casare_robot.nodes.account_api import AccountApi


class _Visitor(NamedTuple):
    """As much of a node's surroundings as an account needs."""

    policy: Policy
    around: Surroundings
    working_dir: Path = Path()
    node_id: str = "trigger"

    def now(self) -> datetime:
        return self.around.clock()

    def secret(self, reference: str) -> str:
        value = self.around.secret(reference)
        if value is None:
            raise NodeFailure(f"there is no secret {reference!r}", code="E-SECRET-404")
        return value

    def log(self, level: str, message: str) -> None:
        self.around.log(level, message)


@asynccontextmanager
async def google_api(
    service: "Service", settings: Mapping[str, Any], around: Surroundings
) -> AsyncIterator["AccountApi"]:
    """A service of Google in the name of the account that a trigger's settings name.

    Raises:
        NodeFailure: There is no such account, Google refuses or cannot be reached.
    """
    from casare_robot.nodes.account_api import AccountApi
    from casare_robot.nodes.web_client import telling, web_client

    visitor = _Visitor(around.policy(), around)
    ctx = cast("NodeContext", visitor)

    async def sign() -> "Signed":
        signed = await service.sign(ctx, settings)
        return signed._replace(base_url=signed.base_url or service.base_url)

    async with (
        telling(service.seconds),
        web_client(visitor.policy, seconds=service.seconds, follow_redirects=False) as client,
    ):
        yield AccountApi(
            ctx,
            client,
            title=service.title,
            sign=sign,
            seconds=service.seconds,
            sleep=around.sleep,
        )
