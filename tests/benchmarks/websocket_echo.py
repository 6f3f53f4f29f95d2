"""Sends back every message. Run by bench_websocket: prints its port, ends with its input."""

import asyncio
import sys

from websockets.asyncio.server import serve


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main(compression):
    async with serve(echo, "127.0.0.1", 0, compression=compression, max_size=2**24) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main("deflate" if sys.argv[1] == "deflate" else None))
