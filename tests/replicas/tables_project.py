"""A Supabase project with CasareRPA's first tables, as PostgREST serves them."""

from urllib.parse import parse_qsl, urlsplit

from tests.replicas.http_replica import HttpReplica

BLANK = {
    "status": "pending",
    "claimed_by": None,
    "claimed_at": None,
    "lock_heartbeat": None,
    "cancel_requested": False,
    "progress": {},
    "logs": None,
    "error": None,
    "completed_at": None,
    "created_at": "2026-01-01T00:00:00Z",
}


class TablesProject(HttpReplica):
    """Two tables behind the verbs that robots use.

    Attributes:
        tables: Rows of ``robots`` and ``jobs``.
        place: Where PostgREST is: a project has it at ``/rest/v1``.
    """

    def __init__(self, *, key="anon", place="/rest/v1"):
        super().__init__()
        self.key = key
        self.place = place
        self.tables = {"robots": [], "jobs": []}

    def submit(self, job_id, robot_id, workflow):
        self.tables["jobs"].append(
            {**BLANK, "id": job_id, "robot_id": robot_id, "workflow": workflow}
        )

    def job(self, job_id):
        return next(row for row in self.tables["jobs"] if row["id"] == job_id)

    def answer(self, method, target, path, body, headers):
        name = path.removeprefix(f"{self.place}/")
        if path == f"{self.place}/" and self.place:
            return 401, {"message": "No API key found in request"}, {}
        if path == name or name not in self.tables:
            return 404, {"message": "requested path is invalid"}, {}
        bearer = headers.get("Authorization") == f"Bearer {self.key}"
        if headers.get("apikey") != self.key or not bearer:
            return 401, {"message": "Invalid API key"}, {}
        rows = self.tables[name]
        query = dict(parse_qsl(urlsplit(target).query))
        found = [row for row in rows if all(_fits(row, *it) for it in query.items())]
        if method == "POST":
            return 201, [self._merge(rows, body)], {}
        if method == "PATCH":
            for row in found:
                row |= body
            is_wanted = "return=representation" in (headers.get("Prefer") or "")
            return (200, found, {}) if is_wanted else (204, None, {})
        found.sort(key=lambda row: row.get("created_at", ""))
        found = found[: int(query.get("limit", 1000))]
        if query.get("select", "*") != "*":
            names = query["select"].split(",")
            found = [{one: row[one] for one in names} for row in found]
        if headers.get("Accept") == "application/vnd.pgrst.object+json":
            if len(found) != 1:
                return 406, {"code": "PGRST116", "message": "0 rows"}, {}
            return 200, found[0], {}
        return 200, found, {}

    def _merge(self, rows, body):
        for row in rows:
            if row["id"] == body["id"]:
                row |= body
                return row
        rows.append(dict(body))
        return body


def _fits(row, name, wanted):
    if name in ("select", "order", "limit"):
        return True
    how, _, value = wanted.partition(".")
    if how == "is":
        return row[name] is None
    assert how == "eq", wanted
    return str(row[name]) == value
