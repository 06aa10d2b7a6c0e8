"""What people declare: manifests, basis records and the gate context, read strictly and told about in full.

>>> read_manifest("metadata.csv").rows  # doctest: +SKIP
1204311
"""

from provenance.records.basis import RecordsFile, read_records
from provenance.records.manifest import ManifestFile, read_manifest
from provenance.records.values.person_ref import ref_problem

__all__ = ["ManifestFile", "RecordsFile", "read_manifest", "read_records", "ref_problem"]
