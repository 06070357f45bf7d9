"""Tables over all videos of an output folder, made of their summaries and the ledger."""
