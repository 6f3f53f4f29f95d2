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

import pytest

from casare_robot import run_workflow
from tests.browsing import BROWSER, needs_browser
from tests.mail_servers import certificate

pytestmark = needs_browser

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
CHALLENGE = """
<title>Challenge</title><button onclick="document.title = 'started'">Start</button><form>
<div><label>First Name</label><input name=first></div>
<div><label>Last Name</label><input name=last></div>
<div><label>Phone Number</label><input name=phone></div>
<div><label>Address</label><input name=address></div>
<div><label>Email</label><input name=email></div>
<div><label>Role in Company</label><input name=role></div>
<div><label>Company Name</label><input name=company></div>
<input type=submit value=Submit></form>
"""
PAGES = {"rpachallenge.com": CHALLENGE}
OTHER = "<title>Elsewhere</title><h1>Example Domain</h1>"


class Site(BaseHTTPRequestHandler):
    """Answers for every host."""

    def do_GET(self):
        host = self.headers["Host"].partition(":")[0]
        self.server.hosts.append(host)
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
    server.hosts = []
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
