"""User names and passwords of nodes that sign in somewhere."""

from casare_robot.domain.node_context import NodeContext


def login(ctx: NodeContext, credential_name: str, username: str, password: str) -> tuple[str, str]:
    """User and password to sign in with.

    A credential stands for the password; it is ``user:password`` when no user
    name is given.

    Raises:
        NodeFailure: There is no secret of this name.
    """
    if not credential_name:
        return username, password
    secret = ctx.secret(credential_name)
    if username:
        return username, secret
    user, _, word = secret.partition(":")
    return user, word
