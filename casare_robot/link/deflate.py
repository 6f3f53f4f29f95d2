"""Compression of what is worth it: small messages travel as they are."""

from collections.abc import Sequence

from websockets.extensions.base import ClientExtensionFactory, Extension
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
)
from websockets.frames import OP_CONT, Frame
from websockets.typing import ExtensionParameter

SMALLEST = 4 << 10
"""Bytes below which compressing costs more time than it saves (performance, topic (h))."""
_SETTINGS = {"memLevel": 5}
_WINDOW = 12  # bits: with memLevel 5 the library's own choice, 64 KB for each connection


class ThriftyDeflate(PerMessageDeflate):
    """permessage-deflate that leaves small messages alone, as RFC 7692 (6) lets it."""

    def encode(self, frame: Frame) -> Frame:
        """Compress a frame, unless it is a small message."""
        if frame.fin and frame.opcode is not OP_CONT and len(frame.data) < SMALLEST:
            return frame
        return super().encode(frame)


class _Client(ClientPerMessageDeflateFactory):
    def process_response_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> PerMessageDeflate:
        return _thrifty(super().process_response_params(params, accepted_extensions))


def thrifty_client_deflate() -> ClientExtensionFactory:
    """The extension for a client that connects over a real network."""
    return _Client(
        server_max_window_bits=_WINDOW,
        client_max_window_bits=_WINDOW,
        compress_settings=_SETTINGS,
    )


def _thrifty(made: PerMessageDeflate) -> ThriftyDeflate:
    return ThriftyDeflate(
        made.remote_no_context_takeover,
        made.local_no_context_takeover,
        made.remote_max_window_bits,
        made.local_max_window_bits,
        made.compress_settings,
    )
