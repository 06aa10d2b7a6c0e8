"""PyTorch: train on what may be used, and look again at every read.

Run it where `provenance demo demo` was run.
"""

from pathlib import Path

from torch.utils.data import DataLoader, Dataset, Subset

import provenance as pv
from provenance.ml.torch import AllowedSampler, Gated, indices, skipping


class Photos(Dataset):
    """A map-style dataset as `torchvision.datasets.ImageFolder` is one."""

    def __init__(self, folder: str) -> None:
        self.samples = [(str(path), 0) for path in sorted(Path(folder).iterdir())]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[str, int]:
        path, label = self.samples[index]
        return Path(path).name, label


def main() -> None:
    photos = Photos("demo/photos")
    with pv.open("demo/ledger.db") as ledger:
        verdicts = ledger.gate("demo/photos", context="demo/context.toml")
        print(verdicts.summary())
        print("subset:", [name for name, _ in Subset(photos, indices(photos, verdicts))])
        shuffled = DataLoader(photos, sampler=AllowedSampler(photos, verdicts, seed=1), batch_size=4, collate_fn=list)
        print("sampled:", sorted(name for batch in shuffled for name, _ in batch))
        watched = Gated(photos, verdicts, refused="skip")
        loader = DataLoader(watched, batch_size=4, num_workers=2, collate_fn=skipping(list))
        print("watched:", [name for batch in loader if batch is not None for name, _ in batch])


if __name__ == "__main__":
    main()
