"""What a person can set about live recognition."""

from __future__ import annotations

from core.settings import Settings, setting


class MicrophoneSettings(Settings):
    """How the microphone is opened."""

    rate: int = setting(0, "Sample rate", "0 = the device's own.", unit="Hz", ge=0, le=192000)
    channel: int = setting(
        0, "Channel", "Which one is heard, counted from 1; 0 = the mean of the first two.", ge=0, le=64
    )


class CameraSettings(Settings):
    """How the camera is opened. A camera that cannot do so gives what comes nearest."""

    width: int = setting(640, "Width", "Width and height together; 0 = the camera's own.", unit="px", ge=0, le=7680)
    height: int = setting(480, "Height", "Width and height together; 0 = the camera's own.", unit="px", ge=0, le=4320)
    rate: float = setting(0.0, "Frame rate", "0 = the camera's own.", unit="fps", ge=0.0, le=240.0)

    @property
    def size(self) -> tuple[int, int] | None:
        """None = the camera's own."""
        return (self.width, self.height) if self.width and self.height else None


class LiveSettings(Settings):
    """How often networks are asked, and what becomes of their answers."""

    hop: float = setting(
        0.5,
        "Every",
        "So often the networks are asked about the newest window. A machine that is too slow skips some.",
        unit="s",
        ge=0.1,
        le=5.0,
    )
    smoothing: int = setting(
        3, "Averaged over", "Probabilities are averaged over so many windows in a row.", unit="windows", ge=1, le=20
    )
    threshold: float = setting(
        0.5, "Sure from", "Below this probability a network is said to be not sure.", ge=0.0, le=1.0
    )
    silence: float = setting(
        -50.0,
        "Silence below",
        "Windows whose loudest moment is fainter are not listened to.",
        unit="dB",
        ge=-100.0,
        le=0.0,
    )
    kept: float = setting(
        0.0,
        "Kept by a capture",
        "So much of what was just heard and seen is kept; 0 = as much as the networks are given, so that a capture is "
        "what they spoke of.",
        unit="s",
        ge=0.0,
        le=15.0,
    )
    microphone: MicrophoneSettings = setting(MicrophoneSettings(), "Microphone", "How it is opened.")
    camera: CameraSettings = setting(CameraSettings(), "Camera", "How it is opened.")
    sight: float = setting(
        2.0,
        "Seen at once",
        "What a network is shown ends now and begins so long ago, where neither its recipe nor its sound says.",
        unit="s",
        ge=0.2,
        le=20.0,
    )
