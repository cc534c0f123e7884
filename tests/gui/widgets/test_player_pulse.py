"""What the player sends to a real sound server is the clip: recorded from a virtual loudspeaker and compared.

Starts a PulseAudio of its own in a temporary folder, and ends it. Skipped where PulseAudio or the data is absent.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate, resample_poly

from core.audio.decode import decode

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SENSORIUM_TEST_DATA", ROOT.parent / "shared" / "data")) / "esc10" / "audio"
RECORDED_RATE = 44100

pytestmark = [
    pytest.mark.skipif(
        not all(map(shutil.which, ("pulseaudio", "pactl", "parec"))), reason="PulseAudio is not installed"
    ),
    pytest.mark.skipif(not DATA.is_dir(), reason="the ESC-10 recordings are not in ../shared/data"),
]

PLAY = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from core.audio.decode import decode
from gui.widgets.player import Player

app = QCoreApplication([])
samples, facts = decode(Path(sys.argv[1]))
player = Player()
player.load(samples, facts.rate)
places = []
player.position.connect(places.append)
player.failed.connect(lambda sentence: (print("FAILED", sentence), app.exit(1)))
player.state_changed.connect(lambda: player.playing or app.quit())
QTimer.singleShot(0, player.play)
code = app.exec()
player.close()
assert places == sorted(places), "the cursor went back"
print("ENDED", places[-1])
sys.exit(code)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a sound server of our own whose only loudspeaker is virtual."""
    alsa = tmp_path / "asound.conf"
    alsa.write_text("</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n")
    environment = os.environ | {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PULSE_RUNTIME_PATH": str(tmp_path / "pulse"),
        "PULSE_SERVER": f"unix:{tmp_path}/native",
        "ALSA_CONFIG_PATH": str(alsa),
        "QT_QPA_PLATFORM": "offscreen",
    }
    modules = [
        f"module-native-protocol-unix auth-anonymous=1 socket={tmp_path}/native",
        "module-null-sink sink_name=virt norewinds=1",
    ]
    arguments = [word for module in modules for word in ("-L", module)]
    daemon = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", *arguments],
        env={name: value for name, value in environment.items() if name != "PULSE_SERVER"},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(50):
            if subprocess.run(["pactl", "info"], env=environment, capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        else:
            pytest.skip("PulseAudio does not start here")
        yield environment
    finally:
        daemon.terminate()
        daemon.wait(10)


def test_what_is_heard_is_the_clip(server: dict[str, str], tmp_path: Path) -> None:
    clip = sorted(DATA.glob("*.ogg"))[0]
    raw = tmp_path / "heard.f32"
    with raw.open("wb") as file:
        recorder = subprocess.Popen(
            [
                "parec",
                "-d",
                "virt.monitor",
                "--format=float32le",
                f"--rate={RECORDED_RATE}",
                "--channels=1",
                "--latency-msec=50",
            ],
            env=server,
            stdout=file,
        )
        try:
            time.sleep(0.5)
            played = subprocess.run(
                [sys.executable, "-c", PLAY, str(clip)],
                env=server,
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
            )
            time.sleep(0.5)
        finally:
            recorder.terminate()
            recorder.wait(10)
    if "FAILED" in played.stdout:
        pytest.skip(f"no way from PortAudio to PulseAudio here: {played.stdout}")
    assert played.returncode == 0, played.stderr

    heard = np.fromfile(raw, np.float32)
    samples, facts = decode(clip)
    sent = resample_poly(samples, RECORDED_RATE, facts.rate) if facts.rate != RECORDED_RATE else samples
    assert len(heard) > len(sent), "the recording is too short"
    at = int(np.argmax(correlate(heard, sent, mode="valid", method="fft")))
    assert np.corrcoef(heard[at : at + len(sent)], sent)[0, 1] >= 0.95
    assert float(played.stdout.split()[-1]) == pytest.approx(facts.seconds, abs=0.01)
