"""Ports of this machine that stay a test's own until it uses them."""

import contextlib
import random
import socket


def free_port() -> int:
    """A port that is free, and that nobody is given who asks for any port."""
    while True:
        port = random.randint(10_000, 32_000)  # systems give away those above
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
