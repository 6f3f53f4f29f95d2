"""Message box, confirmation and input, answered by the person at this machine."""

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.question import (
    CANCEL,
    NO,
    OK,
    YES,
    Answer,
    Ask,
    AskOutcome,
    Button,
    Field,
    Form,
    Mood,
    Page,
)
from casare_robot.nodes.asking import asked, filled, is_given, text

_BUTTONS = {
    "ok": (OK,),
    "ok_cancel": (OK, CANCEL),
    "yes_no": (YES, NO),
    "yes_no_cancel": (YES, NO, CANCEL),
}
_MOODS: dict[str, Mood] = {
    "information": "information",
    "info": "information",
    "warning": "warning",
    "error": "error",
    "question": "question",
}


@node(
    "MessageBoxNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("message", DataType.STRING),),
    outputs=(Port("result", DataType.STRING), Port("accepted", DataType.BOOLEAN)),
    properties=(
        Property("title", DataType.STRING, "Message"),
        Property("message", DataType.STRING, ""),
        Property("detailed_text", DataType.STRING, ""),
        Property(
            "icon_type",
            DataType.CHOICE,
            "information",
            choices=("information", "warning", "error", "question"),
        ),
        Property("buttons", DataType.CHOICE, "ok", choices=tuple(_BUTTONS)),
        Property("default_button", DataType.STRING, ""),
        Property("always_on_top", DataType.BOOLEAN, True),
        Property("play_sound", DataType.BOOLEAN, False),
        Property("auto_close_timeout", DataType.INTEGER, 0, low=0),
    ),
)
async def message_box(
    ctx: NodeContext,
    *,
    title: str,
    message: str,
    detailed_text: str,
    icon_type: str,
    buttons: str,
    default_button: str,
    always_on_top: bool,
    play_sound: bool,
    auto_close_timeout: int,
) -> Outputs:
    """The button's name, or ``timeout``; a default button is also the answer of an empty desk."""
    shown = _BUTTONS[buttons]
    names = [button.name for button in shown]
    proposed = default_button.strip().lower()
    ask = Ask(
        title=text(title),
        message=text(message),
        detail=text(detailed_text),
        mood=_MOODS[icon_type],
        buttons=shown,
        proposed=proposed if proposed in names else names[0],
        dismiss={"ok": "ok", "yes_no": ""}.get(buttons, "cancel"),
        on_top=always_on_top,
        has_sound=play_sound,
        seconds=auto_close_timeout or None,
    )
    unattended = Answer(button=proposed) if proposed else None
    reply = await asked(ctx, ask, unattended=unattended, default_of="default_button")
    result = "timeout" if reply.outcome is AskOutcome.TIMED_OUT else reply.button
    return {"result": result, "accepted": result in ("ok", "yes")}


@node(
    "ConfirmDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("message", DataType.STRING),),
    outputs=(Port("confirmed", DataType.BOOLEAN), Port("button_clicked", DataType.STRING)),
    properties=(
        Property("title", DataType.STRING, "Confirm"),
        Property("message", DataType.STRING, "Are you sure?"),
        Property("icon_type", DataType.CHOICE, "question", choices=("question", "warning", "info")),
        Property("always_on_top", DataType.BOOLEAN, True),
        Property("button_yes_text", DataType.STRING, "Yes"),
        Property("button_no_text", DataType.STRING, "No"),
    ),
)
async def confirm_dialog(
    ctx: NodeContext,
    *,
    title: str,
    message: str,
    icon_type: str,
    always_on_top: bool,
    button_yes_text: str,
    button_no_text: str,
) -> Outputs:
    """Whether the person agrees; closing is ``cancel``, and no agreement."""
    yes = "" if button_yes_text == "Yes" else text(button_yes_text)
    no = "" if button_no_text == "No" else text(button_no_text)
    ask = Ask(
        title=text(title),
        message=text(message),
        mood=_MOODS[icon_type],
        buttons=(Button(name="yes", text=yes), Button(name="no", text=no)),
        proposed="yes",
        on_top=always_on_top,
    )
    reply = await asked(ctx, ask)
    return {"confirmed": reply.button == "yes", "button_clicked": reply.button}


