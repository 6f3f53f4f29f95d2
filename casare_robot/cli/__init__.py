"""The command line: says what a person asked for, and nothing else decides here."""
