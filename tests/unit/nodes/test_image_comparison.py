"""Pictures compared."""

import pytest
from PIL import Image, ImageDraw

METHODS = ["ssim", "histogram", "pixel"]


@pytest.fixture
def picture(tmp_path):
    """The path of a picture with a square: `picture("a.png", 10)`."""

    def draw(name, left, size=(70, 70)):
        path = tmp_path / name
        image = Image.new("RGB", size, "white")
        ImageDraw.Draw(image).rectangle((left, 10, left + 20, 30), fill="black")
        image.save(path)
        return str(path)

    return draw


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_is_like_itself(method, picture, run_node):
    config = {"image1_path": picture("a.png", 10), "image2_path": picture("b.png", 10)}

    told = run_node("CompareImagesNode", {**config, "method": method}).outputs

    assert told == {"similarity": 1.0, "is_match": True, "method": method}


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [("ssim", 0.3, 0.95), ("histogram", 1.0, 1.0), ("pixel", 0.81, 0.83)],
)
def test_a_moved_square_is_seen_by_all_but_the_histogram(method, low, high, picture, run_node):
    inputs = {"image1": picture("a.png", 5), "image2": picture("b.png", 40)}

    told = run_node("CompareImagesNode", {"method": method}, inputs=inputs).outputs

    assert low <= told["similarity"] <= high


def test_the_threshold_says_what_a_match_is(picture, run_node):
    inputs = {"image1": picture("a.png", 5), "image2": picture("b.png", 40)}
    config = {"method": "pixel", "threshold": 0.8}

    assert run_node("CompareImagesNode", config, inputs=inputs).outputs["is_match"] is True
    config["threshold"] = 0.85
    assert run_node("CompareImagesNode", config, inputs=inputs).outputs["is_match"] is False


@pytest.mark.parametrize("method", METHODS)
def test_black_is_not_white(method, tmp_path, run_node):
    for name in ("black", "white"):
        Image.new("RGB", (20, 20), name).save(tmp_path / f"{name}.png")
    inputs = {"image1": str(tmp_path / "black.png"), "image2": str(tmp_path / "white.png")}

    told = run_node("CompareImagesNode", {"method": method}, inputs=inputs).outputs

    assert told["similarity"] < 0.01


def test_a_smaller_picture_is_scaled(picture, run_node):
    inputs = {"image1": picture("a.png", 10), "image2": picture("b.bmp", 10, (140, 140))}

    assert run_node("CompareImagesNode", {}, inputs=inputs).error is None


@pytest.mark.parametrize(
    ("second", "message"),
    [("", "second picture is not given"), ("data:image/png;base64,QUJD", "cannot be read")],
)
def test_what_is_no_picture_is_told(second, message, picture, run_node):
    done = run_node(
        "CompareImagesNode", {}, inputs={"image1": picture("a.png", 1), "image2": second}
    )

    assert message in done.error
