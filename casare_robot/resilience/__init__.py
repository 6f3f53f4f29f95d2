"""When to try again and when to stop trying: Backoff, CircuitBreaker.

Decisions here are pure and take their clock and dice as arguments; nothing in
this room waits, and it knows of no other room but the domain.
"""
