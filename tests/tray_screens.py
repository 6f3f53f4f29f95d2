"""Every window of the tray with something in it; as a program, pictures of all of them.

python -m tests.tray_screens FOLDER [LANGUAGE]    light and dark; QT_SCALE_FACTOR=2 for 200 %
"""

import json
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from casare_robot.agent.doctor import fail, ok, warn
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.account import Account, Consent
from casare_robot.domain.errors import Fault
from casare_robot.domain.group_status import GroupFailover, GroupMember, GroupStatus
from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus, LogLine, UnknownStep
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.domain.robot_status import (
    LinkState,
    LinkStatus,
    RobotState,
    RobotStatus,
    RunningJob,
)
from casare_robot.domain.trigger_status import TriggerState, TriggerStatus
from casare_robot.observability.log_reader import LogFilter
from casare_robot.tray.log_index import LogIndex, Places, scan
from casare_robot.tray.views.accounts_view import accounts_view
from casare_robot.tray.views.form_view import FormField, RunForm
from casare_robot.tray.views.group_view import group_view
from casare_robot.tray.views.history_view import job_view
from casare_robot.tray.views.main_view import Looked
from casare_robot.tray.views.settings_view import settings_pages
from casare_robot.tray.views.sight import Reach, Sight
from casare_robot.tray.views.timeline import NodeRun
from casare_robot.tray.views.trigger_view import triggers_view
from tests.question_screens import QUESTIONS

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
LARGE_SCREEN = Path(__file__).parent / "data" / "large_screen.json"
ON_A_LARGE_SCREEN = f"offscreen:configfile={str(LARGE_SCREEN).removeprefix(LARGE_SCREEN.drive)}"
"""For Qt an argument ends at a colon, so Windows' drive is left to be the current one."""
NAMES = ("Invoice import", "Daily report", "Archive mail", "Price check", "Payroll upload")
ERROR = JobError(
    code="E-NODE-001",
    message="the file C:/invoices/2026-11.xlsx is open in another program",
    node_id="read_invoices",
    node_type="ReadExcelNode",
)


def nothing(*_args, **_facts):
    return None


def status(**facts):
    known = {
        "robot_id": "robot-7",
        "name": "Finance desk 7",
        "state": RobotState.EXECUTING,
        "since": NOW - timedelta(minutes=6),
        "link": LinkStatus(
            state=LinkState.CONNECTED,
            since=NOW - timedelta(hours=3),
            address="robots.example.com",
        ),
        "version": "0.1.0",
        "session": "s",
        "started_at": NOW - timedelta(hours=3),
    }
    return RobotStatus(**{**known, **facts})


def sight(**facts):
    return Sight(reach=Reach.REACHED, since=NOW - timedelta(hours=3), status=status(**facts))


def entry(number, **facts):
    known = {
        "job_id": JobId(f"4f0c{number:04d}a1b2"),
        "name": NAMES[number % len(NAMES)],
        "origin": "desk" if number % 3 == 0 else "link",
        "status": JobStatus.COMPLETED,
        "accepted_at": NOW - timedelta(minutes=17 * number + 3),
        "changed_at": NOW - timedelta(minutes=17 * number),
    }
    return HistoryEntry(**{**known, **facts})


def entries():
    made = [entry(number) for number in range(60)]
    made[0] = entry(0, status=JobStatus.RUNNING)
    made[1] = entry(1, status=JobStatus.QUEUED)
    made[2] = entry(2, status=JobStatus.NEEDS_ATTENTION)
    made[4] = entry(
        4,
        status=JobStatus.FAILED,
        error=ERROR,
        can_go_on=True,
        path="/home/ada/workflows/payroll.json",
    )
    made[9] = entry(9, status=JobStatus.CANCELLED)
    made[13] = entry(13, status=JobStatus.TIMED_OUT)
    return made


