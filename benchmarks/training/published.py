"""What the makers of other tools say of their expression models, with the sources."""

from __future__ import annotations

from benchmarks.measure import table

_GITHUB = "https://github.com"
_HEADER = ("tool, model", "classes", "accuracy", "measured on", "source")
_ROWS = (
    ("VGG-13 of the FER+ paper, programmed again in Keras", "8", "0.833, mean of five trainings",
     "FER+, majority",
     f"[ferplus-keras]({_GITHUB}/rezafuad/ferplus-keras)"),
    ("deepface", "7", "0.574", "FER2013",
     f"[issue 247]({_GITHUB}/serengil/deepface/issues/247),"
     f" [issue 1375]({_GITHUB}/serengil/deepface/issues/1375)"),
    ("fer", "7", '"I think ... 66 %" (2019), "about 71 %" (2022)', "FER2013",
     f"[issue 6]({_GITHUB}/justinshenk/fer/issues/6),"
     f" [issue 50]({_GITHUB}/justinshenk/fer/issues/50)"),
    ("py-feat, `resmasknet`", "7", "0.741, of the network, by its authors", "FER2013",
     f"[ResidualMaskingNetwork]({_GITHUB}/phamquiluan/ResidualMaskingNetwork)"),
    ("py-feat, `Detectorv2`", "7", "0.869; 0.628", "RAF-DB, test; AffectNet, validation",
     f"[model card]({_GITHUB}/cosanlab/py-feat/blob/main/feat/multitask/MODEL_CARD.md)"),
)  # fmt: skip

PUBLISHED = f"""\
These figures are from the makers of the models, on other pictures and with other labels. They
cannot be compared with ours as if measured on the same pictures; none of these models was run here.
The sources were read on 28 November 2026.

{table(_HEADER, _ROWS)}

- FER2013's own labels are often not what ten people say of the same picture, so an accuracy on
  FER2013 and one on FER+ cannot be subtracted from each other.
- Seven classes are FER+'s eight without contempt.
- The paper on FER+ ([Barsoum et al. 2016](https://arxiv.org/abs/1608.01041)) says in its abstract
  that learning the votes is better than learning the majority. Its figures could not be read here,
  so none is quoted.
- FaceReader is a commercial product; no figure of it is quoted."""
"""The section of the page, in Markdown."""
