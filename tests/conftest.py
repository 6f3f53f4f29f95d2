"""What every test needs."""

import asyncio

from hypothesis import settings

# pytest-asyncio asks for the current loop before each test, which makes one that nobody closes.
asyncio.set_event_loop(None)

# A slow machine is no fault of a property.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")
