"""Speed, memory and recall, each beside its peers in the same run: `python -m benchmarks NAME [--quick] --json`."""
