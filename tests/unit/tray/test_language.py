"""Every text has its words in every language, and the language is the one that is wanted."""

import re
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QLocale, Qt, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QTabBar,
    QTabWidget,
)

from casare_robot.tray.language import CONTEXT, FOLDER, speak_language
from casare_robot.tray.texts import counted, speak, tr
from casare_robot.tray.windows.charts import ChartView
from tests import tray_screens as screens
from tests import tray_texts

HORIZONTAL = Qt.Orientation.Horizontal
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


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", screens.WINDOWS)
def test_nothing_is_cut_off(qtbot, name, language) -> None:
    speak_language(language)
    window = screens.WINDOWS[name]()
    qtbot.addWidget(window)
    window.show()
    QApplication.processEvents()

    assert cut_off(window) == []


def cut_off(window):
    """Texts of a window that have less room than they need."""
    cut = []
    for label in seen(window, QLabel):
        needs = label.heightForWidth(label.width()) if label.wordWrap() else 0
        short = max(needs - label.height(), 0 if needs else lacks(label))
        cut += [label.text()] if label.text() and short > 1 else []
    for kind in (QAbstractButton, QComboBox, QTabBar):
        cut += [names(it) for it in seen(window, kind) if lacks(it) > 1]
    for edit in seen(window, QLineEdit):
        inside = edit.width() - 2 * edit.fontMetrics().averageCharWidth()
        if not edit.text() and width_of(edit, edit.placeholderText()) > inside:
            cut.append(edit.placeholderText())
    for header in seen(window, QHeaderView):
        for place in range(header.count()) if header.orientation() is HORIZONTAL else ():
            if header.sectionSizeHint(place) > header.sectionSize(place) + 1:
                cut.append(header.model().headerData(place, HORIZONTAL))
    for rows in seen(window, QListWidget):
        if rows.sizeHintForColumn(0) > rows.viewport().width():
            cut.append(rows.accessibleName())
    for chart in seen(window, ChartView):
        if width_of(chart, chart.accessibleDescription()) > chart.width():
            cut.append(chart.accessibleDescription())
    return cut


def seen(window, kind):
    """Widgets of a kind that can be seen, and are not parts that Qt itself hides and shows."""
    found = window.findChildren(kind)
    return [it for it in found if it.isVisible() and not it.objectName().startswith("qt_")]


def lacks(widget):
    return widget.sizeHint().width() - widget.width()


def width_of(widget, text):
    return max(
        (widget.fontMetrics().horizontalAdvance(line) for line in text.splitlines()), default=0
    )


def names(widget):
    return f"{type(widget).__name__} {getattr(widget, 'text', str)()} {widget.accessibleName()}"


def _is_data(text) -> bool:
    """Addresses, numbers, values of settings, names of the standard and of Qt."""
    known = r"[\d.,]+|\w+://\S*|JSON|OK|default|(/|[A-Z]:\\)\S*|[\w.]*example[\w.]*"
    return bool(re.fullmatch(known, text))


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
