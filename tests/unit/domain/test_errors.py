"""The error tree at the top of its module is the tree there is."""

from casare_robot.domain import errors


def branches(error, indent=""):
    children = [child for child in error.__subclasses__() if child.__module__ == errors.__name__]
    for child in children:
        is_last = child is children[-1]
        yield f"{indent}{'└── ' if is_last else '├── '}{child.__name__}"
        yield from branches(child, indent + ("    " if is_last else "│   "))


def test_the_printed_tree_names_every_error_in_its_place():
    drawn = [line for line in errors.__doc__.splitlines() if "── " in line]

    told = [line[: line.index("── ") + 3] + line.split("── ")[1].split()[0] for line in drawn]

    assert told == list(branches(errors.RobotError))
