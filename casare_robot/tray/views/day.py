"""Charts of a day out of the figures of its minutes. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.spans import size, took

BINS = 48
"""Bars of a chart: half hours."""

Minutes = Sequence[tuple[datetime, MetricMinute]]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A row of values, one for each bin; None: the robot did not run. ``tone`` as in the theme."""

    name: str
    tone: str
    values: tuple[float | None, ...]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart: bars that stand on each other, or lines; ``summary`` says the same in words."""

    title: str
    summary: str
    series: tuple[Series, ...]
    top: str
    is_bars: bool = False


def day_charts(minutes: Minutes, *, now: datetime) -> tuple[Chart, ...]:
    """Jobs, their durations, the queue, processor and memory over the last 24 hours."""
    bins: list[list[MetricMinute]] = [[] for _ in range(BINS)]
    begin = now - timedelta(days=1)
    width = timedelta(days=1) / BINS
    for at, minute in minutes:
        place = int((at - begin) / width)
        if 0 <= place < BINS:
            bins[place].append(minute)
    return (_jobs(bins), _durations(bins), _queue(bins), _machine(bins))


def _jobs(bins: list[list[MetricMinute]]) -> Chart:
    good = [float(sum(it.jobs_completed for it in within)) for within in bins]
    bad = [float(sum(it.jobs_failed for it in within)) for within in bins]
    done, failed = int(sum(good)), int(sum(bad))
    told = counted(done, "{count} job went well", "{count} jobs went well")
    if failed:
        told = tr("{told}, {count} did not", told=told, count=failed)
    most = max((one + other for one, other in zip(good, bad, strict=True)), default=0.0)
    return Chart(
        title=tr("Jobs"),
        summary=told if done or failed else tr("No job ended"),
        series=(
            Series(name=tr("went well"), tone="good", values=tuple(good)),
            Series(name=tr("did not"), tone="bad", values=tuple(bad)),
        ),
        top=f"{most:.0f}",
        is_bars=True,
    )


def _durations(bins: list[list[MetricMinute]]) -> Chart:
    values: list[float | None] = []
    for within in bins:
        ended = sum(it.jobs_completed + it.jobs_failed for it in within)
        values.append(sum(it.job_seconds for it in within) / ended if ended else None)
    known = [value for value in values if value is not None]
    return Chart(
        title=tr("Duration of a job"),
        summary=tr("{span} at most", span=took(max(known))) if known else tr("No job ended"),
        series=(Series(name=tr("mean"), tone="busy", values=tuple(values)),),
        top=took(max(known)) if known else "",
        is_bars=True,
    )


def _queue(bins: list[list[MetricMinute]]) -> Chart:
    values = [
        max(float(sum(it.queues.values())) for it in within) if within else None for within in bins
    ]
    most = max((value for value in values if value is not None), default=0.0)
    return Chart(
        title=tr("Queue"),
        summary=counted(int(most), "{count} job waited at most", "{count} jobs waited at most")
        if most
        else tr("No job had to wait"),
        series=(Series(name=tr("waiting"), tone="warn", values=tuple(values)),),
        top=f"{most:.0f}",
    )


def _machine(bins: list[list[MetricMinute]]) -> Chart:
    memory = [
        max(float(it.memory_bytes + it.executors_memory_bytes) for it in within) if within else None
        for within in bins
    ]
    cpu = [
        max(it.cpu_percent + it.executors_cpu_percent for it in within) if within else None
        for within in bins
    ]
    most = max((value for value in memory if value is not None), default=0.0)
    busiest = max((value for value in cpu if value is not None), default=0.0)
    return Chart(
        title=tr("Machine"),
        summary=tr("{cpu:.0f} % of a core and {memory} at most", cpu=busiest, memory=size(most))
        if most
        else tr("Nothing was measured"),
        series=(
            Series(name=tr("processor"), tone="busy", values=tuple(cpu)),
            Series(name=tr("memory"), tone="good", values=tuple(_scaled(memory, most, busiest))),
        ),
        top="",
    )


def _scaled(values: Sequence[float | None], most: float, height: float) -> list[float | None]:
    """Values as high as another series: two units share one chart."""
    factor = (height or 1.0) / most if most else 0.0
    return [None if value is None else value * factor for value in values]
