"""Which node types there are, and where each is written. Loads a category on first use."""

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.domain.node_type import NodeType
from casare_robot.nodes.needs_here import obstacle

NOT_WRITTEN = "which this robot cannot use yet"

MODULES: Mapping[str, tuple[str, ...]] = {
    "control_flow": (
        "StartNode",
        "EndNode",
        "CommentNode",
        "IfNode",
        "SwitchNode",
        "MergeNode",
        "ForLoopStartNode",
        "ForLoopEndNode",
        "WhileLoopStartNode",
        "WhileLoopEndNode",
        "BreakNode",
        "ContinueNode",
        "TryNode",
        "CatchNode",
        "FinallyNode",
        "ForkNode",
        "JoinNode",
        "ParallelForEachNode",
        "RetryNode",
        "RetrySuccessNode",
        "RetryFailNode",
        "OnErrorNode",
        "ErrorRecoveryNode",
        "RerouteNode",
    ),
    "subflows": (
        "SubflowNode",
        "CallSubworkflowNode",
        "ExecuteWorkflowNode",
        "SubflowInputNode",
        "SubflowOutputNode",
    ),
    "variables": (
        "SetVariableNode",
        "GetVariableNode",
        "IncrementVariableNode",
    ),
    "text": (
        "ConcatenateNode",
        "FormatStringNode",
        "TextSplitNode",
        "TextReplaceNode",
        "TextTrimNode",
        "TextCaseNode",
        "TextPadNode",
        "TextReverseNode",
        "TextLinesNode",
        "TextJoinNode",
    ),
    "text_search": (
        "TextSubstringNode",
        "TextContainsNode",
        "TextStartsWithNode",
        "TextEndsWithNode",
        "TextExtractNode",
        "TextCountNode",
    ),
    "text_super": ("TextSuperNode",),
    "regex": (
        "RegexMatchNode",
        "RegexReplaceNode",
    ),
    "similarity": (
        "FuzzyStringMatchNode",
        "FilterBySimilarityNode",
    ),
    "numbers": (
        "MathOperationNode",
        "ComparisonNode",
        "EvalExpressionNode",
    ),
    "list_rules": ("ListFilterNode", "ListMapNode", "ListReduceNode"),
    "lists": (
        "CreateListNode",
        "ListGetItemNode",
        "ListLengthNode",
        "ListAppendNode",
        "ListContainsNode",
        "ListSliceNode",
        "ListJoinNode",
        "ListSortNode",
        "ListReverseNode",
        "ListUniqueNode",
        "ListFlattenNode",
        "ShuffleListNode",
    ),
    "list_super": ("ListSuperNode",),
    "dicts": (
        "JsonParseNode",
        "GetPropertyNode",
        "DictGetNode",
        "DictSetNode",
        "DictRemoveNode",
        "DictMergeNode",
        "DictKeysNode",
        "DictValuesNode",
        "DictHasKeyNode",
        "CreateDictNode",
        "DictToJsonNode",
        "DictItemsNode",
    ),
    "dict_super": ("DictSuperNode",),
    "tables": ("DataCompareNode",),
    "validation": (
        "ValidateNode",
        "TransformNode",
        "AssertNode",
        "AssertSystemNode",
        "ThrowErrorNode",
    ),
    "random_values": (
        "RandomNumberNode",
        "RandomChoiceNode",
        "RandomStringNode",
        "RandomUUIDNode",
        "UUIDGeneratorNode",
    ),
    "date_time": (
        "GetCurrentDateTimeNode",
        "FormatDateTimeNode",
        "ParseDateTimeNode",
        "DateTimeAddNode",
        "DateTimeDiffNode",
        "DateTimeCompareNode",
        "GetTimestampNode",
        "WaitNode",
        "BrowserWaitNode",
    ),
    "logs": (
        "LogNode",
        "LogErrorNode",
        "LogToFileNode",
    ),
    "encoding": (
        "Base64Node",
        "QRCodeNode",
    ),
    "excel": (
        "ExcelOpenNode",
        "ExcelReadCellNode",
        "ExcelWriteCellNode",
        "ExcelGetRangeNode",
        "ExcelCloseNode",
    ),
    "word": (
        "WordOpenNode",
        "WordGetTextNode",
        "WordReplaceTextNode",
        "WordCloseNode",
    ),
    "ftp": (
        "FTPConnectNode",
        "FTPUploadNode",
        "FTPDownloadNode",
        "FTPListNode",
        "FTPDeleteNode",
        "FTPMakeDirNode",
        "FTPRemoveDirNode",
        "FTPRenameNode",
        "FTPDisconnectNode",
        "FTPGetSizeNode",
    ),
    "mail": ("SendEmailNode",),
    "mailbox": (
        "ReadEmailsNode",
        "SaveAttachmentNode",
        "MarkEmailNode",
        "DeleteEmailNode",
        "MoveEmailNode",
    ),
    "mail_super": ("EmailSuperNode",),
    "email_content": (
        "GetEmailContentNode",
        "FilterEmailsNode",
    ),
    "prompts": (
        "PromptTemplateNode",
        "ListTemplatesNode",
        "GetTemplateInfoNode",
    ),
    "file_super": ("FileSystemSuperNode",),
    "files": (
        "ReadFileNode",
        "WriteFileNode",
        "AppendFileNode",
        "DeleteFileNode",
        "FileExistsNode",
        "GetFileSizeNode",
        "GetFileInfoNode",
    ),
    "file_moves": ("CopyFileNode", "MoveFileNode"),
    "folders": (
        "CreateDirectoryNode",
        "ListDirectoryNode",
        "ListFilesNode",
    ),
    "structured_super": ("StructuredDataSuperNode",),
    "structured_files": (
        "ReadCSVNode",
        "WriteCSVNode",
        "ReadJSONFileNode",
        "WriteJSONFileNode",
    ),
    "archives": (
        "ZipFilesNode",
        "UnzipFilesNode",
    ),
    "images": ("ImageConvertNode",),
    "xml": (
        "ParseXMLNode",
        "ReadXMLFileNode",
        "WriteXMLFileNode",
        "XPathQueryNode",
        "GetXMLElementNode",
        "GetXMLAttributeNode",
        "XMLToJsonNode",
        "JsonToXMLNode",
    ),
    "pdf": (
        "ReadPDFTextNode",
        "GetPDFInfoNode",
        "MergePDFsNode",
        "SplitPDFNode",
        "ExtractPDFPagesNode",
    ),
    "pdf_images": ("PDFToImagesNode",),
    "http": (
        "HttpRequestNode",
        "HttpDownloadFileNode",
        "HttpUploadFileNode",
    ),
    "http_super": ("HttpSuperNode",),
    "http_messages": (
        "SetHttpHeadersNode",
        "ParseJsonResponseNode",
        "BuildUrlNode",
        "HttpAuthNode",
    ),
    "webhooks": ("WebhookNotifyNode",),
    "oauth": (
        "OAuth2AuthorizeNode",
        "OAuth2CallbackServerNode",
        "OAuth2TokenExchangeNode",
        "OAuth2TokenValidateNode",
    ),
    "llm": (
        "LLMCompletionNode",
        "LLMChatNode",
        "LLMExtractDataNode",
        "LLMSummarizeNode",
        "LLMClassifyNode",
        "LLMTranslateNode",
    ),
    "llm_decisions": ("AIConditionNode", "AISwitchNode", "AIDecisionTableNode"),
    "vector_search": (
        "EmbeddingNode",
        "VectorStoreAddNode",
        "VectorSearchNode",
        "RAGNode",
        "VectorStoreDeleteNode",
    ),
    "telegram": (
        "TelegramSendMessageNode",
        "TelegramSendPhotoNode",
        "TelegramSendDocumentNode",
        "TelegramSendLocationNode",
        "TelegramEditMessageNode",
        "TelegramDeleteMessageNode",
        "TelegramSendMediaGroupNode",
        "TelegramAnswerCallbackNode",
        "TelegramGetUpdatesNode",
    ),
    "whatsapp": (
        "WhatsAppSendMessageNode",
        "WhatsAppSendTemplateNode",
        "WhatsAppSendImageNode",
        "WhatsAppSendDocumentNode",
        "WhatsAppSendVideoNode",
        "WhatsAppSendLocationNode",
        "WhatsAppSendInteractiveNode",
    ),
    "google_sheets": (
        "SheetsGetCellNode",
        "SheetsGetRangeNode",
        "SheetsGetRowNode",
        "SheetsGetColumnNode",
        "SheetsSearchNode",
    ),
    "google_sheets_writing": (
        "SheetsWriteCellNode",
        "SheetsSetCellNode",
        "SheetsWriteRangeNode",
        "SheetsUpdateRowNode",
        "SheetsAppendRowNode",
        "SheetsClearRangeNode",
    ),
    "google_sheets_batches": (
        "SheetsBatchGetNode",
        "SheetsBatchUpdateNode",
        "SheetsBatchClearNode",
    ),
    "google_sheets_layout": (
        "SheetsCreateSpreadsheetNode",
        "SheetsGetSpreadsheetNode",
        "SheetsGetSheetInfoNode",
        "SheetsAddSheetNode",
        "SheetsDeleteSheetNode",
        "SheetsDuplicateSheetNode",
        "SheetsCopySheetNode",
        "SheetsRenameSheetNode",
    ),
    "google_sheets_shape": (
        "SheetsInsertRowNode",
        "SheetsDeleteRowNode",
        "SheetsInsertColumnNode",
        "SheetsDeleteColumnNode",
        "SheetsAutoResizeNode",
        "SheetsFormatCellsNode",
    ),
    "gmail": (
        "GmailSendEmailNode",
        "GmailSendWithAttachmentNode",
        "GmailCreateDraftNode",
        "GmailSendDraftNode",
        "GmailReplyToEmailNode",
        "GmailForwardEmailNode",
        "GmailBatchSendNode",
    ),
    "gmail_box": (
        "GmailGetEmailNode",
        "GmailListEmailsNode",
        "GmailSearchEmailsNode",
        "GmailGetThreadNode",
        "GmailGetAttachmentNode",
        "GmailModifyLabelsNode",
        "GmailAddLabelNode",
        "GmailRemoveLabelNode",
        "GmailMarkAsReadNode",
        "GmailMarkAsUnreadNode",
        "GmailArchiveEmailNode",
        "GmailStarEmailNode",
        "GmailMoveToTrashNode",
        "GmailTrashEmailNode",
        "GmailDeleteEmailNode",
        "GmailGetLabelsNode",
        "GmailBatchModifyNode",
        "GmailBatchDeleteNode",
    ),
    "google_drive": (
        "DriveGetFileNode",
        "DriveListFilesNode",
        "DriveSearchFilesNode",
        "DriveCreateFolderNode",
        "DriveCopyFileNode",
        "DriveMoveFileNode",
        "DriveRenameFileNode",
        "DriveDeleteFileNode",
        "DriveBatchDeleteNode",
        "DriveBatchMoveNode",
        "DriveBatchCopyNode",
    ),
    "google_drive_files": (
        "DriveUploadFileNode",
        "DriveDownloadFileNode",
        "DriveDownloadFolderNode",
        "DriveBatchDownloadNode",
        "DriveExportFileNode",
    ),
    "google_drive_sharing": (
        "DriveShareFileNode",
        "DriveCreateShareLinkNode",
        "DriveRemovePermissionNode",
        "DriveRemoveShareNode",
        "DriveGetPermissionsNode",
    ),
    "scripts": (
        "RunPythonScriptNode",
        "RunPythonFileNode",
        "RunBatchScriptNode",
        "RunJavaScriptNode",
    ),
    "commands": ("RunCommandNode",),
    "system": (
        "ProcessListNode",
        "ProcessKillNode",
        "EnvironmentVariableNode",
        "SystemInfoNode",
        "FileWatcherNode",
    ),
    "dialogs": (
        "MessageBoxNode",
        "ConfirmDialogNode",
        "InputDialogNode",
        "MultilineInputDialogNode",
        "CredentialDialogNode",
    ),
    "pickers": (
        "FilePickerDialogNode",
        "FolderPickerDialogNode",
        "ColorPickerDialogNode",
        "DateTimePickerDialogNode",
        "ScreenRegionPickerNode",
        "ListPickerDialogNode",
    ),
    "forms": ("FormDialogNode", "WizardDialogNode"),
    "previews": ("ImagePreviewDialogNode", "PDFPreviewDialogNode", "TableDialogNode"),
    "notices": (
        "TooltipNode",
        "SystemNotificationNode",
        "SnackbarNode",
        "BalloonTipNode",
        "SplashScreenNode",
        "ProgressDialogNode",
    ),
    "browser": (
        "LaunchBrowserNode",
        "BrowserLaunchNode",
        "CloseBrowserNode",
        "BrowserCloseNode",
        "NewTabNode",
    ),
    "browser_navigation": (
        "GoToURLNode",
        "BrowserNavigateNode",
        "GoBackNode",
        "GoForwardNode",
        "RefreshPageNode",
    ),
    "browser_interaction": (
        "ClickElementNode",
        "TypeTextNode",
        "SelectDropdownNode",
        "PressKeyNode",
    ),
    "browser_reading": (
        "ExtractTextNode",
        "BrowserGetTextNode",
        "GetAttributeNode",
        "TableScraperNode",
        "GetAllImagesNode",
    ),
    "browser_waiting": ("WaitForElementNode", "WaitForNavigationNode"),
    "alerts": ("AudioAlertNode",),
    "clipboards": ("ClipboardMonitorNode",),
    "browser_scripts": ("BrowserEvaluateNode", "BrowserRunScriptNode"),
    "browser_dialogs": ("BrowserAlertHandleNode",),
    "browser_cookies": ("CookieManagementNode",),
    "browser_files": ("ScreenshotNode", "BrowserScreenshotNode", "DownloadFileNode"),
    "browser_forms": ("FormFieldNode", "FormFillerNode", "DetectFormsNode"),
    "browser_images": ("ImageClickNode",),
    "captcha": ("DetectCaptchaNode", "SolveCaptchaNode"),
    "captcha_ai": ("SolveCaptchaAINode",),
    "smart_selectors": (
        "SmartSelectorNode",
        "SmartSelectorOptionsNode",
        "RefineSelectorNode",
    ),
    "document_ai": (
        "ClassifyDocumentNode",
        "ExtractInvoiceNode",
        "ExtractFormNode",
        "ExtractTableNode",
    ),
    "extraction_checks": ("ValidateExtractionNode",),
    "ai_agent": ("AIAgentNode",),
    "ai_recovery": ("AIRecoveryNode",),
    "database_super": ("DatabaseSuperNode",),
    "database": (
        "DatabaseConnectNode",
        "ExecuteQueryNode",
        "ExecuteNonQueryNode",
        "CloseDatabaseNode",
        "ExecuteBatchNode",
        "TableExistsNode",
        "GetTableColumnsNode",
    ),
    "database_transactions": (
        "BeginTransactionNode",
        "CommitTransactionNode",
        "RollbackTransactionNode",
    ),
    "windows": (
        "ResizeWindowNode",
        "MoveWindowNode",
        "MaximizeWindowNode",
        "MinimizeWindowNode",
        "RestoreWindowNode",
        "SetWindowStateNode",
        "GetWindowPropertiesNode",
        "GetWindowListNode",
        "ActivateWindowNode",
        "WaitForWindowNode",
    ),
    "windows_super": ("WindowManagementSuperNode",),
    "applications": ("LaunchApplicationNode", "CloseApplicationNode"),
    "elements": (
        "FindElementNode",
        "VerifyElementExistsNode",
        "DesktopWaitForElementNode",
        "GetElementTextNode",
        "GetElementPropertyNode",
        "VerifyElementPropertyNode",
    ),
    "element_actions": (
        "DesktopClickElementNode",
        "DesktopTypeTextNode",
        "SelectFromDropdownNode",
        "SelectTabNode",
        "CheckCheckboxNode",
        "SelectRadioButtonNode",
        "ExpandTreeItemNode",
        "ScrollElementNode",
    ),
    "services": (
        "GetServiceStatusNode",
        "ListServicesNode",
        "StartServiceNode",
        "StopServiceNode",
        "RestartServiceNode",
    ),
    "powershell": ("RunPowerShellNode",),
    "screen_images": ("CaptureScreenshotNode", "CaptureElementImageNode"),
    "image_comparison": ("CompareImagesNode",),
    "clipboard": ("ClipboardCopyNode", "ClipboardPasteNode", "ClipboardClearNode"),
    "keyboard": ("SendKeysNode", "SendHotKeyNode"),
    "mouse": (
        "GetMousePositionNode",
        "MoveMouseNode",
        "MouseClickNode",
        "DragMouseNode",
    ),
    "triggers": (
        "ScheduleTriggerNode",
        "FileWatchTriggerNode",
        "WebhookTriggerNode",
        "FormTriggerNode",
        "ChatTriggerNode",
        "ErrorTriggerNode",
        "AppEventTriggerNode",
        "WorkflowCallTriggerNode",
    ),
    "service_triggers": (
        "EmailTriggerNode",
        "RSSFeedTriggerNode",
        "SSETriggerNode",
        "TelegramTriggerNode",
        "WhatsAppTriggerNode",
        "GmailTriggerNode",
        "DriveTriggerNode",
        "SheetsTriggerNode",
    ),
}
"""Module of this package to the type names it declares; a test holds it against them."""


