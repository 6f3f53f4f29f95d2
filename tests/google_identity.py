"""Google's sign-in as its documentation has it, on 127.0.0.1.

Sources: "OAuth 2.0 for TV and Limited-Input Device Applications" and "OAuth 2.0 for Mobile
& Desktop Apps" of developers.google.com/identity.
"""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

BY_DEVICE = {"https://www.googleapis.com/auth/drive.file"}
"""The scopes here that a device code is given for; Gmail, Sheets and all of Drive are none."""
TV, DESKTOP = "tv.apps.googleusercontent.com", "desktop.apps.googleusercontent.com"
SECRET = "client-secret"
CODE, REFRESH = "4/auth-code", "1//refresh"


class GoogleIdentity:
    """Answers as Google does; ``looks`` come before the tokens for who waits for a device."""

    def __enter__(self):
        identity = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked = urlsplit(self.path)
                query = {key: one for key, (one,) in parse_qs(asked.query).items()}
                where = identity.consent(query) if asked.path == "/auth" else None
                self.send_response(302 if where else 404)
                if where:
                    self.send_header("Location", where)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {key: one for key, (one,) in parse_qs(body).items()}
                identity.seen.append((self.path, form))
                status, said = identity.answer(self.path, form)
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Keep the test output clean."""

        self.seen, self.looks, self.granted = [], [], None
        self.denies = self.gives_no_refresh_token = False
        self._asked = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, client_id):
        """The file that the console gives for a client."""
        known = {"client_id": client_id, "client_secret": SECRET, "project_id": "p"}
        addresses = {"auth_uri": f"{self.url}/auth", "token_uri": f"{self.url}/token"}
        return json.dumps({"installed": {**known, **addresses}})

    def paths(self):
        """What was posted to, in order."""
        return [path for path, _ in self.seen]

    def consent(self, query):
        """Where the browser is sent when the person has answered."""
        self._asked = query
        if self.denies:
            answer = {"error": "access_denied"}
        else:
            answer = {"code": CODE, "scope": self.granted or query["scope"]}
        return f"{query['redirect_uri']}?{urlencode({**answer, 'state': query['state']})}"

    def answer(self, path, form):
        """Status and body for a form."""
        if path == "/revoke":
            known = form == {"token": REFRESH}
            return (200, {}) if known else (400, {"error": "invalid_token"})
        if path == "/device/code":
            return self._device_code(form)
        if path != "/token":
            return 404, {}
        if form["client_id"] not in (TV, DESKTOP) or form.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client", "error_description": "Unauthorized"}
        if form["grant_type"] == "refresh_token":
            known = form["refresh_token"] == REFRESH
            return (200, {"access_token": "fresh", "expires_in": 3599}) if known else (400, {})
        if form["grant_type"] == "authorization_code":
            return self._exchanged(form)
        if form["device_code"] != "device-code":
            return 400, {"error": "invalid_grant"}
        return self.looks.pop(0) if self.looks else (200, self._tokens())

    def _device_code(self, form):
        if form["client_id"] != TV:
            return 401, {"error": "invalid_client", "error_description": "Invalid client type."}
        if not set(form["scope"].split()) <= BY_DEVICE:
            said = f"Invalid device flow scope: {form['scope']}"
            return 400, {"error": "invalid_scope", "error_description": said}
        self._asked = form
        return 200, {
            "device_code": "device-code",
            "user_code": "GQVQ-JKEC",
            "verification_url": "https://www.google.com/device",
            "expires_in": 1800,
            "interval": 5,
        }

    def _exchanged(self, form):
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        holds = (
            form["code"] == CODE
            and challenge == self._asked["code_challenge"]
            and self._asked["code_challenge_method"] == "S256"
            and form["redirect_uri"] == self._asked["redirect_uri"]
        )
        return (200, self._tokens()) if holds else (400, {"error": "invalid_grant"})

    def _tokens(self):
        tokens = {
            "access_token": "first",
            "expires_in": 3599,
            "scope": self.granted or self._asked["scope"],
            "token_type": "Bearer",
        }
        return tokens if self.gives_no_refresh_token else {**tokens, "refresh_token": REFRESH}
