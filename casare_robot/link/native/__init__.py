"""The native dialect: JSON messages over a websocket, written down in resources/protocol.md."""
