"""The stores that tests run on."""

from pathlib import Path

import pytest

EVERY_STORE = ("memory", "sqlite", "postgres", "redis", "supabase")


def address_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of an empty store of a kind; its server is started if it needs one."""
    match kind:
        case "memory":
            return "memory:"
        case "sqlite":
            return f"sqlite:{folder / 'shared.db'}"
        case "supabase":
            project = request.getfixturevalue("supabase_project")
            project.empty()
            return str(project.robot("tester", "tests").address)
    return str(request.getfixturevalue(f"{kind}_server").empty())
