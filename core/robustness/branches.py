"""Whether an audio-visual network keeps up with the better of its branches while clips get worse."""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.statistics import Difference, holm, p_words
from core.robustness import Level
from core.robustness.curve import Sweep

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class AtLevel:
    """An audio-visual network and its branches at one level."""

    level: Level
    better: str  # label of the branch with the higher mean; the sound's where they are equal
    difference: Difference  # to it
    both_p: float | None  # that it lies above each of the two: the larger p; 1 where it lies above one at most
    adjusted_p: float | None = None  # the same after Holm over the levels

    @property
    def below(self) -> bool:
        """Significantly below the better branch at this level, looked at alone: the stricter reading of “never”."""
        p = self.difference.p
        return p is not None and p < SIGNIFICANCE and self.difference.mean < 0

    @property
    def above_both(self) -> str:
        """The test of `above` in words; nothing where it lies above one branch at most."""
        if self.adjusted_p is None or self.difference.mean <= 0:
            return ""
        return f" Above both: {p_words(self.adjusted_p)} after Holm over the levels."

    @property
    def above(self) -> bool:
        """Significantly above both branches, having asked at every level: the stricter reading of “somewhere”."""
        return self.adjusted_p is not None and self.adjusted_p < SIGNIFICANCE


@dataclass(frozen=True)
class AgainstBranches:
    """An audio-visual network beside its branches, at every level that all three were asked at."""

    network: str
    sweep: Sweep
    levels: tuple[AtLevel, ...]

    @property
    def verdict(self) -> str:
        """Where it lies significantly above both branches and below the better one, as a sentence."""
        tested = [at.level for at in self.levels if at.difference.p is not None]
        if not tested:
            return f"{self.network}: nothing can be tested against its branches."
        listed, of = self.sweep.row.listed, "of its branches"
        above = [at.level for at in self.levels if at.above]
        below = [at.level for at in self.levels if at.below]
        high = f"significantly above both {of} {listed(above)}" if above else f"nowhere significantly above both {of}"
        low = (
            f"significantly below the better one {listed(below)}"
            if below
            else "never significantly below the better one"
        )
        only = "" if len(tested) == len(self.sweep.levels) else f" (tested {listed(tested)})"
        return f"{self.network} is {high}, and {low}{only}."

    def sentences(self) -> tuple[str, ...]:
        """The difference to the better branch at each level, and what is left of being above both; then how much its
        sound counts there."""
        differences = tuple(
            f"{_capital(self.sweep.row.word(at.level))}: {at.difference.sentence('it', at.better)}{at.above_both}"
            for at in self.levels
        )
        return (*differences, self.weights) if self.weights else differences

    @property
    def weights(self) -> str:
        """How much the sound counts beside the sight at each level, where the network weighs them."""
        shares = self.sweep.networks[self.network].sound_shares
        told = [(level, shares[level]) for level in self.sweep.levels if level in shares]
        listed = ", ".join(
            f"{100 * share:.0f} % {'' if level is None else 'at '}{self.sweep.row.word(level)}" for level, share in told
        )
        return f"Weight of the sound, mean over the clips: {listed}." if told else ""


def against_branches(sweep: Sweep) -> tuple[AgainstBranches, ...]:
    """Every audio-visual network whose branches are there, at the levels asked.

    That it lies above both branches is tested as an intersection-union (the larger of two p-values, which needs no
    correction for there being two: R. L. Berger 1982, Technometrics 24, 295–300), then after Holm over its levels.
    """
    found = []
    for label, network in sweep.networks.items():
        at_levels = [at for level in sweep.levels if (at := _at(sweep, label, network.branches, level)) is not None]
        tested = [at.both_p for at in at_levels if at.both_p is not None]
        adjusted = iter(holm(tested))
        levels = tuple(
            AtLevel(at.level, at.better, at.difference, at.both_p, None if at.both_p is None else next(adjusted))
            for at in at_levels
        )
        if levels:
            found.append(AgainstBranches(label, sweep, levels))
    return tuple(found)


def _at(sweep: Sweep, label: str, branches: tuple[str, ...], level: Level) -> AtLevel | None:
    means = [(mean.value, branch) for branch in branches if (mean := sweep.mean(branch, level)) is not None]
    differences = {
        branch: found for branch in branches if (found := sweep.difference(label, branch, level)) is not None
    }
    if not branches or len(means) < len(branches) or len(differences) < len(branches):
        return None
    better = max(means, key=lambda pair: pair[0])[1]
    ps = [found.p for found in differences.values()]
    known = [p for p in ps if p is not None]
    above_all = all(found.mean > 0 for found in differences.values())
    both = None if len(known) < len(ps) else max(known) if above_all else 1.0
    return AtLevel(level, better, differences[better], both)


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
