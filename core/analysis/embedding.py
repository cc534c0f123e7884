"""Embedding: many numbers of each clip as a place on a plane, near where the clips are alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.events import Progress

COMPONENTS = 50  # principal components at most that t-SNE is given
PERPLEXITY = 30.0  # how many neighbours count, about; fewer where there are few clips
EXAGGERATED, FREE = 250, 500  # iterations, as openTSNE's defaults
LOOK_EVERY = 10  # iterations
FEWEST = 5  # clips: with fewer a perplexity has no meaning
SEED = 0
LEAST = 1e-12  # of a probability, as where the loss is taken, and of a length
LARGEST = float(np.finfo(np.float16).max)  # features are kept in half precision: what overflowed was at least this


def directions(features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Features at unit length: x / ‖x‖. Euclidean distances between these are those of the cosine, √(2 − 2 cos).

    Length says how loud or how sharp a clip is, and how sure the network; the direction says of what. In eight of ten
    runs of ESC-10 the nearest clips on the map were more often of one class so than with every feature standardised,
    which makes much of units that hardly ever answer.

    Args:
        features: (clips, dimensions). What is not a number counts as 0, what overflowed as the largest half-precision
            number.

    Returns:
        (clips, dimensions); a clip without any activation stays at 0.
    """
    values = np.nan_to_num(features.astype(np.float32), nan=0.0, posinf=LARGEST, neginf=-LARGEST)
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), np.float32(LEAST))


def log_ratios(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centred log-ratios of class probabilities: ln pᵢ − mean of ln p (Aitchison 1982, J. R. Stat. Soc. B 44).

    Of a softmax these are its logits, centred: distances between them are meant where those of shares, which are
    squeezed towards 0 and 1, are not; and they mean the same of any network of these classes.

    Args:
        probabilities: (clips, classes), floored at 1e-12.

    Returns:
        (clips, classes), nats; each row sums to 0.
    """
    logs = np.log(np.maximum(probabilities.astype(np.float64), LEAST))
    centred: NDArray[np.float64] = logs - logs.mean(axis=1, keepdims=True)
    return centred.astype(np.float32)


def embed(
    vectors: NDArray[np.float32],
    control: Control,
    report: Callable[[Progress], None],
    what: str = "Mapping clips",
) -> NDArray[np.float32]:
    """A map by t-SNE (van der Maaten & Hinton 2008) of the first 50 principal components; the same for the same input.

    As recommended for maps that can be read: begun with the first two principal components rather than at random, and
    with early exaggeration 12 (Kobak & Berens 2019, Nature Communications 10:5416), at a learning rate of n / 12 while
    it lasts and n after it (Belkina et al. 2019, Nature Communications 10:5415). Distances are Euclidean, which is
    Aitchison's of log-ratios and the cosine's of directions; neighbours are found exactly. One thread: with two on two
    busy cores openTSNE 1.0.4 took four times as long and the principal components six, with the window late.

    Args:
        vectors: (clips, dimensions), finite.
        control: cancels between iterations.
        report: told how many iterations are done.

    Returns:
        (clips, 2); fewer than 5 clips are placed by their principal components alone, clips that are all the same in
        one place.

    Raises:
        Cancelled: through `control`.
    """
    clips = len(vectors)
    if clips < 2 or not np.ptp(vectors, axis=0).any():
        return np.zeros((clips, 2), np.float32)
    report(Progress(what, 0, EXAGGERATED + FREE, "steps"))
    control.checkpoint()
    from openTSNE import TSNE
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    control.checkpoint()
    done = 0

    def look(iteration: int, error: float, embedding: object) -> bool:
        nonlocal done
        control.checkpoint()
        done += LOOK_EVERY
        report(Progress(what, done, EXAGGERATED + FREE, "steps"))
        return False

    with threadpool_limits(1):
        components = PCA(min(COMPONENTS, *vectors.shape), random_state=SEED).fit_transform(vectors)
        components = np.pad(components, ((0, 0), (0, max(0, 2 - components.shape[1]))))  # of one dimension: on a line
        if clips < FEWEST:
            return np.ascontiguousarray(components[:, :2], np.float32)
        control.checkpoint()
        placed = TSNE(
            perplexity=min(PERPLEXITY, (clips - 1) / 3),
            initialization="pca",
            learning_rate="auto",  # n / exaggeration
            early_exaggeration_iter=EXAGGERATED,
            n_iter=FREE,
            metric="euclidean",
            neighbors="exact",
            n_jobs=1,
            random_state=SEED,
            callbacks=look,
            callbacks_every_iters=LOOK_EVERY,
        ).fit(components)
    return np.array(placed, np.float32)
