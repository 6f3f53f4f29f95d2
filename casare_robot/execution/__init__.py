"""Runs one workflow: loader, plan, expressions, engine, executor process.

Is handed the catalogue and a recorder; knows no network, journal file or screen.
"""
