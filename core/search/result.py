"""What a search found: the best settings, how it got there, what mattered, and what must be said of it."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import readable
from core.files import slug
from core.recipe import Recipe
from core.search.plan import Plan, read_plan
from core.search.trials import NAME, Ending, Settings, Trial, open_journal, read_trials
from core.settings_file import write_toml
from core.study import Study

if TYPE_CHECKING:
    import optuna

JOURNAL = "trials.jsonl"
LEAST = 6  # trials trained to the end from which importances are told
SURE = 30  # of which they are no mere guess
TREES = 64
STRENGTH = "Augmentation strength"


@dataclass(frozen=True)
class Importance:
    """Of one thing that was searched."""

    name: str  # as in the recipe
    share: float  # 0 to 1; all add up to 1


@dataclass(frozen=True)
class SearchResult:
    """A search as it stands."""

    plan: Plan
    folder: Path
    trials: tuple[Trial, ...]

    @property
    def seconds_to_come(self) -> float | None:
        """Of the trials still asked for, that under way in full, at the pace of those that ended; None = none has."""
        if not self.counted:
            return None
        mean = sum(trial.seconds for trial in self.counted) / len(self.counted)
        return mean * max(0, self.plan.search.trials - len(self.counted))

    @property
    def counted(self) -> tuple[Trial, ...]:
        """Without those that were interrupted and are tried again, and without the one under way."""
        return tuple(trial for trial in self.trials if trial.ending.counts)

    @property
    def best(self) -> Trial | None:
        """The trial with the lowest validation loss of those trained to the end."""
        trained = [trial for trial in self.trials if trial.ending is Ending.TRAINED and trial.loss is not None]
        return min(trained, key=lambda trial: trial.loss or 0.0, default=None)

    def history(self) -> list[tuple[int, float]]:
        """The best validation loss so far after each trial that was trained to the end, with its number."""
        ended = [(t.number, t.loss) for t in self.trials if t.ending is Ending.TRAINED and t.loss is not None]
        best = itertools.accumulate((loss for _, loss in ended), min)
        return [(number, loss) for (number, _), loss in zip(ended, best, strict=True)]

    def sentence(self) -> str:
        """What was found and on which clips, or why nothing was yet."""
        if self.best is None:
            return "No trial has been trained to the end yet."
        ended = len(self.counted)
        return (
            f"Best of {readable.counted(ended, 'trial')}: {words(self.best.settings)}, with {figures(self.best)} after "
            f"epoch {self.best.epoch} (trial {self.best.number})."
        )

    def caveats(self) -> tuple[str, ...]:
        """What this figure is not, and what tests settings that were found like this."""
        fold, others = self.plan.search.fold, len(self.plan.study.network) - 1
        said = [
            f"Chosen on validation clips from the folds other than {fold}: the figure is no test score, and the best "
            "of many looks better than it is. Test scores come only from training the study.",
            f"Only the clips of fold {fold} had no part in the choice: the test scores of the other folds will be a "
            "little too good.",
        ]
        recipe, trained = self.plan.spec.recipe, self.plan.search.epochs
        if self.plan.judged_last:
            said.append(
                "The recipe sets no validation part aside: trials were trained without the clips that judged them, "
                "after their last epoch, and the study trains on all, and tests its last epoch."
            )
        if trained and trained != recipe.epochs:
            said.append(
                f"Trials had {readable.counted(trained, 'epoch')} and the study has {recipe.epochs}: what is best "
                "after so many need not be best there, the learning rate least of all."
            )
        if others:
            said.append("The other networks keep their settings: search them as long, or the comparison favours this.")
        return tuple(said)

    def best_study(self) -> Study | None:
        """The study with the best settings as departures of its network, under a name of its own; None = none yet."""
        if self.best is None:
            return None
        study = self.plan.study_with(self.best.settings)
        return study.model_copy(update={"name": self.plan.best_name})

    def write_best_study(self) -> Path | None:
        """`best_study` as a file beside the search, for `main.py run`.

        Raises:
            UserError: it cannot be written.
        """
        study = self.best_study()
        if study is None:
            return None
        path = self.folder / f"{slug(study.name)}.toml"
        write_toml(study, path)
        return path

    def importances(self) -> tuple[Importance, ...]:
        """How much of the differences in validation loss each setting accounts for, the largest first; () = too few
        trials were trained to the end.

        Functional ANOVA of a random forest fitted to them: Hutter, Hoos & Leyton-Brown, “An efficient approach for
        assessing hyperparameter importance”, ICML 2014. Of each setting alone, brought to a sum of 1. Optuna's newer
        PED-ANOVA asks what sets the best tenth apart, which is one or two trials here.
        """
        if self._trained < LEAST:
            return ()
        import optuna
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        study = load(self.folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(n_trees=TREES, seed=0))
        return tuple(Importance(name, share) for name, share in found.items())

    def importance_sentence(self) -> str:
        """How far importances can be trusted, or why there are none."""
        if self._trained < LEAST:
            return (
                f"Importances need {LEAST} trials that were trained to the end; there "
                f"{'is' if self._trained == 1 else 'are'} {self._trained}. Those that were stopped early do not count."
            )
        said = [f"Functional ANOVA of the {self._trained} trials trained to the end, within the ranges searched."]
        if any(trial.ending in (Ending.PRUNED, Ending.DIVERGED) for trial in self.trials):
            said.append("Others were stopped early: what ruins a training at once matters more than it shows here.")
        if self._trained < SURE:
            said.append("A rough guess: more trials make it surer.")
        return " ".join(said)

    @property
    def _trained(self) -> int:
        return sum(trial.ending is Ending.TRAINED for trial in self.trials)


def load(folder: Path) -> optuna.Study:
    """What Optuna keeps of a search that was begun."""
    import optuna

    return optuna.load_study(study_name=NAME, storage=open_journal(folder / JOURNAL))


def read_search(folder: Path) -> SearchResult:
    """A search that was begun, from its folder.

    Raises:
        UserError: its plan is missing or no longer valid.
    """
    plan = read_plan(folder)
    return SearchResult(plan, folder, read_trials(load(folder)) if (folder / JOURNAL).exists() else ())


def label_of(name: str) -> str:
    """A thing that is searched, as the forms call it."""
    return STRENGTH if name == "augmentation" else str(Recipe.model_fields[name].title)


def words(settings: Settings) -> str:
    """`learning rate 0.0012, batch 32, augmentation strength 0.8`."""
    return ", ".join(f"{label_of(name).lower()} {value:g}" for name, value in settings.items())


def figures(trial: Trial) -> str:
    """`validation loss 0.512 (84.4 % right)`."""
    if trial.loss is None:
        return "no validation loss"
    right = "" if trial.accuracy is None else f" ({100 * trial.accuracy:.1f} % right)"
    return f"validation loss {trial.loss:.3f}{right}"
