"""Calls of the store's functions over HTTP: what is asked for together travels together."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.store import wire
from casare_robot.store.json_text import to_text
from casare_robot.store.supabase.http import ProjectHttp, SignInError
from casare_robot.store.supabase.sign_in import SignIn

log = logging.getLogger(__name__)

LARGEST_BATCH = 60
"""Calls in one transaction; PostgreSQL is quick with up to 64 parts of one."""
MOST_TRIES = 5
"""Of a transaction that a deadlock undid."""


class _Order(NamedTuple):
    text: str
    future: "asyncio.Future[Any]"


class RestCalls:
    """Carries out calls by RPC; each batch is one request and one transaction.

    Args:
        http: The project.
        sign_in: Gives the token.
        space: Taken out of errors.
    """

    def __init__(self, http: ProjectHttp, sign_in: SignIn, space: str) -> None:
        self._http = http
        self._sign_in = sign_in
        self._space = space
        self._waiting: list[_Order] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def call(self, what: str, arguments: Mapping[str, Any] | str) -> Any:
        """Call a function; its answer."""
        if self._is_closed:
            raise StoreUnavailableError("the store is closed")
        text = arguments if isinstance(arguments, str) else to_text(dict(arguments))
        loop = asyncio.get_running_loop()
        order = _Order(f'{{"what":"{what}","with":{text}}}', loop.create_future())
        if not self._waiting:  # what is asked for in the same turn of the loop goes together
            loop.call_soon(self._send)
        self._waiting.append(order)
        return await order.future

    async def lease(self, names: Sequence[str], holder: str, ttl: float) -> Any:
        """Call ``casare_robot.lease``."""
        return await self.call("lease", {"names": names, "holder": holder, "ttl": ttl})

    async def close(self) -> None:
        """Finish what was handed in."""
        self._is_closed = True
        self._send()
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        orders = [order for order in waiting if not order.future.cancelled()]
        for begin in range(0, len(orders), LARGEST_BATCH):
            batch = orders[begin : begin + LARGEST_BATCH]
            task = asyncio.get_running_loop().create_task(self._carry_out(batch))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _carry_out(self, orders: Sequence[_Order]) -> None:
        body = f'{{"orders":[{",".join(order.text for order in orders)}]}}'.encode()
        try:
            told = await self._asked(body)
        except Exception as error:  # noqa: BLE001 - told to every caller
            for order in orders:
                if not order.future.done():
                    order.future.set_exception(error)
            return
        for order, each in zip(orders, told, strict=True):
            if order.future.done():
                continue
            if "ok" in each:
                order.future.set_result(each["ok"])
            else:
                code, message, detail = each["code"], each["message"], each["detail"]
                order.future.set_exception(wire.refusal(code, message, detail, self._space))

    async def _asked(self, body: bytes) -> list[Any]:
        refused = ""
        for tried in range(1, MOST_TRIES + 1):
            token = await self._sign_in.fresh(refused=refused)
            try:
                return list(await self._http.rpc("casare_robot", body, token))
            except SignInError:
                if refused:
                    raise
                refused = token
            except StoreUnavailableError as error:
                if "(40" not in str(error) or tried == MOST_TRIES:
                    raise
                log.info("a transaction is done again: %s", error)
        raise StoreUnavailableError("the project does not come to a decision")
