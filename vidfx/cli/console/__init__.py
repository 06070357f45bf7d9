"""What the commands print: progress, tables, JSON, and streams that may be closed."""
