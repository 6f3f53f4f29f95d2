"""What a bus did so far, under the documents' names. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from casare_robot.groups.delivery_stats import DeliveryStats
from casare_robot.groups.inbox import Inbox
from casare_robot.groups.records import CRITICAL, NORMAL


def bus_figures(
    own: Counter[str],
    delivery: DeliveryStats,
    inboxes: Collection[Inbox],
    *,
    unread: int,
    bodies: Iterable[Any],
) -> dict[str, Any]:
    """The figures of `Bus.stats`.

    Args:
        own: What this process sent and received.
        delivery: How fast events arrived.
        inboxes: Its subscriptions.
        unread: Entries of the log that it has not read.
        bodies: Those of the last thousand entries.
    """
    patterns = {inbox.pattern for inbox in inboxes}
    waiting = sum(inbox.waiting for inbox in inboxes)
    return {
        "totalEventsPublished": own["sent"],
        "totalEventsDelivered": delivery.delivered,
        "activeSubscriptions": len(inboxes),
        "uniqueTopics": len(patterns),
        "eventsInReplayQueue": waiting + unread,
        "avgPropagationLatencyMs": delivery.mean * 1000,
        "p95PropagationLatencyMs": delivery.percentile(0.95) * 1000,
        "slowDeliveries": delivery.slow,
        "eventsByPriority": {CRITICAL: own[CRITICAL], NORMAL: own[NORMAL]},
        "eventHistorySizeBytes": sum(len(str(body)) for body in bodies),
        "messagesSent": own["targeted"] + own["broadcasts"],
        "messagesReceived": own["messages"],
        "broadcastsSent": own["broadcasts"],
        "targetedSent": own["targeted"],
        "errors": own["errors"],
        "queueSize": waiting,
        "handlers": sum(pattern.startswith("message:") for pattern in patterns),
        "subscriptions": sorted(patterns),
    }
