"""The accounts that this robot is signed in to: each is a secret that workflows name."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from casare_robot.agent.google_sign_in import GoogleClient, client_of, revoke, sign_in
from casare_robot.desktop.secret_store import SecretStore
from casare_robot.domain.account import ACCESS, Account, Consent
from casare_robot.domain.errors import AccountError


def accounts(store: SecretStore) -> tuple[Account, ...]:
    """Those that the robot was signed in to, by name; other secrets are none of them."""
    found = []
    for name in store.names():
        kept = _credentials(store, name)
        if kept is not None:
            words = {scope: word for word, scope in ACCESS.items()}
            access = tuple(words.get(scope, scope) for scope in kept.get("scopes") or ())
            found.append(
                Account(name=name, service="Google", access=access, in_keyring=store.is_guarded)
            )
    return tuple(found)


async def add_google(
    store: SecretStore,
    name: str,
    client: GoogleClient | None,
    access: Sequence[str],
    *,
    show: Callable[[Consent], object],
) -> Account:
    """Sign in to Google and keep what comes of it under a name.

    Args:
        store: The secrets of workflows.
        name: That nodes have in ``credential_name``; ``google`` is looked for by itself.
        client: None: that of the account that is kept under this name.
        access: See `sign_in`.
        show: See there.

    Raises:
        AccountError: Nobody could be signed in; what was kept stays.
        SecretStoreError: It cannot be kept.
    """
    before = _credentials(store, name)
    if client is None:
        if before is None:
            raise AccountError(f"there is no account {name!r} whose client could be used again")
        client = client_of(before)
    store.prepare()
    kept = await sign_in(client, access, show=show)
    store.keep(name, json.dumps(dict(kept)))
    return next(one for one in accounts(store) if one.name == name)


async def remove(store: SecretStore, name: str) -> str:
    """Take consent back and forget an account; what Google said if it took nothing back.

    Raises:
        AccountError: There is no such account.
    """
    kept = _credentials(store, name)
    if kept is None:
        raise AccountError(f"there is no account {name!r}")
    problem = ""
    try:
        await revoke(kept)
    except AccountError as error:
        problem = str(error)
    store.delete(name)
    return problem


def _credentials(store: SecretStore, name: str) -> Mapping[str, Any] | None:
    secret = store.find(name) if name in store.names() else None
    if secret is None or not secret.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(secret)
    except ValueError:
        return None
    is_account = {"client_id", "refresh_token"} <= found.keys()
    return found if is_account else None
