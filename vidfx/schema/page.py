"""docs/columns.md, made of the columns of all tables."""

from __future__ import annotations

from vidfx import schema
from vidfx.schema import batch
from vidfx.schema.files import OF_A_BATCH, OF_A_VIDEO, OF_CLIPS, File

_INTRODUCTION = f"""# Columns

Made by `python -m vidfx.schema > docs/columns.md`; the source is `vidfx/schema/`.
The decimal sign is a point; an empty cell means: not measured, unless its row says otherwise.

This is version {schema.VERSION} (`"schema": "{schema.SUMMARY_SCHEMA}"` in the summary). Version 1
called the landmarks `lm0_x_px` to `lm4_y_px`, and had neither `emotion_reason` nor `faces_unsure`;
its `emotion_share` was of all rows with probabilities. `vidfx.output.read_rows` reads the files of
both versions into the columns of this one:

```python
from vidfx.output.read_rows import read_rows

for row in read_rows("talk.mp4.faces.csv"):  # int, float, str, or None for an empty cell
    print(row["time_s"], row["left_eye_x_px"], row["emotion"])
```

The summary lists the type of each column under `columns`, by the names that pandas has for types.
With them a column has its type also where all its cells are empty:

```python
types = json.loads(Path("talk.mp4.summary.json").read_text())["columns"]
faces = pandas.read_csv(
    "talk.mp4.faces.csv", dtype=types["faces"], keep_default_na=False, na_values=[""]
)
```

With `--file-column` each row begins with the name of its input, so that the files of several inputs
can be concatenated."""

_BATCH = f"""The next four tables are over all videos of OUT;
[`vidfx tables`](tables.md) writes them. They are version 1 (`"schema": "{batch.TABLES_SCHEMA}"` in
`tables/tables.json`, which lists the types of their columns). They have `share_` and `mean_`
columns for every expression that a model of the batch can name."""


def markdown() -> str:
    """The documentation of all columns, as Markdown."""
    lines = [_INTRODUCTION]
    for file in OF_A_VIDEO:
        lines += _section(file)
    lines += ["", _BATCH]
    for file in (*OF_A_BATCH, OF_CLIPS):
        lines += _section(file)
    return "\n".join(lines) + "\n"


def _section(file: File) -> list[str]:
    return [
        *("", f"## `{file.name}`: one row per {file.row}", ""),
        *("| column | unit | type | meaning |", "| --- | --- | --- | --- |"),
        *(
            f"| `{c.name}` | {c.unit} | {c.type} | {c.meaning.replace('|', chr(92) + '|')} |"
            for c in file.columns
        ),
    ]
