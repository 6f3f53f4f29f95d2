"""Public workflow files that need a browser run against pages served here.

Every host name leads to the one server of the test: the browser that is found on
the path is a wrapper that says so to the real one.
"""

import json
import shlex
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from casare_robot import run_workflow
from tests.browsing import BROWSER, needs_browser
from tests.mail_servers import certificate

pytestmark = needs_browser

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
CHALLENGE = """
<title>Challenge</title><button onclick="document.title = 'started'">Start</button><form>
<div><label>First Name</label><input name=first ng-reflect-name=labelFirstName></div>
<div><label>Last Name</label><input name=last ng-reflect-name=labelLastName></div>
<div><label>Phone Number</label><input name=phone ng-reflect-name=labelPhone></div>
<div><label>Address</label><input name=address ng-reflect-name=labelAddress></div>
<div><label>Email</label><input name=email ng-reflect-name=labelEmail></div>
<div><label>Role in Company</label><input name=role ng-reflect-name=labelRole></div>
<div><label>Company Name</label><input name=company ng-reflect-name=labelCompanyName></div>
<input type=submit value=Submit></form>
"""
PAGES = {"rpachallenge.com": CHALLENGE}
OTHER = "<title>Elsewhere</title><h1>Example Domain</h1>"


class Site(BaseHTTPRequestHandler):
    """Answers for every host."""

    def do_GET(self):
        host = self.headers["Host"].partition(":")[0]
        self.server.hosts.append(host)
        self.server.paths.append(self.path)
        body = PAGES.get(host, OTHER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep the test output clean."""


@pytest.fixture(autouse=True)
def web(tmp_path, monkeypatch):
    """All hosts over TLS, and a browser that believes it."""
    cert, key = certificate(tmp_path)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(cert, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.hosts, server.paths = [], []
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    wrapper = tmp_path / "bin" / "chromium"
    wrapper.parent.mkdir()
    rules = shlex.quote(f"--host-resolver-rules=MAP * 127.0.0.1:{server.server_port}")
    flags = f"{rules} --ignore-certificate-errors"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(BROWSER)} {flags} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:/usr/bin:/bin")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.chdir(tmp_path)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("file", "host"),
    [
        ("docs/2f30d86_workflows.md_block0.json", None),
        ("hist/6daf552_basicWeb.json", "www.facebook.com"),
        ("hist/d5948ca_bogaziciElektrik.json", "websube.ckbogazici.com.tr"),
    ],
)
def test_a_file_that_opens_pages_runs(web, file, host):
    result = run_workflow(CORPUS / file, timeout=60)

    assert result.status == "completed", result.error
    assert host is None or host in web.hosts


def test_the_scraping_template_keeps_what_it_read(web):
    file = CORPUS / "head" / "src__casare_rpa__resources__templates__web_scraping.json"

    result = run_workflow(file, timeout=60)

    assert result.status == "completed", result.error
    assert "example.com" in web.hosts
    assert json.loads(Path("output/scraped_data.json").read_text()) == "Example Domain"


def test_the_script_test_tells_the_title():
    result = run_workflow(
        CORPUS / "head" / "workflows__node_tests__batch_3_3_browser_scripts.json", timeout=60
    )

    assert result.status == "completed", result.error
    assert any("Title from JS: Elsewhere" in line.message for line in result.log)


def test_the_challenge_s_form_is_filled_by_the_designer_s_selectors():
    result = run_workflow(CORPUS / "hist" / "fb79686_v001.json", timeout=60)

    assert result.status == "completed", result.error
    filled = next(
        dict(outputs["form_data"]) for outputs in result.outputs.values() if "form_data" in outputs
    )
    assert sorted(filled.values()) == sorted(
        ["first", "last", "phone", "adress", "email", "roleInComapny", "companyName"]
    )


def test_a_file_whose_browser_profile_is_of_a_windows_machine_says_so():
    result = run_workflow(CORPUS / "hist" / "e7ec945_bogazici_v002.json", timeout=60)

    assert result.status == "failed"
    assert (result.error.code, result.error.node_id) == ("E-POL-503", "launch_browser")


@pytest.mark.parametrize(
    ("file", "node"),
    [
        ("d83c7b4_subflow_fffee0d617ab.json", "SetVariableNode_d3a1dfd4"),
        ("2324230_subflow_6f808848f084.json", "SetVariableNode_ff387c33"),
    ],
)
def test_a_subflow_with_a_browser_runs_to_the_variable_that_it_does_not_name(file, node):
    result = run_workflow(CORPUS / "hist" / file, timeout=60)

    assert (result.status, result.error.node_id) == ("failed", node)
    assert result.error.message == "Variable name is required"


def test_the_challenge_is_filled_from_a_workbook(web, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["First Name", "Last Name", "Company", "Role", "Address", "Email", "Phone"])
    for number in range(10):
        sheet.append([f"{name}{number}" for name in "abcdefg"])
    book.save(tmp_path / "challenge.xlsx")
    source = json.loads((CORPUS / "hist" / "9a9ba0e_rpachallenge_smartagent.json").read_text())
    source["nodes"]["0"]["config"]["file_path"] = str(tmp_path / "challenge.xlsx")
    source["nodes"]["4"]["config"]["slow_mo"] = 0

    result = run_workflow(source, timeout=60)

    assert result.status == "completed", result.error
    assert result.errors == ()
    sent = [parse_qs(urlsplit(path).query) for path in web.paths if "first=" in path]
    assert [form["first"] + form["phone"] for form in sent] == [
        [f"a{number}", f"g{number}"] for number in range(10)
    ]
