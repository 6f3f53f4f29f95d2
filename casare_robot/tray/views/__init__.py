"""What the face shows, as values. Pure: no Qt, no clock, no disk."""
