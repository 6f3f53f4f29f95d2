"""The language of the texts: English in the source, others compiled for Qt's translator.

`texts` has no Qt; it is given the translator's own function.
"""

import os

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from casare_robot.tray.texts import speak

CONTEXT = "tray"
OF_QT = "words of Qt"
FOLDER = os.path.join(os.path.dirname(__file__), "languages")  # noqa: PTH118, PTH120 - for Qt


def speak_language(wanted: str) -> str:
    """Use a language from now on, in Qt's own dialogs too; the one that was found.

    Args:
        wanted: A code such as ``de``; empty: the system's. One that there is
            not is English.
    """
    application = QCoreApplication.instance()
    if application is not None:
        for old in application.findChildren(QTranslator, OF_QT):
            application.removeTranslator(old)
            old.deleteLater()
    code = wanted or QLocale.system().name().partition("_")[0]
    translator = QTranslator()
    if code == "en" or not translator.load(code, FOLDER):
        speak(None)
        return "en"
    speak(lambda text, count: translator.translate(CONTEXT, text, "", count))
    if application is not None:
        of_qt = QTranslator(application)
        of_qt.setObjectName(OF_QT)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if of_qt.load(f"qtbase_{code}", folder):
            application.installTranslator(of_qt)
    return code
