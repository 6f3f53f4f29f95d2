"""FileSystemSuperNode: the file and folder nodes as the actions of one."""

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import Action, DataType, NodeType, Port, Property
from casare_robot.nodes.file_moves import copy_effect, copy_file, move_file
from casare_robot.nodes.files import (
    append_file,
    delete_file,
    file_exists,
    get_file_info,
    get_file_size,
    read_file,
    write_effect,
    write_file,
)
from casare_robot.nodes.folders import create_directory, create_effect, list_directory, list_files


def _needs(*names: str) -> tuple[Port, ...]:
    return tuple(Port(name, DataType.STRING, required=True) for name in names)


_CONTENT = Port("content", DataType.STRING)
_FILE_PATH = Port("file_path", DataType.STRING)
_SIZE = Port("size", DataType.INTEGER)
_COUNT = Port("count", DataType.INTEGER)
_BYTES_WRITTEN = Port("bytes_written", DataType.INTEGER)
_DEST_PATH = Port("dest_path", DataType.STRING)
_SUCCESS = Port("success", DataType.BOOLEAN)

_ACTIONS = {
    "Read File": Action(
        read_file,
        inputs=_needs("file_path"),
        outputs=(_CONTENT, _SIZE, _SUCCESS),
        effect=Effect.READS,
        fixed={"errors": "strict"},
    ),
    "Write File": Action(
        write_file,
        inputs=(*_needs("file_path"), _CONTENT),
        outputs=(_FILE_PATH, Port("attachment_file", DataType.LIST), _BYTES_WRITTEN, _SUCCESS),
        effect=write_effect,
        fixed={"errors": "strict", "append_mode": False},
    ),
    "Append File": Action(
        append_file,
        inputs=(*_needs("file_path"), _CONTENT),
        outputs=(_FILE_PATH, _BYTES_WRITTEN, _SUCCESS),
        effect=Effect.ONCE,
    ),
    "Delete File": Action(
        delete_file,
        inputs=_needs("file_path"),
        outputs=(Port("deleted_path", DataType.STRING), _SUCCESS),
        effect=Effect.ONCE,
    ),
    "Copy File": Action(
        copy_file,
        inputs=_needs("source_path", "dest_path"),
        outputs=(_DEST_PATH, Port("bytes_copied", DataType.INTEGER), _SUCCESS),
        effect=copy_effect,
    ),
    "Move File": Action(
        move_file,
        inputs=_needs("source_path", "dest_path"),
        outputs=(_DEST_PATH, _SUCCESS),
        effect=Effect.ONCE,
    ),
    "File Exists": Action(
        file_exists,
        inputs=_needs("path"),
        outputs=(
            Port("exists", DataType.BOOLEAN),
            Port("is_file", DataType.BOOLEAN),
            Port("is_dir", DataType.BOOLEAN),
        ),
        effect=Effect.READS,
    ),
    "Get File Size": Action(
        get_file_size,
        inputs=_needs("file_path"),
        outputs=(_SIZE, _SUCCESS),
        effect=Effect.READS,
    ),
    "Get File Info": Action(
        get_file_info,
        inputs=_needs("file_path"),
        outputs=(
            _SIZE,
            Port("created", DataType.STRING),
            Port("modified", DataType.STRING),
            Port("extension", DataType.STRING),
            Port("name", DataType.STRING),
            Port("parent", DataType.STRING),
            _SUCCESS,
        ),
        effect=Effect.READS,
    ),
    "Create Directory": Action(
        create_directory,
        inputs=_needs("directory_path"),
        outputs=(Port("dir_path", DataType.STRING), _SUCCESS),
        effect=create_effect,
    ),
    "List Files": Action(
        list_files,
        inputs=_needs("directory_path"),
        outputs=(Port("files", DataType.LIST), _COUNT, _SUCCESS),
        effect=Effect.READS,
    ),
    "List Directory": Action(
        list_directory,
        inputs=_needs("dir_path"),
        outputs=(Port("items", DataType.LIST), _COUNT, _SUCCESS),
        effect=Effect.READS,
    ),
}

NODE_TYPES = (
    NodeType(
        "FileSystemSuperNode",
        category="file",
        blocking=True,
        inputs=(_FILE_PATH,),
        outputs=(_CONTENT, _SIZE, _SUCCESS),
        actions=_ACTIONS,
        properties=(
            Property("action", DataType.CHOICE, "Read File", choices=tuple(_ACTIONS)),
            Property("file_path", DataType.FILE_PATH),
            Property("path", DataType.STRING),
            Property("source_path", DataType.FILE_PATH),
            Property("directory_path", DataType.DIRECTORY_PATH),
            Property("dir_path", DataType.DIRECTORY_PATH),
            Property("dest_path", DataType.FILE_PATH),
            Property("content", DataType.TEXT),
            Property("encoding", DataType.STRING, "utf-8"),
            Property("binary_mode", DataType.BOOLEAN, False),
            Property("max_size", DataType.INTEGER, 0, low=0),
            Property("create_dirs", DataType.BOOLEAN, True),
            Property("create_if_missing", DataType.BOOLEAN, True),
            Property("ignore_missing", DataType.BOOLEAN, False),
            Property("overwrite", DataType.BOOLEAN, False),
            Property("check_type", DataType.CHOICE, "any", choices=("file", "directory", "any")),
            Property("parents", DataType.BOOLEAN, True),
            Property("exist_ok", DataType.BOOLEAN, True),
            Property("pattern", DataType.STRING, "*"),
            Property("recursive", DataType.BOOLEAN, False),
            Property("files_only", DataType.BOOLEAN, False),
            Property("dirs_only", DataType.BOOLEAN, False),
            Property("allow_dangerous_paths", DataType.BOOLEAN, False),
        ),
    ),
)
