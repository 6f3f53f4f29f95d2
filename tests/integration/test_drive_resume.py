"""A file that a job makes in Google Drive is there once, wherever the robot is killed."""

import asyncio
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from casare_robot.domain.job import JobId, JobStatus
from casare_robot.domain.policy import Policy
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.execution.planning.plan import compile_plan
from casare_robot.execution.running.engine import Run, RunOptions
from casare_robot.execution.state import SavedState
from casare_robot.nodes.catalogue import load_catalogue
from tests.drawing import draw
from tests.integration.test_durability import Robot

FILES = "/drive/v3/files"


class Drive:
    """Keeps files as Google's documentation says: an id that is taken is refused with 409."""

    def __init__(self):
        self.files, self.given, self.asked = {}, 0, []
        self.lose_answer = lambda: False

    def answer(self, method, path, body):
        self.asked.append((method, path))
        if path == f"{FILES}/generateIds":
            self.given += 1
            return 200, {"ids": [f"id{self.given}"]}
        if method == "GET":
            return 200, self.files[path.rpartition("/")[2]]
        about = json.loads(re.search(rb"\{[^\r\n]*\}", body)[0])
        file_id = about.setdefault("id", f"chosen{len(self.files)}")
        if file_id in self.files:
            return 409, {"error": {"message": "A file already exists with the provided ID."}}
        self.files[file_id] = about
        return 200, about


@pytest.fixture
def drive():
    """A running `Drive`, with its address as ``url``."""
    drive = Drive()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, said = drive.answer(self.command, self.path.partition("?")[0], body)
            if self.command == "POST" and drive.lose_answer():
                self.close_connection = True
                return
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = serve  # noqa: N815

        def log_message(self, *_):
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    drive.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield drive
    server.shutdown()
    thread.join()
    server.server_close()


def workflow(drive, folder, **settings):
    """Makes a folder in Drive and puts a file into it, in each of two rounds."""
    (folder / "a.txt").write_text("text")
    place = {"base_url": drive.url, "access_token": "t", **settings}
    return draw(
        {
            "s": "Start",
            "l": ("ForLoopStart", {"start": 0, "end": 2}),
            "f": ("DriveCreateFolder", {"folder_name": "f{{l.current_item}}", **place}),
            "u": ("DriveUploadFile", {"file_path": str(folder / "a.txt"), **place}),
            "e": "ForLoopEnd",
        },
        "s > l.body > f > u > e; l.completed",
        "f.folder_id > u.folder_id",
    )


class KilledError(BaseException):
    """The process is gone."""


class Disk:
    """What survives; after ``left`` more writes the process is gone."""

    def __init__(self, left=None):
        self.blobs, self.left = [], left

    async def append(self, blob, *, wait):
        if self.left == 0:
            raise KilledError
        self.left = None if self.left is None else self.left - 1
        self.blobs.append(blob)

    async def replace(self, blob):
        self.blobs[:] = [blob]


def run(drawn, disk):
    catalogue = load_catalogue()
    plan = compile_plan(load_workflow(json.dumps(drawn).encode(), catalogue).workflow, catalogue)
    saved = SavedState.fold(disk.blobs) if disk.blobs else None
    options = RunOptions(job_id=JobId("job"), policy=Policy())
    try:
        return asyncio.run(Run(plan, options, recorder=disk, saved=saved).run())
    except KilledError:
        return None


def kept(drive):
    return sorted(about["name"] for about in drive.files.values())


def test_a_job_dropped_at_any_write_makes_each_file_once(drive, tmp_path):
    drawn = workflow(drive, tmp_path)
    calm = Disk()
    assert run(drawn, calm).status is JobStatus.COMPLETED
    expected = kept(drive)
    assert expected == ["a.txt", "a.txt", "f0", "f1"]

    for left in range(len(calm.blobs)):
        drive.files.clear()
        disk = Disk(left)
        assert run(drawn, disk) is None
        disk.left = None

        result = run(drawn, disk)

        assert result.status is JobStatus.COMPLETED, (left, result.error, result.needs_attention)
        assert kept(drive) == expected, f"dropped after {left} writes"
        ids = {about["id"] for about in drive.files.values() if about["name"][0] == "f"}
        parents = {about["parents"][0] for about in drive.files.values() if "parents" in about}
        assert parents == ids


@pytest.mark.parametrize("lost", [1, 2], ids=["folder", "upload"])
def test_a_robot_killed_between_sending_and_the_answer_makes_the_file_once(drive, tmp_path, lost):
    """The server keeps the file, and kills the robot in the place of its answer."""
    robot = Robot(tmp_path)
    posts = 0

    def die():
        nonlocal posts
        posts += 1
        if posts != lost:
            return False
        process.kill()
        process.wait()
        return True

    drive.lose_answer = die
    file = tmp_path / "job.json"
    file.write_text(json.dumps(workflow(drive, tmp_path)))
    process = robot.start("exec", file, "--job", "j")
    process.communicate(timeout=60)
    assert len(drive.files) == lost

    status, told = robot.run("exec", file, "--job", "j")

    assert (status, told["status"]) == (0, "completed"), told
    assert kept(drive) == ["a.txt", "a.txt", "f0", "f1"]


def test_one_of_google_s_own_documents_is_asked_about(drive, tmp_path):
    """Drive takes no id given before for them, so nobody can know."""
    sheet = {"mime_type": "application/vnd.google-apps.spreadsheet"}
    drawn = workflow(drive, tmp_path, **sheet)
    before = next(
        disk for left in range(20) if (disk := _dropped(drawn, left, drive, "a.txt")) is not None
    )

    result = run(drawn, before)

    assert [step.node_id for step in result.needs_attention] == ["u"]


def _dropped(drawn, left, drive, name):
    """A disk as it is when the process is gone before it notes that the file was made."""
    drive.files.clear()
    disk = Disk(left)
    run(drawn, disk)
    disk.left = None
    return disk if name in kept(drive) else None
