"""A microphone without hardware: a PulseAudio server of one's own, whose sink's monitor is the default source."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ALSA = "</usr/share/alsa/alsa.conf>\n</etc/alsa/conf.d>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
PROGRAMS = ("pulseaudio", "pactl", "paplay")


def missing() -> str:
    """What is not installed, as a sentence; "" = nothing."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"Install {' and '.join(absent)} (pulseaudio, pulseaudio-utils, libasound2-plugins)." if absent else ""


@contextmanager
def virtual_microphone() -> Iterator[dict[str, str]]:
    """Starts the server and points this process at it; yields the environment in which `paplay` is heard.

    To be entered before PortAudio is loaded: it asks once which devices there are.
    """
    with tempfile.TemporaryDirectory(prefix="pulse") as name:
        folder = Path(name)
        (folder / "asound.conf").write_text(ALSA)
        socket = folder / "native"
        surroundings = {
            "XDG_RUNTIME_DIR": name,
            "PULSE_RUNTIME_PATH": str(folder / "pulse"),
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
            "PULSE_SERVER": f"unix:{socket}",
        }
        before = {key: os.environ.get(key) for key in surroundings}
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"]
        command += ["-L", "module-null-sink sink_name=virtual norewinds=1"]
        server_side = {**os.environ, **surroundings, "HOME": name}
        server_side.pop("PULSE_SERVER")
        server = subprocess.Popen(command, env=server_side, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            os.environ.update(surroundings)
            for _ in range(100):
                chosen = subprocess.run(["pactl", "set-default-source", "virtual.monitor"], capture_output=True)
                if chosen.returncode == 0:
                    break
                time.sleep(0.1)
            else:
                raise RuntimeError(f"PulseAudio does not answer: {chosen.stderr.decode()}")
            yield dict(os.environ)
        finally:
            server.terminate()
            server.wait()
            for key, value in before.items():
                if value is None:
                    os.environ.pop(key, None)
                else:
                    os.environ[key] = value
