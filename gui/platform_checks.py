"""What must be there before Qt is: looked for without Qt, because Qt aborts the program where it is missing."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable, Mapping

HEADLESS = "uv run main.py demo"

# What PySide6 and its xcb plugin load from the system, and the Debian/Ubuntu package that brings it.
_SYSTEM_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
}
_XCB_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}


def display_problem(environment: Mapping[str, str], platform: str = sys.platform) -> str:
    """Why no window can be opened, as a sentence with the remedy; empty where one can."""
    if not platform.startswith("linux"):
        return ""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    x11, wayland = environment.get("DISPLAY", ""), environment.get("WAYLAND_DISPLAY", "")
    if not (chosen or x11 or wayland):
        return f"There is no display to open the window on. To train the demo study without one: {HEADLESS}"
    uses_xcb = chosen.startswith("xcb") or (not chosen and bool(x11) and not wayland)
    wanted = {**_SYSTEM_LIBRARIES, **(_XCB_LIBRARIES if uses_xcb else {})}
    packages = missing_packages(wanted)
    if packages:
        return (
            f"Qt needs system libraries that are not installed: {', '.join(packages)}. "
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(packages)}. Without a window: {HEADLESS}"
        )
    if uses_xcb and not x_server_answers(x11):
        return (
            f"No X server answers at DISPLAY={x11}. Check DISPLAY, or train the demo study without a window: {HEADLESS}"
        )
    return ""


def missing_packages(libraries: Mapping[str, str], load: Callable[[str], object] = ctypes.CDLL) -> list[str]:
    """Packages of the libraries that the system's loader does not find."""

    def absent(names: Iterable[str]) -> Iterable[str]:
        for name in names:
            try:
                load(name)
            except OSError:
                yield name

    return sorted({libraries[name] for name in absent(libraries)})


def x_server_answers(display: str) -> bool:
    """Whether a connection to the X server can be made; Qt would abort where it cannot."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.POINTER(ctypes.c_int))
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(display.encode() or None, None)
    try:
        return xcb.xcb_connection_has_error(connection) == 0
    finally:
        xcb.xcb_disconnect(connection)


def sound_problem() -> str:
    """Why sound cannot be played or recorded, as a sentence with the remedy; empty where it can."""
    try:
        import sounddevice  # noqa: F401 - raises OSError where PortAudio is absent
    except OSError:
        return (
            "Sound is off: the PortAudio library is not installed. "
            "On Debian or Ubuntu: sudo apt-get install libportaudio2, then start again."
        )
    return ""
