"""`casare-robot doctor`: what is well and what is not, each line with its mend."""

from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from casare_robot.agent.diagnosis import diagnose
from casare_robot.agent.doctor import Finding
from casare_robot.cli.rendering import as_json

MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red"), "skip": ("·", "dim")}


def show_diagnosis(*, json_output: bool, home: Path | None) -> int:
    """Print each finding as it is made; the exit code."""
    findings = []
    console = Console(highlight=False, soft_wrap=True)
    for finding in diagnose(home):
        findings.append(finding)
        if not json_output:
            _show(console, finding)
    is_well = all(finding.state != "fail" for finding in findings)
    if json_output:
        print(as_json({"well": is_well, "findings": msgspec.to_builtins(findings)}))
    elif not is_well:
        console.print(Text("The robot cannot work as it should.", style="bold red"))
    return 0 if is_well else 1


def _show(console: Console, finding: Finding) -> None:
    mark, style = MARKS[finding.state]
    if not console.is_terminal:
        mark = f"{finding.state:<4}"
    console.print(Text.assemble((mark, style), f" {finding.check:<13}", finding.message))
    if finding.mend:
        console.print(Text(f"{' ' * (len(mark) + 15)}{finding.mend}", style=style))