ENTRY_POINTS = "casare_robot.nodes"
"""Entry points by which other packages add node types: type name to module."""

ADDITIONS: Mapping[str, tuple[str, ...]] = {
    "group_memory": (
        "GroupRememberNode",
        "GroupRecallNode",
        "GroupMemoryContextNode",
        "GroupForgetNode",
    ),
}
"""Types of this robot that the designer's catalogue does not know."""


class Catalogue:
    """All node types by name.

    Args:
        homes: Type name to the full name of the module that declares it.
        others: The same for types of other packages; asked only when a type is
            met that ``homes`` does not have, because finding out is slow.
        obstacle: Why a need is not met on this machine; empty: it is.
    """

    def __init__(
        self,
        homes: Mapping[str, str],
        others: Callable[[], Mapping[str, str]] = dict,
        obstacle: Callable[[str], str] = obstacle,
    ) -> None:
        self._obstacle = obstacle
        self._homes = homes
        self._find_others = others
        self._types: dict[str, NodeType] = {}

    def get(self, name: str) -> NodeType:
        """The node type of this name.

        Raises:
            KeyError: There is none.
            WorkflowInvalidError: Another package names it and cannot give it.
        """
        if name not in self._types:
            if name in self._homes:
                self._load(self._homes[name])
            else:
                self._load_other(name, self._others[name])
        return self._types[name]

    def __contains__(self, name: str) -> bool:
        if name in self._homes:
            return not self.obstacle(name)
        return name in self._others

    def need(self, name: str) -> str | None:
        """What a known type needs, if it is something special."""
        from casare_robot.nodes.unavailable import NEEDS

        return NEEDS.get(name)

    def obstacle(self, name: str) -> str:
        """Why a known type cannot run here, as it reads after what it needs; empty: it can."""
        need = self.need(name)
        if need is None:
            return ""
        return self._obstacle(need) if name in self._homes else NOT_WRITTEN

    def __iter__(self) -> Iterator[str]:
        return iter({**self._homes, **self._others})

    @functools.cached_property
    def _others(self) -> Mapping[str, str]:
        return self._find_others()

    def _load(self, module: str) -> None:
        for declaration in declared_in(module):
            for name in (declaration.name, *declaration.aliases):
                self._types[name] = declaration

    def _load_other(self, name: str, module: str) -> None:
        try:
            self._load(module)
        except Exception as error:  # foreign code may raise anything when it is imported
            message = f"{name} comes from {module}, which cannot be imported: {error}"
            raise _cannot_give(name, message) from error
        if name not in self._types:
            raise _cannot_give(name, f"{name} should come from {module}, which does not declare it")


def _cannot_give(name: str, message: str) -> WorkflowInvalidError:
    return WorkflowInvalidError([Fault(code="E-WF-410", message=message, node_type=name)])


def declared_in(module: str) -> list[NodeType]:
    """Every node type that a module declares, in order."""
    members: Mapping[str, Any] = vars(importlib.import_module(module))
    found: list[NodeType] = []
    for member in members.values():
        if getattr(member, "__module__", None) == module:
            found += getattr(member, "node_types", ())
    found += members.get("NODE_TYPES", ())
    return found


@functools.cache
def load_catalogue() -> Catalogue:
    """The catalogue of this installation."""
    return Catalogue(
        {
            name: f"casare_robot.nodes.{module}"
            for module, names in {**MODULES, **ADDITIONS}.items()
            for name in names
        },
        _installed,
    )


def _installed() -> Mapping[str, str]:
    from importlib.metadata import entry_points

    return {entry.name: entry.module for entry in entry_points(group=ENTRY_POINTS)}
