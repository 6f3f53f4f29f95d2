"""What tests over whole workflows share."""

import json

import pytest


@pytest.fixture
def save(tmp_path, monkeypatch):
    """Save a file beside the workflow: in a working directory of the test's own."""
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
        return path

    return write
