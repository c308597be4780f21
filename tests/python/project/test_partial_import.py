"""Only a part of recordlinkage is imported, and the rest of it still comes when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from warehouse_cdp.partial_import import defer_init

PROGRAM = """
import sys
import warehouse_cdp.linkage
assert "recordlinkage.base" in sys.modules
assert not {"sklearn", "scipy.stats"} & set(sys.modules), "the matcher imports scikit-learn"
import recordlinkage
from recordlinkage.base import BaseCompareFeature
from warehouse_cdp.linkage.compare import features
assert isinstance(features()[0], BaseCompareFeature)
assert recordlinkage.index.Full is recordlinkage.api.Full
assert "sklearn.svm" not in sys.modules
recordlinkage.Compare(features())
assert recordlinkage.base.BaseCompareFeature is BaseCompareFeature
from recordlinkage import ECMClassifier
assert not hasattr(recordlinkage, "no_such_thing")
"""


def test_linkage_imports_no_scikit_learn_and_leaves_recordlinkage_whole() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="'no_such_package'"):
        defer_init("no_such_package")
