"""CasareRPA's queue in PostgreSQL, in a database of the test's own."""

import asyncio
import json
import uuid

import psycopg
from psycopg.rows import dict_row

QUEUE = """
CREATE TABLE job_queue (
    id uuid PRIMARY KEY,
    workflow_id varchar(255) NOT NULL,
    workflow_name varchar(255) NOT NULL,
    workflow_json text NOT NULL,
    priority integer DEFAULT 1 CHECK (priority BETWEEN 0 AND 20),
    status varchar(50) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    robot_id varchar(255),
    environment varchar(100) NOT NULL DEFAULT 'default',
    visible_after timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    error_message text,
    result jsonb DEFAULT '{}',
    retry_count integer NOT NULL DEFAULT 0,
    max_retries integer NOT NULL DEFAULT 3,
    variables jsonb DEFAULT '{}',
    metadata jsonb DEFAULT '{}')"""
ORCHESTRATOR_TABLES = """
CREATE TABLE robots (
    robot_id varchar(64) PRIMARY KEY,
    name varchar(128) NOT NULL,
    hostname varchar(255) NOT NULL DEFAULT '',
    status varchar(32) NOT NULL DEFAULT 'offline'
        CHECK (status IN ('offline', 'online', 'busy', 'error', 'maintenance')),
    environment varchar(64) NOT NULL DEFAULT 'default',
    capabilities jsonb NOT NULL DEFAULT '[]',
    tags jsonb NOT NULL DEFAULT '[]',
    metrics jsonb NOT NULL DEFAULT '{}',
    max_concurrent_jobs integer NOT NULL DEFAULT 1,
    current_job_ids jsonb NOT NULL DEFAULT '[]',
    last_heartbeat timestamptz,
    last_seen timestamptz,
    tenant_id varchar(64),
    registered_at timestamptz DEFAULT now())"""


class JobQueue:
    """The table, and what people do with it."""

    def __init__(self, url, tables=""):
        self.url = url
        self._tables = tables

    def __enter__(self):
        self._connection = psycopg.connect(self.url, autocommit=True, row_factory=dict_row)
        self._connection.execute(QUEUE)
        if self._tables:
            self._connection.execute(self._tables)
        return self

    def __exit__(self, *_):
        self._connection.close()

    def submit(self, workflow, *, variables=None, max_retries=3):
        job_id = str(uuid.uuid4())
        self._connection.execute(
            "INSERT INTO job_queue (id, workflow_id, workflow_name, workflow_json, variables,"
            " max_retries) VALUES (%s, 'wf-1', 'interop', %s, %s::jsonb, %s)",
            (job_id, json.dumps(workflow), json.dumps(variables or {}), max_retries),
        )
        return job_id

    def change(self, job_id, *, visible_after="visible_after", **values):
        """Set columns of a job; ``visible_after`` is an expression."""
        names = "".join(f"{name} = %s, " for name in values)
        self._connection.execute(
            f"UPDATE job_queue SET {names}visible_after = {visible_after} WHERE id = %s",
            (*values.values(), job_id),
        )

    def job(self, job_id):
        found = self._connection.execute("SELECT * FROM job_queue WHERE id = %s", (job_id,))
        return found.fetchone()

    def robot_status(self, robot_id):
        if not self._tables:
            return None
        asked = "SELECT status FROM robots WHERE robot_id = %s"
        return self._connection.execute(asked, (robot_id,)).fetchone()["status"]

    async def until(self, job_id, *, status):
        await self.until_true(lambda: self.job(job_id)["status"] == status)

    async def until_true(self, claim, timeout=60):
        async with asyncio.timeout(timeout):
            while not claim():
                await asyncio.sleep(0.05)
