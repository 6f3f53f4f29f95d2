"""Text is read out of pictures by what is installed; a stand-in shows how it is called."""

import base64
import io
import shutil
import sys

import pytest
from PIL import Image, ImageDraw, ImageFont

linux = pytest.mark.skipif(sys.platform != "linux", reason="a program of Linux")
STAND_IN = """#!{python}
import sys
from PIL import Image
size = Image.open(sys.argv[1]).size
print(size, *sys.argv[2:], "\\f")
"""


@pytest.fixture
def tesseract(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "tesseract"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return program


@pytest.fixture
def picture(tmp_path):
    Image.new("RGBA", (40, 20), "white").save(tmp_path / "p.png")
    return tmp_path / "p.png"


@linux
def test_a_file_is_read_with_its_language_and_options(run_node, tesseract, picture):
    run = run_node(
        "OCRExtractTextNode", {"image_path": "p.png", "language": "deu", "config": "--psm 6"}
    )

    assert run.error is None
    assert run.outputs == {
        "text": "(40, 20) stdout -l deu --psm 6",
        "engine_used": "tesseract",
        "success": True,
    }


@linux
@pytest.mark.parametrize("kind", ["bytes", "url", "path"])
def test_a_picture_comes_as_bytes_as_a_url_or_as_a_path(run_node, tesseract, picture, kind):
    content = picture.read_bytes()
    url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    image = {"bytes": content, "url": url, "path": str(picture)}[kind]

    run = run_node("OCRNode", {}, inputs={"image": image})

    assert run.outputs["text"].startswith("(40, 20) stdout")


@linux
def test_only_the_region_is_read(run_node, tesseract, picture):
    run = run_node("OCRExtractTextNode", {"image_path": "p.png", "region": [5, 5, 10, 8]})

    assert run.outputs["text"].startswith("(10, 8)")


@linux
def test_an_engine_that_is_not_installed_says_which_are(run_node, tesseract, picture):
    run = run_node("OCRExtractTextNode", {"image_path": "p.png", "engine": "winocr"})

    assert "winocr is not installed here; there is: tesseract" in run.error
    tesseract.unlink()
    assert (
        "auto is not installed here"
        in run_node("OCRExtractTextNode", {"image_path": "p.png"}).error
    )


@linux
def test_an_engine_that_fails_says_why(run_node, tesseract, picture):
    tesseract.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no such language')")

    assert "no such language" in run_node("OCRExtractTextNode", {"image_path": "p.png"}).error


@pytest.mark.parametrize("image", [b"no picture", "gone.png"])
@linux
def test_what_is_no_picture_is_a_failure(run_node, tesseract, image):
    run = run_node("OCRExtractTextNode", {}, inputs={"image": image})

    assert run.error
    assert run.outputs["success"] is False


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_line_is_read_by_tesseract_itself(run_node):
    drawn = Image.new("RGB", (500, 80), "white")
    ImageDraw.Draw(drawn).text((20, 15), "Invoice 4711", "black", ImageFont.load_default(40))
    content = io.BytesIO()
    drawn.save(content, "PNG")

    run = run_node("OCRExtractTextNode", {}, inputs={"image": content.getvalue()})

    assert run.outputs["text"] == "Invoice 4711"
