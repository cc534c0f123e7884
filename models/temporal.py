"""Networks over time: one code for the frames of a video and the windows of a spectrogram."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from models.base import Classifier
from models.inflation import draw_anew, inflate

WIDTH = 256  # of a frame's embedding, where frames are compared with one another
HEADS = 4

Make = Callable[[int, int], Classifier]  # (classes, channels) → a network of frames


class Pooled(Classifier):
    """A frame network applied to every frame, and a rule that makes one answer of them.

    Frames are folded into the batch, so that the frame network sees (batch · frames, channels, rows, columns) at once.

    Shapes: input (batch, frames, channels, rows, columns); frame features (batch, frames, dimensions); features
    (batch, dimensions). `cam_layers` are the frame network's: their outputs are (batch · frames, channels, rows,
    columns), clip by clip, except with 3-d convolution: (batch, channels, frames, rows, columns).

    Args:
        make: builds the frame network.
        classes: outputs.
        channels: of a frame.
        frames: of a clip.
    """

    network: Classifier
    tells_frames = True  # whether each frame has an answer of its own

    @abstractmethod
    def frame_features(self, x: Tensor) -> Tensor:
        """(batch, frames, dimensions): what the head may be asked about each frame."""

    @abstractmethod
    def pool(self, frames: Tensor) -> Tensor:
        """(batch, frames, dimensions) → (batch, dimensions)."""

    def features(self, x: Tensor) -> Tensor:
        return self.pool(self.frame_features(x))

    def features_and_frames(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        frames = self.frame_features(x)
        return self.pool(frames), self.classify(frames) if self.tells_frames else None

    @property
    def head(self) -> nn.Module:
        return self.network.head

    @property
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        """The frame network's; then, where the pooling has layers of its own, these."""
        return self.network.stages

    @property
    def cam_layers(self) -> Sequence[nn.Module]:
        return self.network.cam_layers


