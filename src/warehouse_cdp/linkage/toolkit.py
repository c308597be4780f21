"""The classes of recordlinkage that the matcher extends, and no more of it.

Its ``__init__`` imports scikit-learn for classifiers that nothing here uses, which took a fifth
of the CPU seconds that linking the sample takes.
"""

from warehouse_cdp.partial_import import defer_init

defer_init("recordlinkage")

from recordlinkage import config_init  # noqa: E402 - only then
from recordlinkage.adapters import SKLearnAdapter  # noqa: E402
from recordlinkage.base import (  # noqa: E402
    BaseClassifier,
    BaseCompareFeature,
    BaseIndexAlgorithm,
)

__all__ = [
    "BaseClassifier",
    "BaseCompareFeature",
    "BaseIndexAlgorithm",
    "SKLearnAdapter",
    "config_init",
]
