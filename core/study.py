"""Study: a grid of runs, read from and written to TOML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator, model_validator

from core.architectures import ARCHITECTURES
from core.datasets.base import Modality
from core.recipe import Recipe
from core.run_spec import NOT_CLASSICAL, OF_CLASSICAL, Branch, DatasetChoice, Network, RunSpec, dotted
from core.settings import Settings, setting
from core.settings_file import read_toml, validated
from models import MODELS


class Study(Settings):
    """A grid of runs: networks × folds × seeds under one recipe."""

    name: str = setting("study", "Name", "Folder of its runs in the workspace.", min_length=1, max_length=80)
    answers: str = setting("", "Answers", "The question this study answers, in a sentence.")
    dataset: DatasetChoice = setting(DatasetChoice(), "Dataset", "Which clips.")
    modality: Modality = setting(Modality.AUDIO, "Modality", "What the networks are given of a clip.")
    folds: tuple[int, ...] = setting((), "Test folds", "Each is held out once; empty = all there are.")
    seeds: tuple[int, ...] = setting((0,), "Seeds", "Each run is repeated with every seed.", min_length=1)
    device: Literal["auto", "cpu", "cuda", "mps"] = setting("auto", "Device", "auto: the fastest there is.")
    cache_limit: float = setting(
        50.0, "Cache limit", "Decoded clips may take so much disk in the workspace.", unit="GB", gt=0.0, le=100_000.0
    )
    checkpoint_every: float = setting(
        60.0,
        "Checkpoint",
        "The shortest time between two checkpoints: what a power cut can cost.",
        unit="s",
        ge=0.0,
        le=3600.0,
    )
    order: Literal["all networks", "all folds"] = setting(
        "all networks",
        "Order of runs",
        "Within each seed. all networks: each is trained on a fold before the next fold, so that they can be compared "
        "early; all folds: a network is trained on all folds before the next. The same runs in the end.",
    )
    wandb: Literal["off", "offline", "online"] = setting(
        "off",
        "Weights and Biases",  # Qt underlines what follows an ampersand
        "What leaves this computer: scalars, settings and pictures of mistakes of every run, with the "
        "licence of the clips; of clips captured live no pictures. off: nothing does; "
        "offline: nothing yet, they lie in wandb/ in the run's folder until you send them with “wandb sync”; online: "
        "sent while it is trained. No result changes.",
    )
    network: tuple[Network, ...] = setting((Network(),), "Networks", "What is compared.", min_length=1)
    recipe: Recipe = setting(Recipe(), "Recipe", "How they are trained.")

    @field_validator("seeds")
    @classmethod
    def _within_bounds(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 0 <= seed < 2**32 for seed in seeds):
            raise ValueError("a seed is a whole number from 0 to 4294967295")
        return seeds

    @field_validator("folds", "seeds")
    @classmethod
    def _distinct(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(numbers)) != len(numbers):
            raise ValueError("a number stands twice")
        return numbers

    @model_validator(mode="after")
    def _networks_differ(self) -> Study:
        labels = [network.label for network in self.network]
        twice = {label for label in labels if labels.count(label) > 1}
        if twice:
            raise ValueError(f"two networks are called “{sorted(twice)[0]}”: give one a name of its own")
        for network in self.network:
            self._check_front_end(network)
        return self

    @property
    def needs_sound(self) -> bool:
        """Whether clips without a usable sound track are left out."""
        if self.dataset.with_sound == "as needed":
            return all(self.modality_of(network) == Modality.AUDIO for network in self.network)
        return self.dataset.with_sound == "only"

    def modality_of(self, network: Network) -> Modality:
        return self.modality if network.modality == "as the study" else Modality(network.modality)

    def branches_of(self, network: Network) -> tuple[Network, ...]:
        """The networks whose runs an audio-visual network starts from, sound and sight; () = none.

        Raises:
            ValueError: there is none, or it stands after the network that needs it.
        """
        if self.modality_of(network) != Modality.AUDIO_VISUAL or network.joint:
            return ()
        before = self.network[: self.network.index(network)] if network in self.network else self.network
        return (
            self._branch(network, network.sound, Modality.AUDIO, before),
            self._branch(network, network.sight, Modality.VIDEO, before),
        )

    def _branch(self, network: Network, label: str, modality: Modality, before: Sequence[Network]) -> Network:
        fitting = [other for other in before if self.modality_of(other) == modality and not other.classical]
        named = [other for other in fitting if other.label == label]
        alike = [other for other in fitting if other.architecture == network.architecture]
        found = named if label else alike
        if found:
            return found[0]
        wanted = f"called “{label}”" if label else f"of {ARCHITECTURES[network.architecture].title}"
        raise ValueError(
            f"network “{network.label}” starts from a run on {modality.word}, but no network {wanted} with the "
            f"modality “{modality}” stands before it. Add one, or train it jointly"
        )

    def _check_front_end(self, network: Network) -> None:
        if network.classical:
            self._check_classical(network)
            return
        self.branches_of(network)
        recipe, modality = self.recipe_of(network), self.modality_of(network)
        smallest = ARCHITECTURES[network.architecture].smallest_input
        audio, video = recipe.audio, recipe.video
        columns = audio.frames // audio.windows
        if modality != Modality.VIDEO and min(audio.mels, columns) < smallest:
            each = " in each window" if audio.windows > 1 else ""
            raise ValueError(
                f"network “{network.label}” needs spectrograms of at least {smallest} bands and columns{each}, not "
                f"{audio.mels} × {columns}: raise mels, or lengthen the clip"
            )
        if modality != Modality.AUDIO and video.size < smallest:
            raise ValueError(
                f"network “{network.label}” needs pictures of at least {smallest} px, not {video.size}: raise size"
            )
        if modality != Modality.AUDIO and recipe.mixing == "between-class":
            raise ValueError(f"network “{network.label}”: between-class mixing is for sounds alone; use mixup")
        if modality == Modality.AUDIO and audio.windows == 1 and network.temporal != "average":
            raise ValueError(
                f"network “{network.label}” sees the spectrogram whole: its temporal model would change nothing. Set "
                "temporal to “average”, or cut the spectrogram into windows (windows above 1)"
            )
        if modality == Modality.AUDIO_VISUAL:
            self._check_fusion(network, recipe)

    def _check_classical(self, network: Network) -> None:
        modality = self.modality_of(network)
        if modality != Modality.AUDIO:
            raise ValueError(
                f"network “{network.label}” is fitted to MFCC statistics of sounds, and cannot be given "
                f"{modality.word}: set its modality to “audio”, or remove it"
            )
        fields = Network.model_fields
        ignored = [name for name in NOT_CLASSICAL if getattr(network, name) != fields[name].default]
        if ignored:
            raise ValueError(
                f"network “{network.label}” is fitted to MFCC statistics: its {ignored[0]} would change nothing. "
                "Remove it"
            )
        strange = [key for key in dotted(network.recipe) if key not in OF_CLASSICAL]
        if strange:
            raise ValueError(
                f"network “{network.label}”, recipe: it is fitted to MFCC statistics, and {strange[0]} would change "
                f"nothing: it follows no more than {', '.join(OF_CLASSICAL)}. Remove it"
            )
        self.recipe_of(network)

    def _check_fusion(self, network: Network, recipe: Recipe) -> None:
        averages = network.fusion == "score average"
        fixed = ("sound", "sight") if network.joint else ("weights", "temporal")
        ignored = [name for name in fixed if getattr(network, name) != Network.model_fields[name].default]
        if ignored:
            why = "is trained jointly" if network.joint else "starts from the runs of its branches"
            raise ValueError(f"network “{network.label}” {why}: its {ignored[0]} would change nothing. Remove it")
        if network.joint and averages:
            raise ValueError(
                f"network “{network.label}” averages the scores of trained branches: it cannot be trained jointly"
            )
        alone = {self.modality_of(other) for other in self.network if not other.classical}
        if not {Modality.AUDIO, Modality.VIDEO} <= alone:
            raise ValueError(
                f"network “{network.label}” uses sound and sight: add a network for each alone, so that what both "
                "bring can be told from what one does"
            )
        if network.joint:
            return
        needs = averages or network.learns_from == "validation part"
        shares = {self.recipe_of(branch).validation_share for branch in self.branches_of(network)}
        if (needs or recipe.validation_share) and (shares != {recipe.validation_share} or not recipe.validation_share):
            remedy = "" if averages else ", or let it learn from the training clips" if needs else ", or to 0 for it"
            raise ValueError(
                f"network “{network.label}” learns on the validation part, which its branches must not have been "
                f"trained on: set one validation_share above 0 for all three{remedy}"
            )

    def recipe_of(self, network: Network) -> Recipe:
        """The study's recipe with the network's departures merged in, checked like the rest.

        An audio-visual network that starts from trained branches sees and hears as they do.
        """
        base = self.recipe.model_dump(mode="python")
        recipe: Recipe = validated(Recipe, _merged(base, network.recipe), f"network “{network.label}”, recipe")
        branches = self.branches_of(network)
        if not branches:
            return recipe
        sound, sight = (self.recipe_of(branch) for branch in branches)
        for name, branch in (("audio", sound.audio), ("video", sight.video)):
            if name in network.recipe and getattr(recipe, name) != branch:
                raise ValueError(
                    f"network “{network.label}” departs in {name}: it takes what its branch takes. Remove it there"
                )
        return recipe.model_copy(update={"audio": sound.audio, "video": sight.video})

    def runs(self, folds: tuple[int, ...]) -> Iterator[RunSpec]:
        """Every run of the grid in the order in which it is trained.

        `folds` are those the dataset has: others that the study asks for are passed over.
        """
        wanted = [fold for fold in (self.folds or folds) if fold in folds]
        for seed in self.seeds:
            if self.order == "all networks":
                grid = [(network, fold) for fold in wanted for network in self.network]
            else:
                grid = [(network, fold) for network in self.network for fold in wanted]
            for network, fold in grid:
                yield self._spec(network, fold, seed)

    def _spec(self, network: Network, fold: int, seed: int) -> RunSpec:
        modality = self.modality_of(network)
        branches: tuple[Branch, ...] = ()
        if modality == Modality.AUDIO_VISUAL:
            both = (Modality.AUDIO, Modality.VIDEO)
            starts = self.branches_of(network)
            runs = [self._spec(branch, fold, seed).id for branch in starts] or ["", ""]
            branches = tuple(
                Branch(network=branch, modality=part, run=run)
                for branch, part, run in zip(starts or (network, network), both, runs, strict=True)
            )
        return RunSpec(
            study=self.name,
            network=network,
            modality=modality,
            dataset=self.dataset,
            recipe=self.recipe_of(network),
            fold=fold,
            seed=seed,
            branches=branches,
        )


def architectures(*, classical: bool = True) -> dict[str, str]:
    """Name → title of every architecture, for forms and legends: the window never imports the networks.

    `classical`: with the baselines that are fitted to MFCC statistics of sounds, and are no networks.
    """
    return {name: info.title for name, info in ARCHITECTURES.items() if classical or not info.classical}


def compared() -> tuple[str, ...]:
    """Names of the architectures that are compared for their own sake, and not to take another one apart."""
    return tuple(name for name, info in MODELS.items() if not info.ablation_of)


def read_study(path: Path) -> Study:
    """Read a study from TOML. Relative dataset and weights paths are taken from the file's folder.

    Raises:
        UserError: the file is missing, is no TOML, or names the key, the value and the allowed range of what is wrong.
    """
    content = read_toml(path)
    _anchor(content.get("dataset"), "root", path)
    for network in content.get("network", ()) if isinstance(content.get("network"), list) else ():
        if isinstance(network, dict) and network.get("weights") == "file":
            _anchor(network, "weights_path", path)
    study: Study = validated(Study, content, path.name)
    return study


def _anchor(table: Any, key: str, file: Path) -> None:
    """Make a relative path in a table absolute, seen from the study's file."""
    if isinstance(table, dict) and isinstance(table.get(key), str) and table[key]:
        table[key] = str(file.parent.absolute() / Path(table[key]).expanduser())


def _merged(base: Mapping[str, Any], departures: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in departures.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result
