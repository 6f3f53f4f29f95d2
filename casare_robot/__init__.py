"""The desktop robot that never loses a job."""
