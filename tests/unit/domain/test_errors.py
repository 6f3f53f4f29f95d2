"""The error tree at the top of its module is the tree there is."""

from casare_robot.domain import errors


def printed():
    """Each error of the drawing with the one it is drawn under."""
    found, above = {}, ["RobotError"]
    for line in errors.__doc__.splitlines():
        if "── " not in line:
            continue
        branch, _, words = line.partition("── ")
        depth = len(branch) // 4 + 1
        name = words.split()[0]
        found[name] = above[depth - 1]
        above[depth:] = [name]
    return found


def test_the_printed_tree_names_every_error_under_its_base():
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    bases = {
        each.__name__: each.__base__.__name__
        for each in classes
        if issubclass(each, errors.RobotError) and each is not errors.RobotError
    }

    assert printed() == bases
