"""Where on the robot's server the events of a trigger are brought to. Pure."""

from casare_robot.triggers.definition import Definition


def place_of(trigger_id: str, found: Definition) -> str:
    """The path of a trigger on the server."""
    given = found.settings
    match found.type:
        case "WebhookTriggerNode":
            return f"/hook/{given['endpoint'].strip('/') or trigger_id}"
        case "WhatsAppTriggerNode":
            return f"/{given['webhook_path'].strip('/')}"
        case "FormTriggerNode":
            return f"/form/{trigger_id}"
        case "ChatTriggerNode":
            return f"/chat/{trigger_id}"
    return f"/call/{given['call_alias']}"
