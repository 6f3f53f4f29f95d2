"""Each node type has a test that fails when the node's body is emptied.

Run: python -m tests.proofs.emptied_nodes [--search [--keep]] [--only TYPE ...]

An emptied node does nothing, gives no outputs and leaves by its first port. The tests
that are known to notice are kept in ``tests/data/emptied_nodes.json``, one for each
type: each must pass as things are, and fail when its type is emptied. ``--search``
finds one for the types that have none, or whose test notices nothing any more, first
among the tests whose files name the type; ``--keep`` keeps what it found. Prints a
table; exits with 1 if a type has no test with teeth.
"""

import argparse
import contextlib
import functools
import inspect
import json
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from _pytest.warnings import catch_warnings_for_item

from casare_robot.domain.node_type import Action
from casare_robot.execution.running import steps
from casare_robot.nodes.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "tests/data/emptied_nodes.json"
FOLDERS = ("tests/unit/nodes", "tests/unit/execution")
WITHOUT_BODY = {
    "StartNode": "where a flow begins",
    "EndNode": "where a flow ends",
    "CommentNode": "words for a reader",
    "MergeNode": "wires come together",
}
"""Types that only pass on: there is nothing to empty."""
PATIENCE = 90
"""Seconds until a test that waits for an emptied node has noticed enough."""
TRIES = 40
"""Tests that are tried for one type at most."""


class Emptying:
    """A pytest plugin that runs tests again with one type emptied at a time.

    Args:
        known: Type to the test that notices.
        wanted: The types to be looked at.
        search: Whether others are tried where the known test does not.
    """

    def __init__(self, known, wanted, *, search):
        self.known = known
        self.wanted = wanted
        self.search = search
        self.found = {}
        self.failing = {}
        self._empty = ""
        self._called = set()
        self._callers = defaultdict(list)

    def pytest_sessionstart(self):
        """Have every node tell that it was called, and do nothing while it is emptied."""
        catalogue = load_catalogue()
        for name in catalogue:
            declared = catalogue.get(name)
            if getattr(declared.run, "watched_by", None) is self:
                continue  # another name of a type that is watched already
            if declared.run is not None:
                declared.run = self._watched(declared.name, declared.run)
            declared.actions = {
                key: self._watched_action(declared.name, one)
                for key, one in declared.actions.items()
            }
        for name, build in steps._FLOW.items():
            steps._FLOW[name] = functools.partial(self._built, name, build)

    def pytest_collection_modifyitems(self, items):
        """Only the known tests of the wanted types, unless others are to be tried.

        Where a case of a test has another name now, all its cases are tried.
        """
        if self.search:
            return
        there = {item.nodeid for item in items}
        known = {self.known[name] for name in self.wanted if name in self.known}
        renamed = {_test_of(one) for one in known - there}
        items[:] = [it for it in items if it.nodeid in known or _test_of(it.nodeid) in renamed]

    def pytest_runtestloop(self, session):
        """Each test as it is, then for each type with the type emptied."""
        passing = {item.nodeid: item for item in session.items if self._passes(item)}
        for name in self.wanted:
            known = self.known.get(name, "")
            tests = [known] if known in passing else []
            if known and not tests:
                tests = [one for one in passing if _test_of(one) == _test_of(known)]
            if self.search:
                callers = sorted(self._callers[name], key=lambda one: _eagerness(name, *one))
                tests += [item.nodeid for _, item in callers if item.nodeid not in tests][:TRIES]
            bites = (one for one in tests if self._notices(passing[one], name))
            self.found[name] = next(bites, "")
            print(f"{name:<32} {self.found[name] or 'NOT NOTICED'}", flush=True)
        session._setupstate.teardown_exact(None)
        return True

    def _passes(self, item):
        self._called = set()
        began = time.perf_counter()
        said = _run(item)
        took = time.perf_counter() - began
        if said:
            self.failing[item.nodeid] = said
            return False
        for name in self._called:
            self._callers[name].append((took, item))
        return True

    def _notices(self, item, name):
        self._empty = name
        try:
            return bool(_run(item))
        finally:
            self._empty = ""

    def _built(self, name, build, op):
        self._called.add(name)
        return steps._pass(op) if name == self._empty else build(op)

    def _watched_action(self, name, one):
        return Action(
            self._watched(name, one.run),
            **{key: getattr(one, key) for key in Action.__slots__ if key != "run"},
        )

    def _watched(self, name, function):
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def watched(*args, **given):
                self._called.add(name)
                return {} if name == self._empty else await function(*args, **given)
        else:

            @functools.wraps(function)
            def watched(*args, **given):
                self._called.add(name)
                return {} if name == self._empty else function(*args, **given)

        watched.watched_by = self
        return watched


