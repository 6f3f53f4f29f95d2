"""The line between the agent and its faces: messages, the agent's side, the faces' side."""
