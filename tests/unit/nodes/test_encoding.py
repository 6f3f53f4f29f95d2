import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.nodes.encoding import convert_base64


@given(st.text(min_size=1))
@settings(max_examples=50)
def test_what_is_encoded_decodes_to_the_same_text(text):
    encoded = convert_base64(action="encode", input_text=text)["output"]
    assert convert_base64(action="decode", input_text=encoded) == {"output": text, "success": True}


def test_line_breaks_in_base64_do_not_matter(run_node):
    ran = run_node("Base64Node", {"action": "decode", "input_text": "aG\nk="})
    assert ran.outputs == {"output": "hi", "success": True}


@pytest.mark.parametrize(
    ("action", "text", "error"),
    [
        ("encode", "", "Input text is required"),
        ("encode", "\ud800", "no valid text"),
        ("decode", "a!b", "not Base64"),
        ("decode", "abc", "not Base64"),
        ("decode", base64.b64encode(b"\xff\xfe").decode(), "no text"),
    ],
)
def test_what_cannot_be_converted_is_told(run_node, action, text, error):
    ran = run_node("Base64Node", {"action": action, "input_text": text})
    assert error in ran.error
    assert ran.outputs == {"output": "", "success": False}


@pytest.mark.parametrize("name", ["code.png", "sub/code.jpg", "code.bmp"])
def test_a_generated_qr_code_reads_the_same(run_node, tmp_path, name):
    text = "https://example.com/?q=äöü"
    ran = run_node("QRCodeNode", {"output_path": name, "size": "210"}, inputs={"data": text})
    assert ran.outputs == {"result": str(tmp_path / name), "success": True}
    ran = run_node("QRCodeNode", {"action": "read", "image_path": name})
    assert ran.outputs == {"result": text, "success": True}


def test_a_qr_code_is_as_large_as_asked(run_node):
    from PIL import Image

    ran = run_node("QRCodeNode", {"data": "x", "size": 333})
    with Image.open(ran.outputs["result"]) as image:
        assert image.size == (333, 333)


def test_generating_twice_without_a_path_leaves_one_image(run_node, tmp_path):
    paths = {run_node("QRCodeNode", {"data": "x"}).outputs["result"] for _ in range(2)}
    assert [str(path) for path in tmp_path.iterdir()] == [*paths]


def test_an_image_without_a_qr_code_succeeds_with_success_false(run_node, tmp_path):
    from PIL import Image

    Image.new("RGB", (50, 50)).save(tmp_path / "black.png")
    ran = run_node("QRCodeNode", {"action": "read", "image_path": "black.png"})
    assert (ran.error, ran.outputs) == (None, {"result": "", "success": False})


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({}, "Data is required"),
        ({"data": "x" * 5000}, "do not fit"),
        ({"data": "x" * 500, "size": 50}, "pixels, not 50"),
        ({"data": "x", "output_path": "code.txt"}, "no kind of image"),
        ({"action": "read", "image_path": "none.png"}, "Image not found: none.png"),
        ({"action": "read", "image_path": "text.png"}, "no image"),
    ],
)
def test_what_cannot_be_done_is_told(run_node, tmp_path, config, error):
    (tmp_path / "text.png").write_text("no image")
    ran = run_node("QRCodeNode", config)
    assert error in ran.error
    assert ran.outputs["success"] is False


def test_an_image_is_only_written_where_the_policy_allows(run_node, tmp_path):
    policy = Policy(writable_folders=(str(tmp_path / "in"),))
    ran = run_node("QRCodeNode", {"data": "x", "output_path": "out.png"}, policy=policy)
    assert "may not write" in ran.error
    assert not (tmp_path / "out.png").exists()


def test_only_reading_a_qr_code_leaves_the_world_as_it_is():
    effect = load_catalogue().get("QRCodeNode").effect
    assert effect({"action": "read"}) is Effect.READS
    assert effect({"action": "generate"}) is Effect.IDEMPOTENT
