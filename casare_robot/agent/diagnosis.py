"""The whole diagnosis of a home: every check of the doctor, in the order people read."""

from collections.abc import Iterator
from pathlib import Path

from casare_robot.agent import (
    doctor_dialect,
    doctor_machine,
    doctor_network,
    doctor_supabase,
)
from casare_robot.agent.doctor import Finding, Patient, examine
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import ConfigError

CHECKS = (
    *doctor_machine.CHECKS,
    *doctor_network.CHECKS,
    *doctor_dialect.CHECKS,
    *doctor_supabase.CHECKS,
)


def patient_of(home: Path | None) -> Patient:
    """A home as the doctor sees it, also with settings that are wrong."""
    problems: tuple[str, ...] = ()
    try:
        config = load_config(places=find_places(home))
    except ConfigError as error:
        config = RobotConfig(checkpoint_dir=find_places(home).data)
        problems = tuple(map(str, error.faults))
    return Patient(config=config, folder=memory_folder(config, home), problems=problems)


def diagnose(home: Path | None) -> Iterator[Finding]:
    """Look at everything; each finding as it is made."""
    return examine(patient_of(home), CHECKS)
