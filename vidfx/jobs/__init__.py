"""The jobs of a batch, and their state: inputs, jobs, events, outcomes, locks, ledger.

``search`` and ``plan`` make jobs of inputs, ``earlier_results`` finds results under other names,
``content`` has the hash of an input, ``storage`` and ``spool`` are for S3 and the like, ``events``
and ``outcomes`` are what a run reports, ``ledger`` records it and ``history`` reads that back,
``locks`` keep two runs apart, ``leftovers`` are temporary files of dead ones. Knows files, folders
and object storage; no video, no model and no process.
"""
