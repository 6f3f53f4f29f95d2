"""Images are converted and scaled; nothing is overwritten unasked."""

import sys

import pytest
from PIL import Image


@pytest.fixture
def picture(tmp_path):
    def make(name, mode="RGB", size=(40, 20), colour=None, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, colour or 0).save(path, **options)
        return path

    return make


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA", "CMYK"])
def test_every_kind_of_image_becomes_every_format(run_node, tmp_path, picture, mode, format_):
    picture("a.tiff" if mode == "CMYK" else "a.png", mode)
    source = "a.tiff" if mode == "CMYK" else "a.png"
    config = {"source_path": source, "output_path": "out/x", "output_format": format_}

    done = run_node("ImageConvertNode", config)

    assert done.error is None
    with Image.open(tmp_path / "out" / "x") as image:
        assert (image.format, image.size) == (format_, (40, 20))


def test_the_new_file_stands_beside_the_old_with_its_own_ending(run_node, tmp_path, picture):
    picture("a.png")

    done = run_node("ImageConvertNode", {"source_path": "a.png", "scale_percent": "50%"})

    path = str(tmp_path / "a.jpg")
    assert done.outputs == {
        "output_path": path,
        "files": [path],
        "file_count": 1,
        "format": "JPEG",
        "success": True,
    }
    with Image.open(path) as image:
        assert image.size == (20, 10)


def test_transparency_becomes_white_in_jpeg(run_node, tmp_path, picture):
    picture("a.png", "RGBA", colour=(0, 0, 0, 0))

    run_node("ImageConvertNode", {"source_path": "a.png"})

    with Image.open(tmp_path / "a.jpg") as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


def test_quality_makes_the_file_smaller(run_node, tmp_path):
    Image.effect_noise((200, 200), 80).save(tmp_path / "a.png")

    for quality in ("10", 95):
        config = {"source_path": "a.png", "output_path": f"{quality}.jpg", "quality": quality}
        run_node("ImageConvertNode", config)

    assert (tmp_path / "10.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size


def test_an_image_in_the_wanted_format_is_kept_unless_overwrite(run_node, tmp_path, picture):
    picture("a.jpg")

    kept = run_node("ImageConvertNode", {"source_path": "a.jpg"})
    again = run_node("ImageConvertNode", {"source_path": "a.jpg"})
    over = run_node("ImageConvertNode", {"source_path": "a.jpg", "overwrite": True})

    assert kept.outputs["output_path"] == str(tmp_path / "a_converted.jpg")
    assert "already exists" in again.error
    assert over.outputs["output_path"] == str(tmp_path / "a.jpg")


def test_a_folder_is_converted_into_another(run_node, tmp_path, picture):
    picture("in/a.png")
    picture("in/sub/b.bmp")
    (tmp_path / "in" / "notes.txt").touch()

    flat = run_node("ImageConvertNode", {"source_path": "in"})
    deep = run_node("ImageConvertNode", {"source_path": "in", "recursive": True, "overwrite": True})

    folder = tmp_path / "in" / "converted"
    assert flat.outputs["files"] == [str(folder / "a.jpg")]
    assert deep.outputs["files"] == [str(folder / "a.jpg"), str(folder / "sub" / "b.jpg")]
    assert deep.outputs["output_path"] == str(folder)


def test_two_images_that_would_become_one_are_refused(run_node, tmp_path, picture):
    picture("in/a.png")
    picture("in/a.bmp")

    assert "would both become" in run_node("ImageConvertNode", {"source_path": "in"}).error
    assert not (tmp_path / "in" / "converted").exists()


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"source_path": "no.png"}, "Source image not found: no.png"),
        ({"source_path": "text.png"}, "cannot identify"),
        ({"source_path": "a.png", "quality": "0"}, "between 1 and 100"),
        ({"source_path": "a.png", "scale_percent": "7000%"}, "must be one of"),
        ({"source_path": "empty"}, "No images found"),
    ],
)
def test_what_cannot_be_converted_is_a_clear_error(run_node, tmp_path, picture, config, error):
    picture("a.png")
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "empty").mkdir()

    assert error in run_node("ImageConvertNode", config).error


def test_a_postscript_file_is_not_opened(run_node, tmp_path, picture):
    picture("a.eps")

    assert "cannot identify" in run_node("ImageConvertNode", {"source_path": "a.eps"}).error


def test_without_pillow_the_error_names_the_extra(run_node, picture, monkeypatch):
    picture("a.png")
    monkeypatch.setitem(sys.modules, "PIL", None)

    assert "casare-robot[documents]" in run_node("ImageConvertNode", {"source_path": "a.png"}).error
