"""Icons are sharp at each size and told apart without colour."""

import pytest

pytest.importorskip("PySide6.QtGui")

from casare_robot.tray.first_icon import PICTURE, PICTURE_SIZE
from casare_robot.tray.icons import APPLICATION_SIZES, SIZES, application_pixmap, state_pixmap
from casare_robot.tray.views.looks import Look


def grey(pixmap):
    image = pixmap.toImage()
    return tuple(
        image.pixelColor(x, y).lightness() if image.pixelColor(x, y).alpha() > 127 else -1
        for y in range(image.height())
        for x in range(image.width())
    )


@pytest.mark.parametrize("size", SIZES)
def test_no_two_looks_are_the_same_in_grey(qapp, size) -> None:
    drawn = {look: grey(state_pixmap(look, size)) for look in Look}

    for look, dots in drawn.items():
        for other, others in drawn.items():
            differ = sum(abs(a - b) > 60 for a, b in zip(dots, others, strict=True))
            assert look is other or differ >= size * size // 40, (look, other)


def test_the_first_icon_is_the_one_that_is_drawn_later(qapp) -> None:
    from PySide6.QtGui import QPixmap

    assert QPixmap(PICTURE).toImage() == state_pixmap(Look.STARTING, PICTURE_SIZE).toImage()


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0, 3.0])
def test_a_scaled_icon_has_all_its_pixels(qapp, scale) -> None:
    pixmap = state_pixmap(Look.IDLE, 16, scale)

    assert pixmap.width() == round(16 * scale)
    assert pixmap.devicePixelRatio() == scale


@pytest.mark.parametrize("size", APPLICATION_SIZES)
def test_the_application_has_an_icon_of_each_size(qapp, size) -> None:
    image = application_pixmap(size).toImage()

    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(size // 2, size // 2).alpha() == 255
