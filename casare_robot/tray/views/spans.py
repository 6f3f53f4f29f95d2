"""Times, durations and sizes as people read them. Pure."""

from datetime import datetime

from casare_robot.tray.texts import tr


def lasting(seconds: float) -> str:
    """A duration in its two largest units: ``3 min``, ``1 h 20 min``, ``2 d 4 h``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86_400
    if hours == 0:
        return tr("{minutes} min", minutes=minutes)
    if days == 0:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes % 60)
    return tr("{days} d {hours} h", days=days, hours=hours % 24)


def took(seconds: float) -> str:
    """How long something took, with fractions where they matter."""
    if seconds < 1:
        return tr("{count} ms", count=round(seconds * 1000))
    return tr("{seconds:.1f} s", seconds=seconds) if seconds < 60 else lasting(seconds)


def since(then: datetime, now: datetime) -> str:
    """How long ago, as `lasting` says it."""
    return lasting((now - then).total_seconds())


def clock(then: datetime, now: datetime) -> str:
    """A moment on the wall clock here, with its day unless that is today."""
    here, today = then.astimezone(now.tzinfo), now.date()
    if here.date() == today:
        return f"{here:%H:%M}"
    days = (here.date() - today).days
    if days == 1:
        return tr("tomorrow {time}", time=f"{here:%H:%M}")
    if days == -1:
        return tr("yesterday {time}", time=f"{here:%H:%M}")
    return f"{here:%Y-%m-%d %H:%M}"


def size(count: float) -> str:
    """Bytes in the unit that keeps the number short."""
    for unit in ("B", "KB", "MB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GB"
