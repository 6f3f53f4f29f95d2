"""Node types that the designer knows and this robot cannot run: what each would need. Pure data.

Their names end in ``Node``, which is left out here.
"""

from collections.abc import Mapping

_BY_NEED: Mapping[str, str] = {
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
        AIRecovery LLMCompletion LLMChat LLMExtractData LLMSummarize LLMClassify LLMTranslate
        AICondition AISwitch AIDecisionTable AIAgent Embedding VectorStoreAdd VectorSearch RAG
        VectorStoreDelete ClassifyDocument ExtractInvoice ExtractForm ExtractTable
        ValidateExtraction SmartSelector SmartSelectorOptions RefineSelector SolveCaptchaAI
    """,
    "a Google account": """
        DriveCreateShareLink DriveRemoveShare GmailSendDraft SheetsCopySheet SheetsGetColumn
        SheetsGetRow SheetsGetSheetInfo SheetsSearch SheetsUpdateRow SheetsWriteCell
        GmailSendEmail GmailSendWithAttachment GmailCreateDraft GmailReplyToEmail
        GmailForwardEmail GmailGetEmail GmailListEmails GmailSearchEmails GmailGetThread
        GmailGetAttachment GmailModifyLabels GmailMoveToTrash GmailMarkAsRead GmailMarkAsUnread
        GmailStarEmail GmailArchiveEmail GmailDeleteEmail GmailBatchSend GmailBatchModify
        GmailBatchDelete SheetsGetCell SheetsSetCell SheetsGetRange SheetsWriteRange
        SheetsClearRange SheetsCreateSpreadsheet SheetsGetSpreadsheet SheetsAddSheet
        SheetsDeleteSheet SheetsDuplicateSheet SheetsRenameSheet SheetsAppendRow SheetsInsertRow
        SheetsDeleteRow SheetsInsertColumn SheetsDeleteColumn SheetsFormatCells SheetsAutoResize
        SheetsBatchUpdate SheetsBatchGet SheetsBatchClear DriveUploadFile DriveDownloadFile
        DriveDownloadFolder DriveBatchDownload DriveDeleteFile DriveCopyFile DriveMoveFile
        DriveRenameFile DriveGetFile DriveCreateFolder DriveListFiles DriveSearchFiles
        DriveShareFile DriveRemovePermission DriveGetPermissions DriveExportFile
        DriveBatchDelete DriveBatchMove DriveBatchCopy GmailAddLabel GmailRemoveLabel
        GmailGetLabels GmailTrashEmail
    """,
    "a clipboard": """
        ClipboardCopy ClipboardPaste ClipboardClear
    """,
    "a screen and somebody at it": """
        AudioAlert ScreenRegionPicker HotkeyWait ClipboardMonitor PDFPreviewDialog
    """,
    "Windows": """
        RunPowerShell GetServiceStatus StartService StopService RestartService ListServices
        VolumeControl
    """,
    "a sound or camera device": """
        Beep TextToSpeech WebcamCapture
    """,
    "a Telegram account": """
        TelegramSendMessage TelegramSendPhoto TelegramSendDocument TelegramSendLocation
        TelegramEditMessage TelegramDeleteMessage TelegramSendMediaGroup TelegramAnswerCallback
        TelegramGetUpdates
    """,
    "a WhatsApp account": """
        WhatsAppSendMessage WhatsAppSendTemplate WhatsAppSendImage WhatsAppSendDocument
        WhatsAppSendVideo WhatsAppSendLocation WhatsAppSendInteractive
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
    "a Windows desktop": "windows-desktop",
    "an account with a language model": "llm-account",
    "a Google account": "google-account",
    "a clipboard": "clipboard",
    "a screen and somebody at it": "gui",
    "Windows": "windows",
    "a sound or camera device": "device",
    "a Telegram account": "telegram-account",
    "a WhatsApp account": "whatsapp-account",
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
