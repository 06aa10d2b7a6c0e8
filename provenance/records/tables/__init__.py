"""The tables that known datasets and labelling tools bring along, made manifests by maps that are data.

`tables.toml` says of each which of its columns is which field of ours. What a table lacks stays unknown, and licences
stay as they are spelled there: the gate reads them.
"""
