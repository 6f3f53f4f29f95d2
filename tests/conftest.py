"""What every test stands on."""

import asyncio

# Otherwise Python 3.11 makes a loop for pytest-asyncio when it looks whether
# there is one, and nobody closes it.
asyncio.set_event_loop(None)
