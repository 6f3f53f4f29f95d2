"""What node types need that not every machine has. Pure data.

Those that no module declares cannot run anywhere yet; the others run where
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
    "a node type that builds on it, as it does nothing by itself": """
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
    "a node type that builds on it, as it does nothing by itself": "abstract-base",
}
"""Short names of the needs, for programs."""
