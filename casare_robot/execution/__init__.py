"""Runs one workflow. Is handed the catalogue and a recorder; knows no network, journal or screen.

A file is read (`loading`), compiled (`planning`, with the `language` of
references and expressions) and run (`running`), usually by `job_executor` in a
process of its own.
"""