def _test_of(node_id):
    return node_id.partition("[")[0]


def _eagerness(name, took, item):
    """Tests that name the type come first, then the quick ones."""
    written = inspect.getsource(item.function) + item.nodeid
    return name.removesuffix("Node") not in written, took


def _run(item):
    """What went wrong in a test, if it did; it is ready to be run again then."""
    item.session._setupstate.teardown_exact(item)  # what another module set up
    item._initrequest()
    warnings = catch_warnings_for_item(item.config, item.ihook, when="runtest", item=item)
    try:
        with warnings, _patience():
            reports = runtestprotocol(item, log=False, nextitem=item.parent)
    except OverError as over:
        return str(over)
    if any(report.skipped for report in reports):
        return "skipped"
    return next((report.longreprtext or "failed" for report in reports if report.failed), "")


class OverError(BaseException):
    """A test waits for what an emptied node no longer does; no test catches this."""


@contextlib.contextmanager
def _patience():
    if not hasattr(signal, "SIGALRM"):  # Windows: there is only the person's patience
        yield
        return

    def over(*_):
        raise OverError(f"nothing came of it in {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def types():
    """All types that have a body, as they are declared."""
    catalogue = load_catalogue()
    return sorted({catalogue.get(name).name for name in catalogue} - WITHOUT_BODY.keys())


def known():
    """Type to the test that notices when it is emptied."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def files_that_name(names):
    """The test files in which one of the types is named, in whole or without its ``Node``."""
    words = {f'"{word}"' for name in names for word in (name, name.removesuffix("Node"))}
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("test_*.py")):
            text = path.read_text(encoding="utf-8")
            if any(word in text for word in words):
                found.append(str(path.relative_to(ROOT)))
    return found


def look(wanted, *, among=()):
    """Empty each of the types; the plugin knows what came of it.

    Args:
        wanted: The types.
        among: Files and folders of tests to search; none: the known tests.
    """
    plugin = Emptying(known(), wanted, search=bool(among))
    known_in = {plugin.known[name].partition("::")[0] for name in wanted if name in plugin.known}
    chosen = among or sorted(known_in)
    options = ["-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:pytest-qt", "--tb=line"]
    if chosen:
        pytest.main([*options, *(str(ROOT / one) for one in chosen)], plugins=[plugin])
    return plugin


def main():
    """The table; what nothing notices decides."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--only", nargs="+", default=())
    given = parser.parse_args()
    wanted = sorted(given.only) or types()
    seen = look(wanted)
    unnoticed = [name for name in wanted if not seen.found.get(name)]
    found = {}
    for among in (files_that_name(unnoticed), FOLDERS) if given.search else ():
        if unnoticed and among:
            seen = look(unnoticed, among=among)
            found.update({name: test for name, test in seen.found.items() if test})
            unnoticed = [name for name in unnoticed if name not in found]
    if given.keep:
        kept = {name: test for name, test in {**known(), **found}.items() if name in types()}
        KEPT.write_text(json.dumps(dict(sorted(kept.items())), indent=0) + "\n", encoding="utf-8")
    for name, what in WITHOUT_BODY.items():
        print(f"{name:<32} has no body: {what}")
    for test, said in seen.failing.items():
        print(f"does not pass as it is: {test}: {said.strip().splitlines()[-1]}")
    print(f"{len(wanted) - len(unnoticed)} of {len(wanted)} types are noticed when emptied")
    print(f"unnoticed: {', '.join(unnoticed) or 'none'}")
    return int(bool(unnoticed))


if __name__ == "__main__":
    sys.exit(main())
