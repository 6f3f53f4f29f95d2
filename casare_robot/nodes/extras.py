"""Which node types need a library that is not always installed, and which extra brings it."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

from casare_robot.domain.workflow import Node


class Extra(NamedTuple):
    """A library by the module that is imported, and the extra of this package that brings it.

    It is needed where the setting ``key`` of a node has one of ``values``; without a key always.
    """

    module: str
    extra: str
    key: str = ""
    values: tuple[str, ...] = ()


_SERVERS = Extra("sqlalchemy", "databases", "db_type", ("postgresql", "mysql"))
_BROWSER = Extra("playwright", "browser")
_PICTURES = Extra("PIL", "documents")
_BY_HOME: Mapping[str, Extra] = {
    "excel": Extra("openpyxl", "documents"),
    "word": Extra("docx", "documents"),
    "pdf": Extra("pypdf", "documents"),
    "pdf_images": Extra("pypdfium2", "documents"),
    "images": _PICTURES,
    "image_comparison": _PICTURES,
    "screen_images": _PICTURES,
    "ocr": _PICTURES,
    "mailbox": Extra("imap_tools", "mail"),
    "mail_super": Extra("imap_tools", "mail"),
    "ftp": Extra("paramiko", "transfer", "protocol", ("sftp",)),
    "database": _SERVERS,
    "database_super": _SERVERS,
    "captcha": _BROWSER,
    "captcha_ai": _BROWSER,
    "smart_selectors": _BROWSER,
}
"""Module of this package, as the catalogue's table names it, to what its nodes need."""
_BY_TYPE: Mapping[str, Extra] = {"QRCodeNode": Extra("segno", "documents")}


def extra_of(type_name: str, home: str) -> Extra | None:
    """What a node type needs that not every installation has.

    Args:
        type_name: Its name.
        home: The module of this package that declares it.
    """
    if home.startswith("browser"):
        return _BROWSER
    return _BY_TYPE.get(type_name, _BY_HOME.get(home))


def is_installed(extra: Extra) -> bool:
    """Whether the library is there."""
    return find_spec(extra.module) is not None


def missing_extras(nodes: Iterable[Node], homes: Mapping[str, str]) -> dict[str, set[str]]:
    """The extras that nodes need and that are not installed: each with the types that need it."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        extra = extra_of(node.type, homes.get(node.type, ""))
        if extra is not None and _applies(extra, node.config) and not is_installed(extra):
            found.setdefault(extra.extra, set()).add(node.type)
    return found


def _applies(extra: Extra, config: Mapping[str, Any]) -> bool:
    return not extra.key or str(config.get(extra.key) or "").lower() in extra.values
