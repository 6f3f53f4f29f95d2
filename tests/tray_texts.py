"""Every text that the tray shows, out of its source, and the files of its languages.

python -m tests.tray_texts    bring casare_robot/tray/languages up to date and compile it;
                              what is new stays `unfinished`, for somebody to translate
"""

import ast
import subprocess
import sys
from pathlib import Path

from lxml import etree

from casare_robot.config.robot_config import settings
from casare_robot.domain.policy import Policy
from casare_robot.tray.language import CONTEXT, FOLDER
from casare_robot.tray.views import settings_view
from casare_robot.tray.views.looks import Look
from casare_robot.tray.windows.check_window import WORDS

SOURCE = Path(settings_view.__file__).parents[1]


def texts():
    """Each text in English, and whether it has a form for one and one for many."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                constants = [it.value for it in node.args if isinstance(it, ast.Constant)]
                if node.func.id == "tr":
                    found.update(dict.fromkeys(constants[:1], False))
                elif node.func.id == "counted":
                    found.update(dict.fromkeys(constants[-1:], True))
    found.update(dict.fromkeys(_named(), False))
    kinds = ast.parse((SOURCE / "views" / "notice.py").read_text("utf-8"))
    for node in ast.walk(kinds):  # (kind, one, many)
        if isinstance(node, ast.Tuple) and "{count}" in str(getattr(node.elts[-1], "value", "")):
            found[node.elts[-1].value] = True
    return {text: is_counted for text, is_counted in found.items() if text}


def _named():
    """Texts that are not written where they are shown."""
    for name, setting in settings():
        yield settings_view._title(name)
        yield setting.description
        yield setting.unit
    yield from (settings_view._title(name) for name in Policy.__struct_fields__)
    yield from (title for title, _ in settings_view.PAGES)
    yield from settings_view._WORDS.values()
    yield from (look.value for look in Look)
    yield from WORDS.values()
    yield "Advanced"


def translated(path):
    """Text to its translations, as far as they are finished."""
    found = {}
    for message in etree.parse(str(path)).iter("message"):
        translation = message.find("translation")
        if translation.get("type") == "unfinished":
            continue
        forms = [it.text or "" for it in translation.iter("numerusform")]
        found[message.findtext("source")] = forms or [translation.text or ""]
    return found


def update(path):
    """Write a language's file anew, with what is translated already."""
    known = translated(path) if path.exists() else {}
    root = etree.Element("TS", version="2.1", language=path.stem, sourcelanguage="en")
    context = etree.SubElement(root, "context")
    etree.SubElement(context, "name").text = CONTEXT
    for text, is_counted in sorted(texts().items()):
        message = etree.SubElement(context, "message")
        if is_counted:
            message.set("numerus", "yes")
        etree.SubElement(message, "source").text = text
        translation = etree.SubElement(message, "translation")
        forms = known.get(text)
        if forms is None:
            translation.set("type", "unfinished")
        if is_counted:
            for form in forms or ("", ""):
                etree.SubElement(translation, "numerusform").text = form
        elif forms:
            translation.text = forms[0]
    etree.indent(root)
    path.write_bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def main():
    for path in sorted(Path(FOLDER).glob("*.ts")):
        update(path)
        compiler = Path(sys.executable).with_name("pyside6-lrelease")
        subprocess.run([compiler, "-silent", path, "-qm", path.with_suffix(".qm")], check=True)
        missing = texts().keys() - translated(path).keys()
        print(f"{path.name}: {len(missing)} texts are not translated")


if __name__ == "__main__":
    main()
