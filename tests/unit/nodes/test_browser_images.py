"""A click on what looks like a picture."""

import base64

import pytest

PAGE = """
<body style="margin:0;background:#eee"><canvas id=c width=1000 height=600></canvas><script>
const ink = c.getContext('2d');
for (let n = 0; n < 40; n++) {
    ink.fillStyle = `hsl(${n * 37}, 60%, ${30 + n}%)`;
    ink.fillRect(n * 97 % 900, n * 53 % 500, 30 + n, 20 + n);
}
ink.fillStyle = '#fff'; ink.fillRect(500, 300, 60, 40);
ink.fillStyle = '#a00'; ink.fillRect(510, 305, 20, 30);
ink.font = '20px sans-serif'; ink.fillText('Go', 532, 328);
c.onclick = e => document.title = [e.offsetX, e.offsetY, e.detail];
</script>
"""


@pytest.fixture
def part(act):
    act.html(PAGE)
    clip = {"x": 500, "y": 300, "width": 60, "height": 40}
    return act.run(act.page.screenshot(clip=clip))


@pytest.mark.parametrize("form", ["file", "base64", "data"])
def test_the_middle_of_what_looks_like_the_picture_is_clicked(act, part, tmp_path, form):
    (tmp_path / "part.png").write_bytes(part)
    text = base64.b64encode(part).decode()
    template = {"file": "part.png", "base64": text, "data": f"data:image/png;base64,{text}"}[form]

    done = act("ImageClick", image_template=template, click_count=1)

    assert done.error is None
    assert act.run(act.page.title()) == "530,320,1"


def test_the_place_can_be_moved_and_clicked_twice(act, part):
    text = base64.b64encode(part).decode()

    act("ImageClick", image_template=text, click_offset_x=-20, click_offset_y=5, click_count=2)

    assert act.run(act.page.title()) == "510,325,2"


def test_what_is_not_seen_is_told_with_how_alike_the_likest_is(act, part):
    act.html("<p>nothing here</p>")

    done = act("ImageClick", image_template=base64.b64encode(part).decode(), timeout=100)

    assert "wanted 0.8" in done.error


def test_what_is_no_picture_is_told(act, tmp_path):
    (tmp_path / "text.png").write_text("text")

    assert "no picture" in act("ImageClick", image_template="text.png").error
    assert "not found" in act("ImageClick", image_template="none.png").error
    assert "names no picture" in act("ImageClick").error
