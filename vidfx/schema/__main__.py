"""``python -m vidfx.schema`` prints docs/columns.md."""

import sys

from vidfx.schema.page import markdown

sys.stdout.write(markdown())
