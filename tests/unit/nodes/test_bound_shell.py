import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.bound_shell import bound_batch, bound_shell
from tests.hostile_values import HOSTILE

posix = pytest.mark.skipif(os.name != "posix", reason="runs sh")

WORDS = (
    "{{v}}",
    '"{{v}}"',
    "'{{v}}'",
    "''{{v}}\"\"",
    '"$(printf %s {{v}}; printf .)"',
    '"$(printf %s "{{v}}."; : ")" # \')\n)"',
    '"${unset_name:-{{v}}}"',
    "${unset_name:-{{v}}}",
    "\\{{v}}",
)
DOCUMENT = """
# it's a comment "
cat <<EOF
"'{{v}}$(printf %s "{{v}}")
EOF
cat <<-EOF
	'{{v}}
	EOF
printf %s "\\{{v}}"
"""
values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.fixture(scope="module", params=["dash", "bash"])
def shell(request, tmp_path_factory):
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"needs {request.param}")
    folder = tmp_path_factory.mktemp("shell")

    def run(bound):
        text, environment = bound
        done = subprocess.run(
            [program, *(["--posix"] if request.param == "bash" else []), "-c", text],
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
            cwd=folder,
            capture_output=True,
            check=False,
        )
        assert list(folder.iterdir()) == []
        assert done.stderr == b""
        return done.stdout.decode()

    return run


@posix
@settings(max_examples=50, deadline=None)
@given(value=st.one_of(st.sampled_from(HOSTILE), values))
def test_the_shell_sees_exactly_the_value_wherever_it_stands(bind, shell, value):
    script = "printf '%s\\0' " + " ".join(WORDS)

    seen = shell(bound_shell(bind(script, v=value))).split("\0")[:-1]

    dotted = "$("
    assert [
        s.removesuffix(".") if dotted in w else s for s, w in zip(seen, WORDS, strict=True)
    ] == [value] * len(WORDS)


@posix
@settings(max_examples=30, deadline=None)
@given(value=st.one_of(st.sampled_from(HOSTILE), values))
def test_a_here_document_holds_exactly_the_value(bind, shell, value):
    seen = shell(bound_shell(bind(DOCUMENT, v=value)))

    end_cut = value.rstrip("\n")
    assert seen == f"\"'{value}{end_cut}\n'{value}\n\\{value}"


@posix
@pytest.mark.parametrize(
    "script",
    ["echo $(( {{v}} + 1 ))", '[ "{{v}}" -eq 41 ] && echo 42', "n=41; [ $n -eq {{v}} ] && echo 42"],
)
def test_where_the_shell_calculates_only_whole_numbers_are_let_in(bind, shell, script):
    assert shell(bound_shell(bind(script, v=41))) == "42\n"
    for hostile in ("a[$(touch made)]", "", "x", "1+1", "٣"):
        with pytest.raises(NodeFailure, match="whole number"):
            bound_shell(bind(script, v=hostile))


@pytest.mark.parametrize(
    "script",
    ["((x = {{v}}))", "a[{{v}}]=1", "echo ${a[{{v}}]}", "echo ${a:{{v}}}", "[[ {{v}} -lt 3 ]]"],
)
def test_what_other_shells_would_calculate_takes_only_numbers_too(bind, script):
    with pytest.raises(NodeFailure, match="whole number"):
        bound_shell(bind(script, v="a[$(touch made)]"))


@pytest.mark.parametrize("script", ["echo `echo {{v}}`", "cat <<'EOF'\n{{v}}\nEOF\n"])
def test_where_no_variable_can_stand_a_reference_is_refused(bind, script):
    with pytest.raises(NodeFailure, match=r"\{\{v\}\} stands in"):
        bound_shell(bind(script, v="x"))


@pytest.mark.parametrize("bound", [bound_shell, bound_batch])
def test_a_nul_character_is_refused(bind, bound):
    with pytest.raises(NodeFailure, match="NUL"):
        bound(bind("echo {{v}}", v="a\0b"))


@pytest.mark.parametrize(
    "script",
    ['echo "$x" ${y} %z%', "for i in 1 2; do echo $i; done", "case $x in a) echo 'b' ;; esac"],
)
def test_a_script_without_references_is_left_alone(bind, script):
    assert bound_shell(bind(script, x=1, y=2, z=3)) == (script, {})


def test_cmd_expands_values_after_it_has_read_the_line(bind):
    text, environment = bound_batch(bind("echo Hi {{v}}! %PATH%", v="& del x %PATH%"))

    assert text == (
        "setlocal EnableDelayedExpansion\necho Hi !casare_value_0_!!casare_mark! %PATH%"
    )
    assert environment == {"casare_value_0_": "& del x %PATH%", "casare_mark": "!"}
