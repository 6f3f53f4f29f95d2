"""Node types that the designer knows and this robot cannot run: what each would need. Pure data.

Their names end in ``Node``, which is left out here.
"""

from collections.abc import Mapping

_BY_NEED: Mapping[str, str] = {
    "a web browser": """
        LaunchBrowser CloseBrowser NewTab GetAllImages DownloadFile GoToURL GoBack GoForward
        RefreshPage ClickElement TypeText SelectDropdown ImageClick PressKey ExtractText
        GetAttribute Screenshot TableScraper BrowserEvaluate BrowserAlertHandle CookieManagement
        SmartSelector SmartSelectorOptions RefineSelector BrowserRunScript BrowserLaunch
        BrowserNavigate BrowserGetText BrowserScreenshot BrowserClose DetectCaptcha SolveCaptcha
        SolveCaptchaAI FormField FormFiller WaitForElement WaitForNavigation DetectForms
    """,
    "a Windows desktop": """
        OCR YOLOFindElement WindowManagementSuper LaunchApplication CloseApplication
        ActivateWindow GetWindowList FindElement DesktopClickElement DesktopTypeText
        GetElementText GetElementProperty ResizeWindow MoveWindow MaximizeWindow MinimizeWindow
        RestoreWindow GetWindowProperties SetWindowState SelectFromDropdown CheckCheckbox
        SelectRadioButton SelectTab ExpandTreeItem ScrollElement MoveMouse MouseClick SendKeys
        SendHotKey GetMousePosition DragMouse DesktopWaitForElement WaitForWindow
        VerifyElementExists VerifyElementProperty CaptureScreenshot CaptureElementImage
        OCRExtractText CompareImages
    """,
    "an account with a language model": """
        AIRecovery AIAgent ClassifyDocument ExtractInvoice ExtractForm ExtractTable
        ValidateExtraction
    """,
    "a clipboard": """
        ClipboardCopy ClipboardPaste ClipboardClear
    """,
    "a screen and somebody at it": """
        AudioAlert HotkeyWait ClipboardMonitor
    """,
    "Windows": """
        RunPowerShell GetServiceStatus StartService StopService RestartService ListServices
        VolumeControl
    """,
    "a sound or camera device": """
        Beep TextToSpeech WebcamCapture
    """,
    "Microsoft Office on Windows": """
        OutlookSendEmail OutlookReadEmails OutlookGetInboxCount
    """,
}

NEEDS: Mapping[str, str] = {
    f"{name}Node": need for need, names in _BY_NEED.items() for name in names.split()
}
"""Type name to what running it needs, as it reads after "needs"."""

KINDS: Mapping[str, str] = {
    "a web browser": "browser",
    "a Windows desktop": "windows-desktop",
    "an account with a language model": "llm-account",
    "a clipboard": "clipboard",
    "a screen and somebody at it": "gui",
    "Windows": "windows",
    "a sound or camera device": "device",
    "Microsoft Office on Windows": "windows-office-com",
}
"""Short names of the needs, for programs."""

_TRIGGERS = """
    WebhookTrigger ScheduleTrigger FileWatchTrigger EmailTrigger AppEventTrigger ErrorTrigger
    WorkflowCallTrigger FormTrigger ChatTrigger RSSFeedTrigger SSETrigger TelegramTrigger
    WhatsAppTrigger GmailTrigger DriveTrigger SheetsTrigger
"""
TRIGGERS = frozenset(f"{name}Node" for name in _TRIGGERS.split())
"""Types that start a workflow from outside: in a running flow they only pass on."""
