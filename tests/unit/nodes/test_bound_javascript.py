import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.bound_javascript import bound_javascript
from tests.hostile_values import HOSTILE

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")

PLACES = r"""
const quoted = /["'`]/;  // it's {{v}} `
const half = 4 / 2 / 1; /* {{v}} ' */
seen.push([
  {{v}}, "{{v}}", '{{v}}', `{{v}}`, `${ {{v}} }`, `${`{{v}}`}`, String.raw`{{v}}`,
  "\"{{v}}".slice(1), '\'{{v}}'.slice(1), `\`{{v}}`.slice(1), `}${"{" + "}"}{{v}}`.slice(3),
  { a: { b: {{v}} } }.a.b, [1].map(() => { return {{v}} })[0], {[{{v}}]: 1} && {{v}},
  /^{{v}}$/.test({{v}}) ? {{v}} : "no match", ("-" + {{v}}).replace(/-{{v}}/, "{{v}}") && {{v}},
]);
"""


def ran(*scripts):
    lines = ["const seen = [];"]
    for text, values in scripts:
        names = ", ".join(values)
        lines.append(f"{{ const {{{names}}} = JSON.parse({json.dumps(json.dumps(values))});")
        lines.append(f"{text} }}")
    lines.append("console.log(JSON.stringify(seen));")
    done = subprocess.run(
        [shutil.which("node"), "-"],
        input="\n".join(lines).encode(),
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    return json.loads(done.stdout)


@needs_node
@settings(max_examples=8, deadline=None)
@given(texts=st.lists(st.text(), max_size=20))
def test_javascript_sees_exactly_the_value_wherever_it_stands(bind, texts):
    values = [*HOSTILE, *texts]

    seen = ran(*(bound_javascript(bind(PLACES, v=value)) for value in values))

    assert seen == [[value] * len(seen[0]) for value in values]


@needs_node
@pytest.mark.parametrize("value", [1, 2.5, None, True, [1, "a"], {"a": None}])
def test_outside_strings_a_value_keeps_its_type(bind, value):
    assert ran(bound_javascript(bind("seen.push({{v}})", v=value))) == [value]


@pytest.mark.parametrize("code", ["a{{v}}", "{{v}}{{v}}", "a.{{v}}", "x = { {{v}}: 1 }"])
def test_a_value_is_no_part_of_a_name(bind, code):
    with pytest.raises(NodeFailure, match="value"):
        bound_javascript(bind(code, v="x"))


@pytest.mark.parametrize("code", ["a = '${x} %y%'", "`${x}`", "const f = (x) => `${x}`"])
def test_the_languages_own_dollars_and_percents_are_left_alone(bind, code):
    assert bound_javascript(bind(code, x=1, y=2)) == (code, {})
