"""Every text has its words in every language, and the language is the one that is wanted."""

import re
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QLineEdit,
    QTabWidget,
)

from casare_robot.tray.language import CONTEXT, FOLDER, speak_language
from casare_robot.tray.texts import counted, speak, tr
from tests import tray_screens as screens
from tests import tray_texts

FILES = sorted(Path(FOLDER).glob("*.ts"))
PLACEHOLDER = re.compile(r"{(\w*)")


@pytest.fixture(autouse=True)
def english_again():
    yield
    speak_language("en")


def test_there_is_another_language() -> None:
    assert [path.stem for path in FILES] == ["de"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_is_translated_and_no_translation_is_left_over(path) -> None:
    """Run `python -m tests.tray_texts` to bring the file up to date."""
    texts, translated = tray_texts.texts(), tray_texts.translated(path)

    assert sorted(texts.keys() - translated.keys()) == []
    assert sorted(translated.keys() - texts.keys()) == []
    forms = {text: len(found) for text, found in translated.items()}
    assert forms == {text: 2 if is_counted else 1 for text, is_counted in texts.items()}
    assert [text for text, found in translated.items() if not all(found)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_translation_has_the_names_and_keys_of_its_text(path) -> None:
    odd = []
    for text, forms in tray_texts.translated(path).items():
        wanted = set(PLACEHOLDER.findall(text))
        names = [set(PLACEHOLDER.findall(form)) for form in forms]
        is_counted = len(forms) > 1
        fits = all(found == wanted or (is_counted and found <= wanted) for found in names)
        has_keys = all(("&" in form) == ("&" in text) for form in forms)
        has_dots = all(form.endswith("…") == text.endswith("…") for form in forms)
        if not (fits and has_keys and has_dots):
            odd.append(text)
    assert odd == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_compiled_is_what_is_written(path) -> None:
    compiled = QTranslator()
    assert compiled.load(str(path.with_suffix(".qm")))

    for text, forms in tray_texts.translated(path).items():
        if len(forms) == 1:
            assert compiled.translate(CONTEXT, text) == forms[0]
        else:
            assert [compiled.translate(CONTEXT, text, "", n) for n in (1, 3)] == forms


def test_one_and_many_have_their_own_words(qapp) -> None:
    said = []
    for code in ("de", "en"):
        speak_language(code)
        said += [counted(number, "{count} job waits", "{count} jobs wait") for number in (1, 3)]

    assert said == ["1 Auftrag wartet", "3 Aufträge warten", "1 job waits", "3 jobs wait"]


@pytest.mark.parametrize(
    ("wanted", "system", "found"),
    [
        ("", "de_AT", "de"),
        ("", "fr_FR", "en"),
        ("", "en_GB", "en"),
        ("de", "en_US", "de"),
        ("en", "de_DE", "en"),
    ],
)
def test_the_system_chooses_unless_a_setting_does(qapp, monkeypatch, wanted, system, found) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale(system))

    assert speak_language(wanted) == found
    assert tr("Settings") == {"en": "Settings", "de": "Einstellungen"}[found]


def test_qt_s_own_buttons_speak_the_language_too(qapp) -> None:
    def cancel():
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        return box.button(QDialogButtonBox.StandardButton.Cancel).text().replace("&", "")

    words = []
    for code in ("de", "en"):
        speak_language(code)
        words.append(cancel())

    assert words == ["Abbrechen", "Cancel"]


OURS = [name for name in screens.WINDOWS if not name.startswith("ask-")]
"""Windows that say nothing on behalf of a workflow."""


@pytest.mark.parametrize("name", OURS)
def test_no_text_is_written_past_the_translation(qtbot, name) -> None:
    speak(lambda text, _count: f"«{text}»")
    window = screens.WINDOWS[name]()
    qtbot.addWidget(window)
    shown = [window.windowTitle()]
    for made in window.findChildren(QAbstractButton):
        is_standard = isinstance(made.parent(), QDialogButtonBox)
        if made.text() and not is_standard and not made.objectName().startswith("qt_"):
            shown.append(made.text())
    shown += [edit.placeholderText() for edit in window.findChildren(QLineEdit)]
    for tabs in window.findChildren(QTabWidget):
        shown += [tabs.tabText(place) for place in range(tabs.count())]

    assert [text for text in shown if text and "«" not in text and not _is_data(text)] == []


def _is_data(text) -> bool:
    """Addresses, numbers, values of settings, names of the standard and of Qt."""
    return bool(re.fullmatch(r"[\d.,]+|\w+://\S*|JSON|OK|default|/\S*|[\w.]*example[\w.]*", text))


def test_every_window_opens_in_another_language(qtbot) -> None:
    speak_language("de")
    titles = []
    for make in screens.WINDOWS.values():
        window = make()
        qtbot.addWidget(window)
        window.show()
        QApplication.processEvents()
        titles.append(window.windowTitle())

    assert {"Einstellungen", "Verlauf der Aufträge", "Protokoll"} <= set(titles)
