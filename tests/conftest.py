"""What every test needs."""

import asyncio

# pytest-asyncio asks for the current loop before each test, which makes one that nobody closes.
asyncio.set_event_loop(None)
