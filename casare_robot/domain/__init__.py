"""Words and facts of the robot, pure: no clock, disk, network, loop or screen."""
