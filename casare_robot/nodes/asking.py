"""How nodes ask the person at this machine, and what holds where nobody is there."""

from typing import Any

from casare_robot.domain.answering import checked
from casare_robot.domain.errors import NodeFailure, NodeTimeoutError, QuestionError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.question import Answer, Ask, AskOutcome, Field, Form, Page, Reply

UNATTENDED = (
    "nobody is there to answer {title!r}: show the tray (casare-robot tray), answer at a terminal "
    "(casare-robot questions attend), or run the file there with casare-robot exec"
)


async def asked(
    ctx: NodeContext, ask: Ask, *, unattended: Answer | None = None, default_of: str = ""
) -> Reply:
    """What a person says; where nobody is there, the node's own default.

    Args:
        ctx: The node's surroundings.
        ask: The question.
        unattended: The default; None: it has none.
        default_of: The property that would be the default; empty: there is no such property.

    Raises:
        NodeFailure: Nobody is there, and the node has no default.
    """
    reply = await ctx.ask(ask)
    if reply.outcome is not AskOutcome.NOBODY:
        return reply
    if unattended is None:
        hint = f"; or give the node a {default_of}" if default_of else ""
        raise NodeFailure(UNATTENDED.format(title=ask.title) + hint, code="E-ASK-503")
    try:
        answer = checked(ask, unattended)
    except QuestionError as error:
        raise NodeFailure(
            f"nobody is there to answer {ask.title!r}, and the default does not fit: {error}",
            code="E-ASK-422",
        ) from error
    ctx.log("warning", f"nobody is there to answer {ask.title!r}: its default holds")
    return Reply(outcome=AskOutcome.ANSWERED, button=answer.button, values=answer.values)


async def filled(
    ctx: NodeContext,
    field: Field,
    *,
    title: str,
    message: str = "",
    default_of: str = "",
) -> tuple[Any, Reply]:
    """The value of one field, None if it was not given; and the whole reply.

    Where nobody is there, a default that is not empty holds.
    """
    ask = Ask(title=title, message=message, body=Form(pages=(Page(fields=(field,)),)))
    has_default = field.default not in (None, "", [])
    unattended = Answer(button="ok", values={field.name: field.default}) if has_default else None
    reply = await asked(ctx, ask, unattended=unattended, default_of=default_of)
    return (reply.values.get(field.name) if is_given(reply) else None), reply


def is_given(reply: Reply) -> bool:
    """Whether a form was filled in and not cancelled.

    Raises:
        NodeTimeoutError: It closed by itself.
    """
    if reply.outcome is AskOutcome.TIMED_OUT:
        raise NodeTimeoutError("nobody answered in time")
    return reply.button == "ok"


def text(value: Any) -> str:
    """Anything as it is shown."""
    return "" if value is None else str(value)
