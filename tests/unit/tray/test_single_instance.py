"""A second start and the first."""

import asyncio

import pytest

from casare_robot.tray.face_folder import folder_of_face
from casare_robot.tray.single_instance import SingleInstance, hand_over


async def test_a_later_start_hands_its_wish_to_the_first(tmp_path) -> None:
    heard = asyncio.Queue()
    folder = folder_of_face(tmp_path)
    first = SingleInstance(folder, heard.put_nowait)
    await first.start()

    await hand_over(folder, "open")

    assert await heard.get() == "open"
    await first.close()


async def test_without_a_first_one_there_is_nobody_to_tell(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        await hand_over(folder_of_face(tmp_path), "open")
