"""What starts workflows by itself: one file for each kind of event, and nothing of the robot."""
