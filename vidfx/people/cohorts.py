"""How alike strangers are: cosines between a picture of one person and the mean of another.

Measured once for a model on pictures of many people, of which nothing is kept but these numbers:
nobody can be found by them. ``python -m benchmarks people LFW.zip --cohort`` measures them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

RATES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


@dataclass(frozen=True)
class Cohort:
    """The cosines that shares of the strangers reach, see RATES."""

    one: tuple[float, ...]
    "compared with people of one picture"
    more: tuple[float, ...]
    "added for people of k pictures: this times 1 - 1/k, since a mean is more like everybody"
    about: str
    "what it was measured on"

    def cosine(self, rate: float, inverse_pictures: float) -> float:
        """The cosine that ``rate`` of the strangers reach with one person.

        ``inverse_pictures`` is 1/k for people of k pictures. It is linear in the logarithm of the
        rate, also beyond the rates that were measured.
        """
        cosines = [a + b * (1 - inverse_pictures) for a, b in zip(self.one, self.more, strict=True)]
        smaller = next((i for i, known in enumerate(RATES) if known <= rate), len(RATES) - 1)
        i = max(1, smaller)
        steps = math.log(rate / RATES[i]) / math.log(RATES[i - 1] / RATES[i])
        return cosines[i] + steps * (cosines[i - 1] - cosines[i])


COHORTS = {
    "61b024a74dbaa4f33a99afcd636644ddba9b4f6831c4ead6ec8bcbde938d8666": Cohort(  # dlib-face
        one=(0.8782, 0.9074, 0.9259, 0.9392, 0.9530),
        more=(0.0192, 0.0166, 0.0136, 0.0114, 0.0107),
        about="1,989 pictures of 988 people of Labeled Faces in the Wild",
    ),
}
"""By ``EngineSpec.embedding_model``, which is a Gallery's ``model``."""
