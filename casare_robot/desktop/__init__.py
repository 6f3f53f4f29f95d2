"""What differs between operating systems; nothing here knows jobs or workflows."""
