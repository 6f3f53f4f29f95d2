"""What the documents call a method, and what we do: the table by which their readers find ours."""

import pytest

from casare_robot.groups.bus import Bus
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.fleet import Fleet, Managed
from casare_robot.groups.health import Health
from casare_robot.groups.memory import Memory
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.sessions import Sessions

OURS = {
    RobotGroup: {
        "RobotGroup.new": "open", "remember": "remember", "recall": "recall",
        "status": "status", "failover!": "failover", "add_active": "add_active",
        "add_passive": "add_passive", "sync_robot": "sync_robot", "sync_all": "sync_all",
        "sync_stats": "sync_stats", "in_sync?": "in_sync", "channel": "channel",
        "clear_working_memory": "clear", "shutdown": "shutdown", "promote": "promote",
        "demote": "demote", "remove": "remove", "member?": "is_member",
        "member_ids": "members", "handleMessage": "ask", "createGroup": "open",
        "updateSharedContext": "update_context", "getConversation": "conversation",
        "endConversation": "end", "setSelectionStrategy": "set_speaker_strategy",
        "addAgent": "add_active", "removeAgent": "remove",
    },
    Memory: {
        "working_memory_contents": "contents", "assemble_context": "context",
        "forget": "forget", "forget_content": "forget_content", "restore": "restore",
        "purge_deleted": "purge", "transfer_working_memory": "transfer",
    },
    Bus: {
        "listening?": "listening", "channel_name": "channel_name", "start_listening": "start",
        "stop_listening": "stop", "notify": "publish", "on_change": "subscribe",
        "notifications_received": "notifications_received", "publish": "publish",
        "subscribe": "subscribe", "unsubscribe": "unsubscribe", "unsubscribeAll": "unsubscribe",
        "replay": "replay", "setReplayPolicy": "set_policy", "getReplayPolicy": "policy",
        "clearEventHistory": "trim", "getStats": "stats", "onMessage": "on",
        "offMessage": "off", "getMessageHistory": "history", "subscriptions": "stats",
    },
    Sessions: {
        "createSession": "create", "saveSession": "save", "restoreSession": "restore",
        "deleteSession": "delete", "listSessions": "list", "addMessage": "add_message",
        "sendMessage": "add_message", "updateAgentState": "set_member_state",
        "cleanupExpiredSessions": "cleanup", "getStats": "stats", "saveState": "save",
        "loadState": "load", "updateState": "update", "deleteState": "delete",
    },
    Health: {
        "initialize": "configure", "registerAgent": "watch", "unregisterAgent": "unwatch",
        "startMonitoring": "start", "stopMonitoring": "stop", "getAgentHealth": "of",
        "getAllAgentHealth": "all", "sendHeartbeat": "beat", "recordActivity": "activity",
        "recoverAgent": "recover", "setRecoveryStrategy": "set_policy", "getStats": "stats",
        "heartbeat": "beat",
    },
    Dispatcher: {
        "isLeader": "is_leader", "resolveConflict": "resolve", "distributeTask": "submit",
        "taskDistributionStrategy": "set_strategy", "conflictResolutionStrategy": "set_strategy",
        "allocateResource": "allocate", "releaseResource": "release",
    },
    Fleet: {
        "createMultiSwarmCoordination": "open", "initialize": "initialize",
        "createSwarm": "create_group", "getSwarm": "group", "getSwarms": "groups",
        "sendMessage": "send", "broadcast": "broadcast", "distributeTask": "distribute",
        "allocateResource": "allocate", "releaseResource": "release",
        "createSnapshot": "snapshot", "restoreFromSnapshot": "restore",
        "recoverSwarm": "recover", "deregisterSwarm": "deregister",
        "getStatistics": "statistics", "discoverInterruptedSwarms": "interrupted",
        "updateSwarmState": "update", "shutdown": "shutdown",
    },
    Managed: {"getMessenger": "messenger", "getCoordinator": "coordinator"},
}  # fmt: skip


@pytest.mark.parametrize("owner", OURS, ids=lambda owner: owner.__name__)
def test_each_method_of_the_documents_has_its_counterpart(owner):
    missing = {theirs: ours for theirs, ours in OURS[owner].items() if not hasattr(owner, ours)}

    assert missing == {}