def result(**facts):
    known = {
        "job_id": JobId("4f0c0004a1b2"),
        "status": JobStatus.FAILED,
        "error": ERROR,
        "variables": {"total": 1280.5, "customers": ["Ada", "Grace"], "password": "***"},
        "log": (
            LogLine(level="INFO", message="17 invoices found"),
            LogLine(level="WARNING", message="invoice 12 has no date"),
        ),
        "nodes_executed": 6,
        "duration_ms": 8400.0,
    }
    return JobResult(**{**known, **facts})


def timeline():
    begin = NOW - timedelta(seconds=9)
    runs = [
        ("open_folder", "ListFilesNode", 0.0, 0.2, ""),
        ("sort_by_date", "SortListNode", 0.2, 0.01, ""),
        ("download_rates", "HttpRequestNode", 0.3, 3.1, ""),
        ("convert", "ForLoopStartNode", 3.4, 1.2, ""),
        ("read_invoices", "ReadExcelNode", 4.6, 3.8, ERROR.message),
    ]
    return [
        NodeRun(
            node_id=name,
            node_type=kind,
            began=begin + timedelta(seconds=at),
            seconds=seconds,
            error=error,
        )
        for name, kind, at, seconds, error in runs
    ]


def minutes():
    now = datetime.now(UTC)
    for number in range(24 * 60):
        if 300 < number < 420:
            continue  # it was switched off
        busy = (number // 45) % 3
        yield (
            now - timedelta(minutes=24 * 60 - number),
            MetricMinute(
                jobs_completed=busy if number % 7 == 0 else 0,
                jobs_failed=1 if number % 211 == 0 else 0,
                job_seconds=busy * (20.0 + number % 60),
                queues={"waiting": (number // 90) % 5},
                memory_bytes=(55 << 20) + number * 9000,
                executors_memory_bytes=busy * (40 << 20),
                cpu_percent=1.0,
                executors_cpu_percent=busy * 22.0 + number % 10,
            ),
        )


def jobs():
    return (
        RunningJob(
            job_id=JobId("j1"),
            name="Invoice import",
            origin="link",
            started_at=NOW - timedelta(minutes=2),
            node_id="read_invoices",
            nodes_executed=4,
            total_nodes=11,
        ),
        RunningJob(
            job_id=JobId("j2"),
            name="Price check",
            origin="desk",
            started_at=NOW - timedelta(minutes=31),
            node_id="wait_for_shop",
            nodes_executed=7,
            total_nodes=9,
            no_progress_since=NOW - timedelta(minutes=14),
        ),
    )


def main_window(of=None, looked=None):
    from casare_robot.tray.windows.main_window import MainWindow

    window = MainWindow(
        of or sight(jobs=jobs(), waiting=11, needs_attention=1),
        wished=nothing,
        decided=nothing,
        dropped=nothing,
        refresh=nothing,
        now=lambda: NOW,
    )
    need = entry(2, status=JobStatus.NEEDS_ATTENTION)
    step = UnknownStep(key="1/pay/0", node_id="pay", node_type="SendPaymentNode")
    window.looked(
        looked
        or Looked(
            waiting=tuple(entry(number) for number in (5, 6, 7)),
            needs=((need, result(needs_attention=(step,))),),
            usual={"Invoice import": 300.0},
        )
    )
    window.show_day(tuple(minutes()))
    return window


def idle_window():
    idle = sight(
        state=RobotState.PAUSED,
        paused_until=NOW + timedelta(hours=2),
        note="stocktaking",
        waiting=2,
        reasons=("the robot is paused until 16:30",),
        warnings=(Fault(code="W-1", message="the key of this robot expires in 5 days"),),
    )
    return main_window(idle, Looked(waiting=(entry(5), entry(6))))


def new_window():
    """The first start: nothing has run yet."""
    window = main_window(
        sight(state=RobotState.IDLE, link=LinkStatus(state=LinkState.LOCAL, since=NOW)), Looked()
    )
    window.show_day(())
    return window


def empty_history():
    from casare_robot.tray.windows.history_window import HistoryWindow
    from casare_robot.tray.windows.job_panel import JobPanel

    panel = JobPanel(wished=nothing, retry=nothing, decided=nothing)
    window = HistoryWindow(
        chosen=nothing, refresh=nothing, export=nothing, panel=panel, now=lambda: NOW
    )
    window.show_entries(())
    return window


def history_window():
    window = empty_history()
    window.show_entries(entries())
    window.choose(entries()[4].job_id)
    window.show_job(job_view(entries()[4], result(), timeline(), now=NOW))
    return window


def write_log(folder, lines=400):
    path = folder / "robot-20261121T080000000000Z.log"
    levels = ("info", "info", "info", "debug", "info", "warning", "info", "error")
    with path.open("w") as file:
        for number in range(lines):
            line = {
                "at": (NOW + timedelta(seconds=number)).isoformat(),
                "level": levels[number % len(levels)],
                "logger": "casare_robot.agent",
                "event": f"node read_{number % 17} ended",
                "job": f"4f0c{number % 9:04d}a1b2",
                "seconds": round(number % 13 / 7, 3),
            }
            if line["level"] == "error":
                line["exception"] = "Traceback (most recent call last):\nOSError: no such file"
            file.write(json.dumps(line) + "\n")
    return path


def empty_logs():
    from casare_robot.tray.windows.log_window import LogWindow

    window = LogWindow(filtered=nothing, follow=nothing, export=nothing)
    window.added()
    return window


def log_window():
    window = empty_logs()
    with tempfile.TemporaryDirectory() as folder:
        path = write_log(Path(folder))
        places = Places(path)
        places.offsets, places.end = scan(path, 0, LogFilter())
        window.model.begin_anew(LogIndex(LogFilter()))
        window.add_older(places)
        for row in range(len(places.offsets)):
            window.model.index_of_lines.entry(row)
    window.table.selectRow(391)
    return window


def settings_window(page=1):
    from casare_robot.tray.windows.settings_window import SettingsWindow

    person, policy = Path("/home/ada/robot_config.json"), Path("/etc/robot_policy.json")
    config = RobotConfig(
        robot_name="Finance desk 7",
        orchestrator_url="wss://robots.example.com",
        api_key="secret",
        environment="production",
        checkpoint_dir="/home/ada/.local/share/casare-robot",
        tags=("excel", "sap"),
        sources={
            "robot_name": str(person),
            "orchestrator_url": str(person),
            "environment": str(policy),
            "api_key": "ROBOT_API_KEY",
        },
    )
    window = SettingsWindow(
        save=nothing,
        change_secret=nothing,
        forget_secret=nothing,
        check=nothing,
        accounts=nothing,
        autostart=nothing,
    )
    window.show_pages(settings_pages(config, person=person, policy=policy))
    window.show_autostart(is_on=True, can_change=True, told="")
    window.pages.setCurrentRow(page)
    return window


def faulty_settings():
    window = settings_window()
    window._editors["orchestrator_url"].findChildren(_line_edit())[0].setText("http://far.away")
    return window


def _line_edit():
    from PySide6.QtWidgets import QLineEdit

    return QLineEdit


def empty_run_window():
    from casare_robot.tray.windows.run_window import RunWindow

    return RunWindow(browse=nothing, chosen=nothing, run=nothing, example=nothing)


def run_window():
    window = empty_run_window()
    window.file.setText("/home/ada/workflows/invoice_import.json")
    fields = (
        FormField(name="folder", kind="text", text="/data/invoices", description="Where they are"),
        FormField(name="limit", kind="text", text="many", description=""),
        FormField(name="dry_run", kind="switch", text="true", description="Change nothing"),
        FormField(name="customers", kind="json", text='["Ada", "Grace"]', description=""),
        FormField(name="password", kind="secret", text="", description=""),
    )
    window.show_form(RunForm(title="Invoice import", fields=fields))
    window.show_fault("limit", "'many' is no whole number")
    return window


def check_window():
    from casare_robot.tray.windows.check_window import CheckWindow

    window = CheckWindow(again=nothing, save=nothing)
    window.list.begin()
    for finding in (
        ok("settings", "valid"),
        ok("disk", "83 GB free"),
        warn("keyring", "there is none here", "install a keyring, such as gnome-keyring"),
        ok("name", "robots.example.com is 192.0.2.7"),
        fail("tls", "the certificate is from ACME Proxy CA", "add its CA to the system's store"),
    ):
        window.list.add(finding)
    window.list.end()
    return window


def first_run(page=0):
    from casare_robot.tray.windows.first_run import FirstRunWindow

    window = FirstRunWindow(
        name="desk-7",
        starts_at_login=True,
        browse=nothing,
        enrol=nothing,
        check=nothing,
        finish=nothing,
        try_out=nothing,
    )
    window.for_orchestrator.setChecked(True)
    for _ in range(page):
        window._turn_to(window.pages.currentIndex() + 1)
    return window


def pause_dialog():
    from casare_robot.tray.windows.pause_dialog import PauseDialog

    return PauseDialog(None, now=NOW)


def about_box():
    from casare_robot.desktop.places import find_places
    from casare_robot.tray.windows.about import about

    return about(None, find_places(Path("/home/ada/robot")), sight())


def group(**facts):
    known = {
        "name": "finance",
        "status": "active",
        "robot": "robot-7",
        "leader": "robot-7",
        "leader_age": 1.2,
        "members": (
            GroupMember(
                robot="robot-7", role="active", health="healthy", join_no=1, lease_age=0.8,
                capabilities=("sap", "excel"),
            ),
            GroupMember(
                robot="robot-8", role="passive", health="healthy", join_no=2, lease_age=1.6
            ),
            GroupMember(
                robot="robot-9", role="passive", health="disconnected", join_no=3, is_in_sync=False
            ),
            GroupMember(robot="robot-4", role="retired", health="unknown", join_no=4),
        ),
        "working_memory_nodes": 41,
        "working_memory_tokens": 7400,
        "max_tokens": 8000,
        "in_sync": False,
        "jobs": {"done": 212, "queued": 3, "running": 1},
        "failovers": (
            GroupFailover(
                at=NOW - timedelta(minutes=40), promoted="robot-7", retired=("robot-4",),
                reason="heartbeat", jobs=("4f0c0004a1b2",),
            ),
            GroupFailover(
                at=NOW - timedelta(days=1), promoted="robot-4", retired=("robot-7",),
                reason="manual",
            ),
        ),
    }  # fmt: skip
    return GroupStatus(**{**known, **facts})


def no_group():
    from casare_robot.tray.windows.group_window import GroupWindow

    window = GroupWindow(
        promote=nothing, demote=nothing, drill=nothing, sync=nothing, refresh=nothing
    )
    window.show_group(group_view(None, now=NOW))
    return window


def group_window(of=None, problem=""):
    window = no_group()
    window.show_group(group_view(of or group(), now=NOW, problem=problem))
    return window


def triggers():
    """A schedule, a webhook in trouble, and a mailbox that is quiet."""
    return (
        TriggerStatus(
            id="every_morning.morning", file="/home/ada/flows/every_morning.json",
            node_id="morning", type="ScheduleTriggerNode", workflow="Every morning",
            state=TriggerState.WATCHING, started=12, last_at=NOW - timedelta(hours=7),
            last_job="trigger-1", next_at=NOW + timedelta(hours=17),
        ),
        TriggerStatus(
            id="orders.hook", file="/home/ada/flows/orders.json", node_id="hook",
            type="WebhookTriggerNode", workflow="Orders from the shop",
            state=TriggerState.TROUBLE, started=3, skipped=2, last_at=NOW - timedelta(minutes=4),
            last_job="trigger-2", address="http://127.0.0.1:8720/t/5c1f/orders",
            problem="the address 127.0.0.1:8720 is taken by another program",
        ),
        TriggerStatus(
            id="invoices.mail", file="/home/ada/flows/invoices.json", node_id="mail",
            type="EmailTriggerNode", workflow="Invoices", state=TriggerState.WATCHING,
        ),
    )  # fmt: skip


def trigger_window(seen=None, problem=""):
    from casare_robot.tray.windows.trigger_window import TriggerWindow

    window = TriggerWindow(
        switch_on=nothing, switch_back=nothing, switch_off=nothing, fire=nothing,
        show_job=nothing, refresh=nothing,
    )  # fmt: skip
    on, off = (triggers()[:2], triggers()[2:]) if seen is None else (seen, ())
    window.show_triggers(triggers_view(on, now=NOW, switched_off=off, problem=problem))
    return window


def accounts_window(asked=None, kept=True):
    from casare_robot.tray.windows.accounts_window import AccountsWindow

    window = AccountsWindow(add=nothing, give_up=nothing, remove=nothing)
    known = (Account(name="google", service="Google", access=("gmail", "sheets")),)
    view = accounts_view(known if kept else (), asked=asked, is_busy=asked is not None)
    window.show_accounts(view)
    return window


WINDOWS = {
    "main": main_window,
    "new": new_window,
    "paused": idle_window,
    "lost": lambda: main_window(
        Sight(
            reach=Reach.LOST,
            since=NOW,
            status=status(),
            problem="another process owns this home",
        ),
        Looked(),
    ),
    "history": history_window,
    "history-empty": empty_history,
    "group": group_window,
    "group-away": lambda: group_window(problem="the store of group finance cannot be reached"),
    "group-none": no_group,
    "accounts": accounts_window,
    "accounts-asked": lambda: accounts_window(
        Consent("https://www.google.com/device", "GQVQ-JKEC", 1800), kept=False
    ),
    "triggers": trigger_window,
    "triggers-none": lambda: trigger_window(()),
    "logs": log_window,
    "logs-empty": empty_logs,
    "settings": settings_window,
    "settings-general": lambda: settings_window(0),
    "settings-jobs": lambda: settings_window(2),
    "settings-notifications": lambda: settings_window(3),
    "settings-logs": lambda: settings_window(4),
    "settings-advanced": lambda: settings_window(6),
    "settings-security": lambda: settings_window(5),
    "settings-faulty": faulty_settings,
    "run": run_window,
    "run-empty": empty_run_window,
    "check": check_window,
    "first-run": first_run,
    "first-run-connect": lambda: first_run(1),
    "first-run-done": lambda: first_run(4),
    "pause": pause_dialog,
    "about": about_box,
    **QUESTIONS,
}


def palette(scheme):
    """Fusion's own colours for light and for dark, where no desktop says which."""
    from PySide6.QtGui import QColor, QPalette

    if scheme == "light":
        return QPalette(QColor("#efefef"))
    dark = QPalette(QColor("#2b2b2e"))
    dark.setColor(QPalette.ColorRole.Base, QColor("#1f1f22"))
    dark.setColor(QPalette.ColorRole.Highlight, QColor("#2f6fb3"))
    dark.setColor(QPalette.ColorRole.PlaceholderText, QColor("#9a9aa0"))
    roles = QPalette.ColorRole
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        dark.setColor(QPalette.ColorGroup.Disabled, role, QColor("#808088"))
    return dark


def main(folder: Path, language: str = "en") -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", ON_A_LARGE_SCREEN)
    from PySide6.QtWidgets import QApplication

    from casare_robot.tray.language import speak_language
    from casare_robot.tray.windows.theme import dress, show_edges

    application = QApplication([])
    application.setStyle(os.environ.get("TRAY_STYLE", "Fusion"))
    dress(application, "Casare Robot")
    speak_language(language)
    folder.mkdir(parents=True, exist_ok=True)
    scale = round(100 * float(os.environ.get("QT_SCALE_FACTOR", "1")))
    for scheme in ("light", "dark"):
        application.setPalette(palette(scheme))
        show_edges(application)
        for name, make in WINDOWS.items():
            window = make()
            window.show()
            for _ in range(5):
                application.processEvents()
            window.grab().save(str(folder / f"{name}-{scheme}-{scale}.png"))
            window.close()
            window.deleteLater()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
