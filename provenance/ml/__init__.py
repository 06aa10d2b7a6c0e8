"""In front of a training loop: what a gate allowed, asked by `datasets`, PyTorch and WebDataset.

Each adapter is a module of its own and imports its library only when it is used; torch is never imported. What the gate
has not seen is never handed out, and where it has seen nothing of what is asked, that is an error.
"""
