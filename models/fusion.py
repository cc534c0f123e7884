"""Networks on sound and sight together: a branch for each, and a rule that joins them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.base import Classifier

SHARED = 16  # numbers to which gated attention brings the features of each branch: few, for few hundred clips
DROPOUT = 0.5


class Fusion(Classifier):
    """Two branches, each a classifier with features and a head of its own, and layers that join them.

    Shapes: two inputs, sound and sight, as each branch takes them; features (batch, dimensions of sound + of sight),
    the branches' side by side. `head` holds the fusion's own layers. `stages` are the two branches, each whole with
    its head: `freeze(2)` keeps both and leaves the fusion learning.

    Train the branches first: jointly trained from scratch, two modalities often end below the better one alone
    (Wang et al. 2020, "What makes training multi-modal classification networks hard?", CVPR). And where you can, let
    the fusion learn from clips that the branches were not trained on: a branch that knows its training clips by heart
    looks reliable there.
    """

    def __init__(self, sound: Classifier, sight: Classifier, classes: int) -> None:
        super().__init__()
        self.sound, self.sight = sound, sight
        self._dimensions = (_dimensions(sound), _dimensions(sight))

    def features(self, sound_input: Tensor, sight_input: Tensor) -> Tensor:
        return torch.cat([self.sound.features(sound_input), self.sight.features(sight_input)], dim=1)

    def weigh(self, sound_probabilities: Tensor, sight_probabilities: Tensor, labels: Tensor) -> None:
        """Learn what is learned from the branches' answers to validation clips; nothing where layers are trained.

        Args:
            sound_probabilities, sight_probabilities: (clips, classes).
            labels: (clips,), numbers of classes.
        """

    @property
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        return [[self.sound], [self.sight]]

    @property
    def heads(self) -> Sequence[nn.Module]:
        return [self.head, self.sound.head, self.sight.head]

    @property
    def cam_layers(self) -> Sequence[nn.Module]:
        """None of its own: each input has a network, see `parts`."""
        return []

    @property
    def parts(self) -> Sequence[Classifier]:
        return [self.sound, self.sight]

    def _split(self, features: Tensor) -> tuple[Tensor, Tensor]:
        sound, sight = features.split(self._dimensions, dim=1)
        return sound, sight

    def _log_probabilities(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """What each branch says by itself, (batch, classes) twice."""
        sound, sight = self._split(features)
        return self.sound.classify(sound).log_softmax(dim=1), self.sight.classify(sight).log_softmax(dim=1)


class ScoreAverage(Fusion):
    """p = w · p_sound + (1 − w) · p_sight; the logits are log p.

    Late fusion (Kittler et al. 1998, "On combining classifiers", TPAMI). The one number w in [0, 1] is set by `weigh`;
    the branches keep their weights.
    """

    weight: Tensor

    def __init__(self, sound: Classifier, sight: Classifier, classes: int) -> None:
        super().__init__(sound, sight, classes)
        self.register_buffer("weight", torch.tensor(0.5))
        self.freeze(2)

    def classify(self, features: Tensor) -> Tensor:
        sound, sight = self._log_probabilities(features)
        return torch.logaddexp(sound + self.weight.log(), sight + (1 - self.weight).log())

    def shares(self, features: Tensor) -> Tensor:
        """w and 1 − w, of every clip."""
        return torch.stack([self.weight, 1 - self.weight]).expand(len(features), -1)

    def weigh(self, sound_probabilities: Tensor, sight_probabilities: Tensor, labels: Tensor) -> None:
        """Set w to the least log loss, L(w) = −mean log(w a + (1 − w) b), a and b being given to the true class.

        L is convex, so its slope −mean((a − b) / (w a + (1 − w) b)) rises: its zero is found by halving [0, 1].
        """
        chosen = labels.cpu().long()[:, None]
        # On the CPU: not every device has double precision.
        tiny = torch.finfo(torch.float64).tiny
        a = sound_probabilities.cpu().double().gather(1, chosen).clamp_min(tiny)
        b = sight_probabilities.cpu().double().gather(1, chosen).clamp_min(tiny)
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            slope = float(((b - a) / (middle * a + (1 - middle) * b)).mean())
            low, high = (middle if slope <= 0 else low), (middle if slope >= 0 else high)
        self.weight.fill_((low + high) / 2)

    @property
    def head(self) -> nn.Module:
        return nn.Identity()


class Concatenation(Fusion):
    """One linear layer on both branches' features, each normalised (Ba et al. 2016), side by side.

    The branches' own heads are not asked, and are not trained.
    """

    def __init__(self, sound: Classifier, sight: Classifier, classes: int) -> None:
        super().__init__(sound, sight, classes)
        self.linear = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(sum(self._dimensions), classes))
        sound.head.requires_grad_(False)
        sight.head.requires_grad_(False)

    def classify(self, features: Tensor) -> Tensor:
        logits: Tensor = self.head(torch.cat([_normalised(part) for part in self._split(features)], dim=1))
        return logits

    @property
    def head(self) -> nn.Module:
        return self.linear


class GatedAttention(Fusion):
    """How much each modality counts is decided clip by clip.

        h_m = tanh(W_m · norm(x_m)),   a_m = v_m · [h_sound, h_sight] + b_m − k · H_m,   g = softmax_m(a)
        logits = Σ_m g_m · (s_m · log p_m + V · h_m) + c

    h, g and Σ g_m V h_m are the gated multimodal unit of Arevalo et al. 2017 (ICLR workshop), with a softmax over the
    modalities. Added are each branch's own log-probabilities p_m, of scale s_m, and their entropy H_m (in nats) in the
    gate. v, V, b and c start at zero and s and k at one: before the first step the fusion is a geometric mean of the
    branches in which the surer one counts more, and few clips have to teach it no more than how to depart from that.
    """

    def __init__(self, sound: Classifier, sight: Classifier, classes: int) -> None:
        super().__init__(sound, sight, classes)
        self.gated = _Gated(self._dimensions, classes)

    def classify(self, features: Tensor) -> Tensor:
        logits: Tensor = self.gated(self._split(features), self._log_probabilities(features))[0]
        return logits

    def shares(self, features: Tensor) -> Tensor:
        """The gates g."""
        gates: Tensor = self.gated(self._split(features), self._log_probabilities(features))[1]
        return gates

    @property
    def head(self) -> nn.Module:
        return self.gated


class _Gated(nn.Module):
    """The layers of `GatedAttention`; see there."""

    def __init__(self, dimensions: Sequence[int], classes: int) -> None:
        super().__init__()
        self.shared = nn.ModuleList(nn.Linear(count, SHARED) for count in dimensions)
        self.dropout = nn.Dropout(DROPOUT)
        self.gate = nn.Linear(len(dimensions) * SHARED, len(dimensions))
        self.correction = nn.Linear(SHARED, classes)
        self.scale = nn.Parameter(torch.ones(len(dimensions)))
        self.doubt = nn.Parameter(torch.ones(()))
        for layer in (self.gate, self.correction):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, features: Sequence[Tensor], log_probabilities: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """(batch, dimensions) and (batch, classes) of each modality → logits (batch, classes), gates (batch, 2)."""
        hidden = [
            self.dropout(torch.tanh(layer(_normalised(x)))) for layer, x in zip(self.shared, features, strict=True)
        ]
        said = torch.stack(list(log_probabilities), dim=1)
        entropy = -(said.exp() * said).sum(dim=2)
        gates = (self.gate(torch.cat(hidden, dim=1)) - self.doubt * entropy).softmax(dim=1)
        experts = self.scale[:, None] * said + F.linear(torch.stack(hidden, dim=1), self.correction.weight)
        return (gates[:, :, None] * experts).sum(dim=1) + self.correction.bias, gates


FUSIONS: dict[str, type[Fusion]] = {
    "score average": ScoreAverage,
    "concatenation": Concatenation,
    "gated attention": GatedAttention,
}


def _dimensions(branch: Classifier) -> int:
    head = branch.head
    assert isinstance(head, nn.Linear)
    return head.in_features


def _normalised(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:])
