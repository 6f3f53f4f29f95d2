"""Ways to speak with CasareRPA's own orchestrators, as they are."""
