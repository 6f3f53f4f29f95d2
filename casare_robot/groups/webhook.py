"""Tells another system by a web request."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from casare_robot.groups.inbox import Sleep

log = logging.getLogger(__name__)

RETRIES = (0.5, 2.0)
"""Seconds before the second and third try."""
PATIENCE = 10.0


async def post(url: str, body: Mapping[str, Any], *, sleep: Sleep = asyncio.sleep) -> str | None:
    """Send JSON to an address, up to three times; None if it was taken, else what went wrong."""
    import httpx

    problem = ""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for delay in (*RETRIES, None):
            try:
                answer = await client.post(url, json=dict(body))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                problem = f"{url} cannot be reached: {error}"
            else:
                if answer.is_success:
                    return None
                problem = f"{url} answered {answer.status_code}"
            log.warning("webhook: %s", problem)
            if delay is not None:
                await sleep(delay)
    return problem
