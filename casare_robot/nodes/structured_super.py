"""StructuredDataSuperNode: CSV, JSON, ZIP and image nodes as the actions of one."""

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import Action, DataType, NodeType, Port, Property
from casare_robot.nodes.archives import unzip_files, zip_files
from casare_robot.nodes.images import convert_image
from casare_robot.nodes.structured_files import read_csv, read_json, write_csv, write_json

_FILE_PATH = Port("file_path", DataType.STRING)
_NEEDS_FILE = Port("file_path", DataType.STRING, required=True)
_NEEDS_ZIP = Port("zip_path", DataType.STRING, required=True)
_NEEDS_SOURCE = Port("source_path", DataType.STRING, required=True)
_NEEDS_FOLDER = Port("extract_to", DataType.STRING, required=True)
_ROWS = Port("data", DataType.LIST)
_HEADERS = Port("headers", DataType.LIST)
_ROW_COUNT = Port("row_count", DataType.INTEGER)
_FILES = Port("files", DataType.LIST)
_FILE_COUNT = Port("file_count", DataType.INTEGER)
_ATTACHMENT = Port("attachment_file", DataType.LIST)
_SUCCESS = Port("success", DataType.BOOLEAN)

_ACTIONS = {
    "Read CSV": Action(
        read_csv,
        inputs=(_NEEDS_FILE,),
        outputs=(_ROWS, _HEADERS, _ROW_COUNT, _SUCCESS),
        effect=Effect.READS,
        fixed={"quotechar": '"', "strict": False, "doublequote": True, "escapechar": ""},
    ),
    "Write CSV": Action(
        write_csv,
        inputs=(_NEEDS_FILE, _ROWS, _HEADERS),
        outputs=(_FILE_PATH, _ATTACHMENT, _ROW_COUNT, _SUCCESS),
        effect=Effect.IDEMPOTENT,
    ),
    "Read JSON": Action(
        read_json,
        inputs=(_NEEDS_FILE,),
        outputs=(Port("data"), _SUCCESS),
        effect=Effect.READS,
    ),
    "Write JSON": Action(
        write_json,
        inputs=(_NEEDS_FILE, Port("data")),
        outputs=(_FILE_PATH, _ATTACHMENT, _SUCCESS),
        effect=Effect.IDEMPOTENT,
    ),
    "Zip Files": Action(
        zip_files,
        inputs=(_NEEDS_ZIP, Port("source_path", DataType.STRING), _FILES),
        outputs=(Port("zip_path", DataType.STRING), _ATTACHMENT, _FILE_COUNT, _SUCCESS),
        effect=Effect.ONCE,
    ),
    "Unzip Files": Action(
        unzip_files,
        inputs=(_NEEDS_ZIP, _NEEDS_FOLDER),
        outputs=(Port("extract_to", DataType.STRING), _FILES, _FILE_COUNT, _SUCCESS),
        effect=Effect.IDEMPOTENT,
    ),
    "Image Convert": Action(
        convert_image,
        inputs=(_NEEDS_SOURCE,),
        outputs=(
            Port("output_path", DataType.STRING),
            _FILES,
            _FILE_COUNT,
            Port("format", DataType.STRING),
            _SUCCESS,
        ),
        effect=Effect.ONCE,
    ),
}

NODE_TYPES = (
    NodeType(
        "StructuredDataSuperNode",
        category="file",
        blocking=True,
        inputs=(_FILE_PATH,),
        outputs=(_ROWS, _HEADERS, _ROW_COUNT, _SUCCESS),
        actions=_ACTIONS,
        properties=(
            Property("action", DataType.CHOICE, "Read CSV", choices=tuple(_ACTIONS)),
            Property("file_path", DataType.FILE_PATH),
            Property("zip_path", DataType.FILE_PATH),
            Property("source_path", DataType.STRING),
            Property("extract_to", DataType.DIRECTORY_PATH),
            Property("output_path", DataType.FILE_PATH),
            Property("delimiter", DataType.STRING, ","),
            Property("has_header", DataType.BOOLEAN, True),
            Property("write_header", DataType.BOOLEAN, True),
            Property("encoding", DataType.STRING, "utf-8"),
            Property("skip_rows", DataType.INTEGER, 0),
            Property("max_rows", DataType.INTEGER, 0),
            Property("indent", DataType.INTEGER, 2),
            Property("ensure_ascii", DataType.BOOLEAN, False),
            Property(
                "compression",
                DataType.CHOICE,
                "ZIP_DEFLATED",
                choices=("ZIP_STORED", "ZIP_DEFLATED"),
            ),
            Property("base_dir", DataType.STRING, ""),
            Property(
                "output_format",
                DataType.CHOICE,
                "JPEG",
                choices=("PNG", "JPEG", "WEBP", "BMP", "GIF"),
            ),
            Property("quality", DataType.INTEGER, 85, low=1, high=100),
            Property(
                "scale_percent",
                DataType.CHOICE,
                "100%",
                choices=("5%", "10%", "25%", "50%", "75%", "100%"),
            ),
            Property("overwrite", DataType.BOOLEAN, False),
            Property("recursive", DataType.BOOLEAN, False),
            Property("allow_dangerous_paths", DataType.BOOLEAN, False),
        ),
    ),
)
