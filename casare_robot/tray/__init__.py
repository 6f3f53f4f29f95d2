"""The program's face: an icon, a menu, a few windows. The only room that knows Qt.

What is shown is a value made without Qt (`views/`); windows only paint it and emit
wishes, which go over ``control/`` to the robot. Windows use ``open()``, never
``exec()``; one file starts the loop: ``application``.
"""