@node(
    "InputDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(Port("value", DataType.STRING), Port("confirmed", DataType.BOOLEAN)),
    properties=(
        Property("title", DataType.STRING, "Input"),
        Property("prompt", DataType.STRING, "Enter value:"),
        Property("default_value", DataType.STRING, ""),
        Property("password_mode", DataType.BOOLEAN, False),
    ),
    synonyms={"label": "prompt"},
)
async def input_dialog(
    ctx: NodeContext, *, title: str, prompt: str, default_value: str, password_mode: bool
) -> Outputs:
    """What was typed. A secret default is not shown: leaving the field empty means it."""
    default = text(default_value)
    field = Field(
        name="value",
        kind="secret" if password_mode else "text",
        label=text(prompt),
        default="" if password_mode else default,
    )
    if password_mode and default:
        ask = Ask(title=text(title), body=Form(pages=(Page(fields=(field,)),)))
        unattended = Answer(button="ok")
        reply = await asked(ctx, ask, unattended=unattended)
        value = (reply.values.get("value") or default) if is_given(reply) else None
    else:
        value, _ = await filled(ctx, field, title=text(title), default_of="default_value")
    return {"value": value or "", "confirmed": value is not None}


@node(
    "MultilineInputDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(
        Port("text", DataType.STRING),
        Port("confirmed", DataType.BOOLEAN),
        Port("char_count", DataType.INTEGER),
    ),
    properties=(
        Property("title", DataType.STRING, "Enter Text"),
        Property("default_text", DataType.TEXT, ""),
        Property("placeholder", DataType.STRING, ""),
        Property("max_chars", DataType.INTEGER, 0, low=0),
    ),
)
async def multiline_input_dialog(
    ctx: NodeContext, *, title: str, default_text: str, placeholder: str, max_chars: int
) -> Outputs:
    """Several lines, of at most so many characters (0: any number)."""
    default = text(default_text)
    field = Field(
        name="text",
        kind="long_text",
        default=default[:max_chars] if max_chars else default,
        placeholder=text(placeholder),
        most=max_chars,
    )
    value, _ = await filled(ctx, field, title=text(title), default_of="default_text")
    return {"text": value or "", "confirmed": value is not None, "char_count": len(value or "")}


@node(
    "CredentialDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(
        Port("username", DataType.STRING),
        Port("password", DataType.STRING),
        Port("remember", DataType.BOOLEAN),
        Port("confirmed", DataType.BOOLEAN),
    ),
    properties=(
        Property("title", DataType.STRING, "Login"),
        Property("username_label", DataType.STRING, "Username:"),
        Property("password_label", DataType.STRING, "Password:"),
        Property("show_remember", DataType.BOOLEAN, True),
        Property("mask_password", DataType.BOOLEAN, True),
    ),
)
async def credential_dialog(
    ctx: NodeContext,
    *,
    title: str,
    username_label: str,
    password_label: str,
    show_remember: bool,
    mask_password: bool,
) -> Outputs:
    """A name and a password; the password is a secret from here on."""
    fields = [
        Field(name="username", kind="text", label=text(username_label)),
        Field(name="password", kind="secret", label=text(password_label), is_masked=mask_password),
    ]
    if show_remember:
        fields.append(Field(name="remember", kind="switch", label="Remember me"))
    reply = await asked(ctx, Ask(title=text(title), body=Form(pages=(Page(fields=tuple(fields)),))))
    is_confirmed = is_given(reply)
    values = reply.values if is_confirmed else {}
    return {
        "username": values.get("username", ""),
        "password": values.get("password", ""),
        "remember": values.get("remember", False),
        "confirmed": is_confirmed,
    }
