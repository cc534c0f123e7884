"""DATASETS: the one table of datasets. To add one: a new file here and a row below."""

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
                folder="demo-sounds",
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
                folder="demo-videos",
                synthetic=True,
            ),
        ),
        (
            "esc10",
            DatasetInfo(
                title="ESC-10",
                help="Ten classes of ESC-50 (rows flagged esc10), official folds. Piczak 2015.",
                opener="core.datasets.esc50:open_esc10",
                folder="ESC-50",
                downloader="core.datasets.esc50:ARCHIVE",
            ),
        ),
        (
            "esc50",
            DatasetInfo(
                title="ESC-50",
                help="2000 environmental sounds of 5 s in 50 classes, five official folds. Piczak 2015.",
                opener="core.datasets.esc50:open_esc50",
                folder="ESC-50",
                downloader="core.datasets.esc50:ARCHIVE",
            ),
        ),
        (
            "labelled-folder",
            DatasetInfo(
                title="Labelled folder",
                help="Your own clips: a folder for each class, or labels.csv with path,label[,fold][,group].",
                opener="core.datasets.labelled_folder:open_labelled_folder",
            ),
        ),
    ],
)
