"""What node types need that not every machine has. Pure data.

Those that no module declares cannot run anywhere; the others run where
`needs_here` says so.

Their names end in ``Node``, which is left out here.
"""

from collections.abc import Mapping

_BY_NEED: Mapping[str, str] = {
    "a Windows desktop": """
        WindowManagementSuper LaunchApplication CloseApplication
        ActivateWindow GetWindowList FindElement DesktopClickElement DesktopTypeText
        GetElementText GetElementProperty ResizeWindow MoveWindow MaximizeWindow MinimizeWindow
        RestoreWindow GetWindowProperties SetWindowState SelectFromDropdown CheckCheckbox
        SelectRadioButton SelectTab ExpandTreeItem ScrollElement MoveMouse MouseClick SendKeys
        SendHotKey HotkeyWait GetMousePosition DragMouse DesktopWaitForElement WaitForWindow
        VerifyElementExists VerifyElementProperty CaptureElementImage
    """,
    "an account with a language model": """
        AIRecovery AIAgent ClassifyDocument ExtractInvoice ExtractForm ExtractTable
        ValidateExtraction SmartSelector SmartSelectorOptions RefineSelector SolveCaptchaAI
    """,
    "a screen": """
        CaptureScreenshot
    """,
    "a clipboard": """
        ClipboardCopy ClipboardPaste ClipboardClear
    """,
    "Windows": """
        RunPowerShell GetServiceStatus StartService StopService RestartService ListServices
    """,
    "a program that reads text in pictures": """
        OCR OCRExtractText
    """,
    "a trained model that finds elements in pictures": """
        YOLOFindElement
    """,
    "a program that speaks": """
        TextToSpeech
    """,
    "a program that knows the volume": """
        VolumeControl
    """,
    "a program that reads a camera": """
        WebcamCapture
    """,
    "Microsoft Office on Windows": """
        OutlookSendEmail OutlookReadEmails OutlookGetInboxCount
    """,
    "a node type that builds on it": """
        BaseTrigger GoogleBase DriveBase GmailBase SheetsBase DocsBase CalendarBase BrowserBase
        HttpBase LLMBase TelegramBase WhatsAppBase DocumentBase
    """,
}

NEEDS: Mapping[str, str] = {
    f"{name}Node": need for need, names in _BY_NEED.items() for name in names.split()
}
"""Type name to what running it needs, as it reads after "needs"."""

KINDS: Mapping[str, str] = {
    "a Windows desktop": "windows-desktop",
    "an account with a language model": "llm-account",
    "a screen": "screen",
    "a clipboard": "clipboard",
    "Windows": "windows",
    "a program that reads text in pictures": "ocr",
    "a trained model that finds elements in pictures": "vision-model",
    "a program that speaks": "device",
    "a program that knows the volume": "device",
    "a program that reads a camera": "device",
    "Microsoft Office on Windows": "windows-office-com",
    "a node type that builds on it": "abstract-base",
    "a browser": "browser",
    "a person at this machine": "gui",
    "a Google account": "google-account",
    "a Telegram bot": "telegram-account",
    "a WhatsApp Business account": "whatsapp-account",
    "a mail server": "mail-server",
    "an FTP or SFTP server": "ftp-server",
    "a server on the network": "network",
    "a running robot that watches for it": "trigger",
}
"""Short names of the needs, for programs."""

NOWHERE: Mapping[str, str] = {
    "a node type that builds on it": "as it does nothing by itself",
    "a trained model that finds elements in pictures": (
        "and its settings name none: one of strangers is not downloaded"
    ),
}
"""Why types cannot run anywhere that no module declares, as it reads after what they need."""

_BY_HOME: Mapping[str, str] = {
    "a browser": """
        browser browser_navigation browser_interaction browser_reading browser_waiting
        browser_scripts browser_dialogs browser_cookies browser_files browser_forms
        browser_images captcha
    """,
    "a person at this machine": "dialogs pickers forms previews notices",
    "a Google account": """
        gmail gmail_box google_sheets google_sheets_writing google_sheets_batches
        google_sheets_layout google_sheets_shape google_drive google_drive_changes
        google_drive_files google_drive_sharing
    """,
    "a Telegram bot": "telegram",
    "a WhatsApp Business account": "whatsapp",
    "an account with a language model": "llm llm_decisions vector_search",
    "a mail server": "mail mailbox mail_super",
    "an FTP or SFTP server": "ftp",
    "a server on the network": "http http_super webhooks oauth",
    "a running robot that watches for it": "triggers service_triggers",
}
_HOMES: Mapping[str, str] = {
    home: need for need, homes in _BY_HOME.items() for home in homes.split()
}


def need_of(name: str, home: str) -> str:
    """What a node type needs, in words; empty: nothing special.

    Args:
        name: Of the type.
        home: The module of this package that declares it.
    """
    return NEEDS.get(name) or _HOMES.get(home, "")
