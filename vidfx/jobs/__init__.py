"""What is to be done, and its state: inputs, jobs, events, outcomes, locks, ledger.

Knows files, folders and object storage; no video, no model and no process.
"""