class SingleFrame(Pooled):
    """The frame in the middle, alone: what can be told without time."""

    tells_frames = False

    def __init__(self, make: Make, classes: int, channels: int, frames: int) -> None:
        super().__init__()
        self.network = make(classes, channels)

    def frame_features(self, x: Tensor) -> Tensor:
        return self.network.features(x[:, x.shape[1] // 2])[:, None]

    def pool(self, frames: Tensor) -> Tensor:
        return frames[:, 0]


class Average(Pooled):
    """The mean of the frames' features, hence of their logits: logits = W · 1/T Σ_t f(x_t) + b.

    The consensus of Wang et al. 2016 (Temporal Segment Networks, ECCV). It cannot know the order of the frames.
    """

    def __init__(self, make: Make, classes: int, channels: int, frames: int) -> None:
        super().__init__()
        self.network = make(classes, channels)

    def frame_features(self, x: Tensor) -> Tensor:
        return _each_frame(self.network.features, x)

    def pool(self, frames: Tensor) -> Tensor:
        return frames.mean(dim=1)


class Embedded(Pooled):
    """Poolings that compare frames: e_t = LayerNorm(P · f(x_t)), of WIDTH numbers, and a head of their own.

    P is the frame network's last layer: the network is built with WIDTH outputs in place of classes. So AlexNet's
    4096 and the baseline's 208 features come to the same size, and no layer lies idle.
    """

    def __init__(self, make: Make, classes: int, channels: int, frames: int) -> None:
        super().__init__()
        self.network = make(WIDTH, channels)
        self.norm = nn.LayerNorm(WIDTH)
        self.decision = nn.Linear(WIDTH, classes)

    def embedded(self, x: Tensor) -> Tensor:
        """(batch, frames, channels, rows, columns) → (batch, frames, WIDTH)."""
        normalised: Tensor = self.norm(_each_frame(self.network, x))
        return normalised

    @property
    @abstractmethod
    def own(self) -> Sequence[nn.Module]:
        """The layers between embedding and head."""

    @property
    def head(self) -> nn.Linear:
        return self.decision

    @property
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        return [*self.network.stages, [self.network.head, self.norm, *self.own]]


class Recurrent(Embedded):
    """A gated recurrent unit (Cho et al. 2014, EMNLP) over the frames; its last state is classified.

    After LRCN (Donahue et al. 2015, CVPR), with a GRU for the LSTM. A frame's logits are those of the state it
    leaves: what was known up to it.
    """

    def __init__(self, make: Make, classes: int, channels: int, frames: int) -> None:
        super().__init__(make, classes, channels, frames)
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)

    def frame_features(self, x: Tensor) -> Tensor:
        states: Tensor = self.gru(self.embedded(x))[0]
        return states

    def pool(self, frames: Tensor) -> Tensor:
        return frames[:, -1]

    @property
    def own(self) -> Sequence[nn.Module]:
        return [self.gru]


class Attention(Embedded):
    """Frames look at one another, then the most telling are weighed most.

        z = encoder(e + p),   w = softmax_t(u · z_t),   features = Σ_t w_t z_t

    One layer of a transformer's encoder (Vaswani et al. 2017, NeurIPS) and attention pooling (Ilse et al. 2018, ICML).
    p_t is a learned embedding of the frame's position, drawn from N(0, 1), the scale of e_t: order is learned in half
    the steps that it takes from Vaswani's sines, most of which hardly move over a few frames. The encoder's non-linear
    layer sees content and position together; a weighted mean of e_t + p_t alone would be Σ w_t e_t + Σ w_t p_t, nearly
    blind to which content was where. Since Σ w_t = 1 and the head is linear, the logits are the mean, weighed by w_t,
    of the frames' logits.
    """

    def __init__(self, make: Make, classes: int, channels: int, frames: int) -> None:
        super().__init__(make, classes, channels, frames)
        self.encoder = nn.TransformerEncoderLayer(WIDTH, HEADS, 2 * WIDTH, dropout=0.1, batch_first=True)
        self.score = nn.Linear(WIDTH, 1)

    def frame_features(self, x: Tensor) -> Tensor:
        encoded: Tensor = self.encoder(self.placed(self.embedded(x)))
        return encoded

    def pool(self, frames: Tensor) -> Tensor:
        weights = self.score(frames).softmax(dim=1)
        return (weights * frames).sum(dim=1)

    def placed(self, embedded: Tensor) -> Tensor:
        """Without positions: the same frames in any order give the same answer (the control)."""
        return embedded

    @property
    def own(self) -> Sequence[nn.Module]:
        return [self.encoder, self.score]


class PositionedAttention(Attention):
    """Attention that knows where a frame stands."""

    def __init__(self, make: Make, classes: int, channels: int, frames: int) -> None:
        super().__init__(make, classes, channels, frames)
        self.position = nn.Embedding(frames, WIDTH)

    def placed(self, embedded: Tensor) -> Tensor:
        return embedded + self.position.weight

    @property
    def own(self) -> Sequence[nn.Module]:
        return [*super().own, self.position]


class Convolution3d(Pooled):
    """The frame network with its convolutions and poolings extended over time: see `models.inflation`."""

    tells_frames = False

    def __init__(self, make: Make, classes: int, channels: int, frames: int) -> None:
        super().__init__()
        self.network = draw_anew(inflate(make(classes, channels)))

    def frame_features(self, x: Tensor) -> Tensor:
        return self.network.features(x.transpose(1, 2))[:, None]

    def pool(self, frames: Tensor) -> Tensor:
        return frames[:, 0]


POOLINGS: dict[str, type[Pooled]] = {
    "single frame": SingleFrame,
    "average": Average,
    "gru": Recurrent,
    "attention": PositionedAttention,
    "order-blind attention": Attention,
    "3-d convolution": Convolution3d,
}


class Streams(Classifier):
    """Several views of the same frames, such as colours and optical flow, each with a network of its own.

    After the two-stream networks of Simonyan & Zisserman 2014 (NeurIPS). We depart from them in that the streams are
    trained together and joined by one linear layer on their features, where they train apart and average scores;
    and in that each stream is pooled over time by the same rule, where their flow stream stacks ten flows as channels.

    Shapes: input (batch, frames, channels of all streams, rows, columns); features are the streams' side by side.

    Args:
        make: builds a stream's network of frames.
        classes: outputs.
        channels: of each stream.
        frames: of a clip.
        pooling: a value of POOLINGS.
    """

    def __init__(
        self, make: Make, classes: int, channels: Sequence[int], frames: int, pooling: Callable[..., Pooled]
    ) -> None:
        super().__init__()
        streams = [pooling(make, classes, count, frames) for count in channels]
        dimensions = sum(_behead(stream) for stream in streams)
        self.streams = nn.ModuleList(streams)
        self.joint = nn.Linear(dimensions, classes)
        self._channels = tuple(channels)

    def features(self, x: Tensor) -> Tensor:
        return self._joined(self._frames(x))

    def features_and_frames(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        frames = self._frames(x)
        tell = all(stream.tells_frames for stream in self._pooled)
        return self._joined(frames), self.classify(torch.cat(frames, dim=2)) if tell else None

    @property
    def head(self) -> nn.Linear:
        return self.joint

    @property
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        """Stage n of every stream together."""
        each = [stream.stages for stream in self._pooled]
        return [[module for stage in stages for module in stage] for stages in zip(*each, strict=True)]

    @property
    def cam_layers(self) -> Sequence[nn.Module]:
        """The first stream's: the pictures come first."""
        return self._pooled[0].cam_layers

    def _frames(self, x: Tensor) -> list[Tensor]:
        """Of each stream, its frame features."""
        parts = x.split(self._channels, dim=2)
        return [stream.frame_features(part) for stream, part in zip(self._pooled, parts, strict=True)]

    def _joined(self, frames: list[Tensor]) -> Tensor:
        return torch.cat([stream.pool(of) for stream, of in zip(self._pooled, frames, strict=True)], dim=1)

    @property
    def _pooled(self) -> list[Pooled]:
        return [stream for stream in self.streams if isinstance(stream, Pooled)]


def build(make: Make, classes: int, streams: Sequence[int], frames: int, kind: str) -> Classifier:
    """A network over time with random weights; arguments as of `models.build`."""
    if len(streams) == 1:
        return POOLINGS[kind](make, classes, streams[0], frames)
    return Streams(make, classes, streams, frames, POOLINGS[kind])


def _each_frame(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """(batch, frames, …) → (batch, frames, what the network says of each)."""
    batch, frames = x.shape[:2]
    return network(x.flatten(0, 1)).unflatten(0, (batch, frames))


def _behead(network: Pooled) -> int:
    """Take the head off; returns the length of the features it was given."""
    head = network.head
    assert isinstance(head, nn.Linear)
    (name,) = [name for name, module in network.named_modules() if module is head]
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, nn.Identity())
    return head.in_features
