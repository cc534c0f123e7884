"""Settings of the sound wing: what a network is given of a sound, and what is changed of it in training."""

from __future__ import annotations

from pydantic import model_validator

from core.settings import Settings, setting


class AudioSettings(Settings):
    """The front end of the sound wing: waveform → log-mel spectrogram in dB."""

    rate: int = setting(
        22050,
        "Sample rate",
        "Sounds are resampled to this. Half of 44.1 kHz halves the work and keeps 11 kHz.",
        unit="Hz",
        ge=4000,
        le=192000,
    )
    seconds: float = setting(
        5.0,
        "Clip length",
        "Shorter clips are padded with silence; longer ones are cropped, at random in training "
        "and in the middle in testing. ESC clips are 5 s.",
        unit="s",
        ge=0.1,
        le=60.0,
    )
    n_fft: int = setting(
        1024,
        "Window",
        "Samples in one analysis window: longer resolves pitch, shorter resolves time.",
        unit="samples",
        ge=64,
        le=16384,
    )
    hop: int = setting(
        512,
        "Hop",
        "Samples between windows: columns of the picture the network sees.",
        unit="samples",
        ge=16,
        le=8192,
    )
    mels: int = setting(64, "Mel bands", "Rows of the picture the network sees.", ge=16, le=512)
    f_min: float = setting(0.0, "Lowest frequency", "Lower edge of the lowest mel band.", unit="Hz", ge=0.0, le=20000.0)
    f_max: float | None = setting(
        None,
        "Highest frequency",
        "Upper edge of the highest mel band; empty = half the sample rate.",
        unit="Hz",
        gt=0.0,
        le=96000.0,
    )
    top_db: float = setting(
        80.0,
        "Range",
        "What lies further below the loudest point of a clip is cut off.",
        unit="dB",
        ge=20.0,
        le=120.0,
    )

    windows: int = setting(
        1,
        "Windows",
        "The spectrogram is cut into this many windows, joined by the network's temporal model; 1 = it is seen whole.",
        ge=1,
        le=64,
    )

    @model_validator(mode="after")
    def _consistent(self) -> AudioSettings:
        if self.hop > self.n_fft:
            raise ValueError(f"hop ({self.hop}) must not exceed n_fft ({self.n_fft}), or sound between windows is lost")
        top = self.f_max if self.f_max is not None else self.rate / 2
        if top > self.rate / 2:
            raise ValueError(f"f_max ({top:g} Hz) must not exceed half the rate ({self.rate / 2:g} Hz)")
        if self.f_min >= top:
            raise ValueError(f"f_min ({self.f_min:g} Hz) must lie below f_max ({top:g} Hz)")
        return self

    @property
    def samples(self) -> int:
        """Samples of one clip as the network sees it."""
        return round(self.seconds * self.rate)

    @property
    def frames(self) -> int:
        """Columns of the spectrogram (centred windows)."""
        return self.samples // self.hop + 1


class AudioAugmentation(Settings):
    """Random changes of training clips. A probability of 0 switches one off."""

    noise: float = setting(
        0.0, "Noise: share of clips", "White noise is added to this share of training clips.", ge=0.0, le=1.0
    )
    noise_snr_low: float = setting(
        5.0,
        "Noise: lowest SNR",
        "Lower end of the signal-to-noise ratio, drawn evenly.",
        unit="dB",
        ge=-20.0,
        le=60.0,
    )
    noise_snr_high: float = setting(
        30.0, "Noise: highest SNR", "Upper end of the signal-to-noise ratio.", unit="dB", ge=-20.0, le=80.0
    )
    pitch: float = setting(
        0.0, "Pitch shift: share of clips", "Pitch is moved without changing the duration.", ge=0.0, le=1.0
    )
    pitch_semitones: int = setting(
        2, "Pitch shift: at most", "Whole semitones up or down, drawn evenly.", unit="semitones", ge=1, le=12
    )
    stretch: float = setting(
        0.0, "Time stretch: share of clips", "Speed is changed without changing the pitch.", ge=0.0, le=1.0
    )
    stretch_factor: float = setting(
        1.2,
        "Time stretch: at most",
        "Slowest 1/x, fastest x; drawn log-uniformly. 1.2 after Salamon & Bello 2017.",
        ge=1.01,
        le=2.0,
    )
    gain_db: float = setting(
        0.0, "Gain: at most", "Level is changed by up to this much up or down.", unit="dB", ge=0.0, le=24.0
    )
    shift: float = setting(
        0.0,
        "Time shift: at most",
        "The clip is rolled around by up to this share of its length; 1 = anywhere.",
        ge=0.0,
        le=1.0,
    )
    frequency_masks: int = setting(
        0,
        "SpecAugment: frequency masks",
        "Bands of the spectrogram set to its mean. Park et al. 2019.",
        ge=0,
        le=8,
    )
    frequency_width: int = setting(
        8,
        "SpecAugment: widest band",
        "Mel bands; the width is drawn evenly from 0.",
        unit="bands",
        ge=1,
        le=256,
    )
    time_masks: int = setting(0, "SpecAugment: time masks", "Stretches of the spectrogram set to its mean.", ge=0, le=8)
    time_width: int = setting(
        16,
        "SpecAugment: longest stretch",
        "Columns; the width is drawn evenly from 0.",
        unit="columns",
        ge=1,
        le=1000,
    )

    @model_validator(mode="after")
    def _ordered(self) -> AudioAugmentation:
        if self.noise_snr_low > self.noise_snr_high:
            raise ValueError(
                f"noise_snr_low ({self.noise_snr_low:g}) must not exceed noise_snr_high ({self.noise_snr_high:g})"
            )
        return self
