"""What the robot says about itself: audit, metrics, progress, logs.

Facts that count (audit) are in the journal; what informs may be coalesced.
Nothing here decides anything, and no secret leaves through it.
"""
