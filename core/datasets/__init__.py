"""DATASETS: the one table of datasets. To add one: a new file here and a row below."""

from pathlib import Path

from core.datasets.base import DatasetInfo
from core.tables import Table

DATASETS: Table[DatasetInfo] = Table(
    "dataset",
    [
        (
            "demo-sounds",
            DatasetInfo(
                title="Demo sounds (synthetic)",
                help="Sounds synthesised on this machine at first use; the app does its main job with nothing else.",
                opener="core.datasets.demo_sounds:open_demo_sounds",
                folder="datasets/demo-sounds",
                synthetic=True,
            ),
        ),
        (
            "demo-videos",
            DatasetInfo(
                title="Demo videos (synthetic)",
                help="Videos with sound, synthesised on this machine at first use. Some classes differ in appearance, "
                "some only in the direction of a motion, some only in their sound: the right answer is known.",
                opener="core.datasets.demo_videos:open_demo_videos",
                folder="datasets/demo-videos",
                synthetic=True,
            ),
        ),
        (
            "esc10",
            DatasetInfo(
                title="ESC-10",
                help="Ten classes of ESC-50 (rows flagged esc10), official folds. Piczak 2015.",
                opener="core.datasets.esc50:open_esc10",
                folder="datasets/ESC-50",
                downloader="core.datasets.esc50:ARCHIVE",
                recogniser="core.datasets.esc50:looks_like_esc50",
            ),
        ),
        (
            "esc50",
            DatasetInfo(
                title="ESC-50",
                help="2000 environmental sounds of 5 s in 50 classes, five official folds. Piczak 2015.",
                opener="core.datasets.esc50:open_esc50",
                folder="datasets/ESC-50",
                downloader="core.datasets.esc50:ARCHIVE",
                recogniser="core.datasets.esc50:looks_like_esc50",
            ),
        ),
        (
            "ucf101",
            DatasetInfo(
                title="UCF101",
                help="13320 videos of 101 human actions, three official pairs of train and test lists; about half of "
                "the classes have sound. Soomro, Zamir and Shah 2012.",
                opener="core.datasets.ucf101:open_ucf101",
                folder="datasets/UCF101",
                where="Get UCF101.rar (6.5 GB) and UCF101TrainTestSplits-RecognitionTask.zip from "
                "https://www.crcv.ucf.edu/data/UCF101.php, unpack both side by side, and open the folder that then "
                "holds UCF-101 and ucfTrainTestlist.",
                recogniser="core.datasets.ucf101:looks_like_ucf101",
            ),
        ),
        (
            "captured",
            DatasetInfo(
                title="Captured",
                help="What you kept in the Live panel, each clip with the class that you said it was.",
                opener="core.datasets.captured:open_captured",
                folder="captures",
                where="Keep some clips in the Live panel first.",
                recogniser="core.datasets.captured:looks_like_captures",
            ),
        ),
        (
            "labelled-folder",
            DatasetInfo(
                title="Labelled folder",
                help="Your own sounds or videos: a folder a class, or labels.csv with path,label[,fold][,group].",
                opener="core.datasets.labelled_folder:open_labelled_folder",
            ),
        ),
    ],
)


def recognise(folder: Path, selected: str = "") -> str:
    """The row of DATASETS that a folder belongs to by its layout: `selected` if that is one, else the last that is one.

    A row stands after its subsets (ESC-50 after ESC-10). A folder of no known layout is a labelled folder.
    """
    fitting = [name for name, info in DATASETS.items() if info.recognises(folder)]
    return selected if selected in fitting else fitting[-1] if fitting else "labelled-folder"
