"""Sensorium. Without arguments: the window. `main.py run STUDY.toml`: the same engine, headless."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

PRESETS = Path(__file__).parent / "resources" / "presets"

app = typer.Typer(add_completion=False, no_args_is_help=False, pretty_exceptions_show_locals=False)

WorkspaceOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it at run time
    typer.Option("--workspace", help="Folder for data, runs and cache. Default: $SENSORIUM_WORKSPACE or ~/Sensorium."),
]

DatasetRootOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--dataset-root", help="Where the dataset lies, if not in the workspace."),
]


@app.callback(invoke_without_command=True)
def window(context: typer.Context, workspace: WorkspaceOption = None) -> None:
    """Train and compare image networks on sound, on video and on both. Without a command, the window opens."""
    context.obj = workspace  # a command without its own --workspace takes this one
    if context.invoked_subcommand is None:
        from gui.app import main

        raise typer.Exit(main(workspace))


@app.command()
def run(
    context: typer.Context,
    study: Annotated[Path, typer.Argument(help="The study, a TOML file; see resources/presets/.")],
    workspace: WorkspaceOption = None,
    dataset_root: DatasetRootOption = None,
    cluster: Annotated[
        str,
        typer.Option(help="Train on a Ray cluster: HOST:PORT, “auto” (this machine's), or “local” (started here)."),
    ] = "",
    cpus_per_run: Annotated[int, typer.Option(help="On a cluster: processors, and threads, of each run.", min=1)] = 1,
    gpus_per_run: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="On a cluster: GPUs of each run, or a share of one. Default: one, if there are any.", min=0),
    ] = None,
) -> None:
    """Train a study without a window. Finished runs are kept: the same command goes on from the last checkpoint."""
    from core.cluster import Cluster
    from core.console.training import run_study

    place = Cluster(cluster, cpus_per_run, gpus_per_run) if cluster else None
    raise typer.Exit(run_study(study, workspace or context.obj, dataset_root, place))


@app.command()
def search(
    context: typer.Context,
    study: Annotated[Path, typer.Argument(help="The study, a TOML file; see resources/presets/.")],
    network: Annotated[str, typer.Option(help="Whose settings are searched. Default: the first of the study.")] = "",
    trials: Annotated[int, typer.Option(help="Settings to try.")] = 20,
    epochs: Annotated[int, typer.Option(help="Epochs of each trial; 0 = as many as the recipe has.")] = 0,
    fold: Annotated[int, typer.Option(help="The test fold whose clips are never looked at.")] = 1,
    minutes: Annotated[float, typer.Option(help="After so long no new trial is begun; 0 = no limit.")] = 0.0,
    workspace: WorkspaceOption = None,
    dataset_root: DatasetRootOption = None,
) -> None:
    """Search a network's learning rate, weight decay, batch and augmentation strength, judged on validation clips.

    The same command goes on with a search that was stopped. What was found is written as a study for `run`.
    """
    from core.console.training import search_study

    given = {"network": network, "trials": trials, "epochs": epochs, "fold": fold, "minutes": minutes}
    raise typer.Exit(search_study(study, given, workspace or context.obj, dataset_root))


@app.command()
def demo(
    context: typer.Context,
    modality: Annotated[str, typer.Option(help="What is recognised: audio, video or audio-visual.")] = "audio",
    workspace: WorkspaceOption = None,
) -> None:
    """Train on synthetic clips whose right answers are known, in a few minutes."""
    from core.console.training import run_study
    from core.datasets.base import Modality

    if modality not in list(Modality):
        raise typer.BadParameter(f"“{modality}” is none of {', '.join(Modality)}.", param_hint="--modality")
    preset = "demo.toml" if modality == Modality.AUDIO else f"demo-{modality}.toml"
    raise typer.Exit(run_study(PRESETS / preset, workspace or context.obj, None))


@app.command()
def compare(
    context: typer.Context,
    study: Annotated[list[str], typer.Argument(help="Studies with finished runs; of several, networks are ranked.")],
    metric: Annotated[str, typer.Option(help="What is compared: accuracy, macro_f1, log_loss …")] = "accuracy",
    rope: Annotated[
        float,
        typer.Option(help="Differences of at most this much are practically none: points of a metric in %.", min=0.0),
    ] = 1.0,
    clips: Annotated[bool, typer.Option(help="Compare clip by clip too, which reads all predictions.")] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Print what finished studies show: means, every pair with its tests, and what the design cannot answer."""
    from core.console.reports import compare_studies

    raise typer.Exit(compare_studies(study, metric, rope, clips, workspace or context.obj))


@app.command()
def verify(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run: STUDY/RUN, or its folder.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Train a finished run again from its own files and say whether the predictions are equal."""
    from core.console.training import verify_run

    raise typer.Exit(verify_run(run, workspace or context.obj))


@app.command()
def robustness(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="A study with finished runs.")],
    corruption: Annotated[
        str, typer.Option(help="What is done to the test clips: noise (sound) or blur (sight).")
    ] = "noise",
    level: Annotated[
        Optional[list[float]],  # noqa: UP045
        typer.Option("--level", help="How strongly, e.g. dB SNR; may be given several times. Default: the usual ones."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask a study's finished runs again while their test clips get worse, and print the curve."""
    from core.console.reports import run_robustness

    raise typer.Exit(run_robustness(study, corruption, level or (), workspace or context.obj))


@app.command()
def ensemble(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="A study with finished runs of two networks at least.")],
    network: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--network", help="Name of a member; may be given several times. Default: all networks."),
    ] = None,
    metric: Annotated[str, typer.Option(help="What is compared: accuracy, macro_f1, log_loss …")] = "accuracy",
    workspace: WorkspaceOption = None,
) -> None:
    """Average what a study's networks say of each clip, and print the gain over the best of them."""
    from core.console.reports import run_ensemble

    raise typer.Exit(run_ensemble(study, network or (), metric, workspace or context.obj))


@app.command()
def shift(
    context: typer.Context,
    run: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(help="Finished runs: STUDY/RUN, or their folders. Default: all there are."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask finished runs about what was captured in the Live panel, and print it beside their test accuracy."""
    from core.console.reports import run_shift

    raise typer.Exit(run_shift(run or (), workspace or context.obj))


@app.command()
def adapt(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A finished run: STUDY/RUN, or its folder.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Train a run's last layer on captures, and compare before and after on sessions that were held out."""
    from core.console.training import run_adapt

    raise typer.Exit(run_adapt(run, workspace or context.obj))


if __name__ == "__main__":
    app()
