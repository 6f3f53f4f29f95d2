"""The websocket's handshake, for `uvicorn`."""

import logging

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

log = logging.getLogger(__name__)


class RobotSocket(WebSocketsSansIOProtocol):
    """Refuses a handshake that is no text, which would make the library itself fail."""

    def handle_connect(self, event: Request) -> None:
        """Answer a request to open a websocket."""
        said = ((name.lower(), value) for name, value in event.headers.raw_items())
        if all(value.isascii() for name, value in said if name.startswith("sec-websocket-")):
            super().handle_connect(event)
            return
        log.warning("a websocket was refused: a header of its handshake is no text")
        self.conn.send_response(self.conn.reject(400, "a Sec-WebSocket header is no text\n"))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()
