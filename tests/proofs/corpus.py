"""Every public workflow file, as it stands, on this machine: it runs, or names what it needs.

``python -m tests.proofs.corpus`` prints a line for each. A person answers what is asked; there
is no account and no server, and nothing is asked of the network. Files for a browser are only
loaded here: tests/integration/test_browser_corpus.py runs them against pages of its own, and
test_account_corpus.py those with accounts and servers.
"""

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from casare_robot.agent.preparation import prepare
from casare_robot.agent.run_workflow import make_job
from casare_robot.domain.errors import WorkflowInvalidError
from casare_robot.domain.job import JobStatus
from casare_robot.domain.policy import Policy
from casare_robot.nodes.catalogue import load_catalogue
from tests.answering_face import Face

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
NOBODY = Policy(allowed_hosts=("nowhere.invalid",))
LACKS = {
    "E-SECRET-404": "an account",
    "E-LLM-404": "an account",
    "E-POL-511": "a server",
    "E-POL-503": "a file of its Windows machine",
    "E-WF-411": "Windows",
}
"""What a file wants that is not here, by the code it ends with."""
UNSAID = (
    ("Variable name is required", "the name of a variable"),
    ("has no sender", "an account"),
    ("no WhatsApp account", "an account"),
    ("input/data.csv", "its input file"),
)
"""The same by what is said, where the code is that of any node."""


class Row(NamedTuple):
    """What came of a file; ``lacks`` is empty if it ran to its end or is defective itself."""

    file: str
    needs: str
    end: str
    lacks: str


async def end_of(case: dict) -> Row:
    """Run or, for a browser, load a file of the corpus."""
    row = Row(case["file"], ", ".join(case["needs"]), "", "")
    if case["grade"] == "json_defect":
        return row._replace(end="defective; the node is named")
    if "browser" in case["needs"]:
        known = load_catalogue()
        missing = [name for name in case["node_types"] if name in known and known.obstacle(name)]
        missing += [name for name in case["node_types"] if known.need(name) and name not in known]
        if not missing:
            return row._replace(end="runs in a browser")
        return row._replace(end=f"names {missing[0]}", lacks="Windows")
    job = make_job(CORPUS / case["file"], timeout=60)
    try:
        result = await prepare(job, policy=NOBODY, asking=Face()).run()
    except WorkflowInvalidError as error:
        fault = error.faults[0]
        return row._replace(end=f"names {fault.node_type}", lacks=LACKS.get(fault.code, "?"))
    if result.status is JobStatus.COMPLETED:
        return row._replace(end="runs")
    error = result.error
    said = next((lack for words, lack in UNSAID if words in error.message), "?")
    return row._replace(end=f"runs to {error.node_id}", lacks=LACKS.get(error.code, said))


async def table() -> list[Row]:
    """All of them, in a folder of their own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            cases = json.loads((CORPUS / "expected.json").read_text())
            return [await end_of(case) for case in cases]
        finally:
            os.chdir(before)


if __name__ == "__main__":
    for row in asyncio.run(table()):
        print(f"{row.file:75}  {row.needs or '-':32}  {row.end:48}  {row.lacks}")
