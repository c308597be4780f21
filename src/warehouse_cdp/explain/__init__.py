"""Why two records are one person, in plain words and drawn. Pure: facts in, text out.

``Facts`` come from the warehouse (``warehouse.identity_explain``). Of one customer, or of two
records, ``lines`` tells them, ``as_dictionary`` gives them to a program, ``page`` and ``picture``
draw them.
"""

from warehouse_cdp.explain.as_json import as_dictionary
from warehouse_cdp.explain.chains import Chains, Step
from warehouse_cdp.explain.drawing import page, picture
from warehouse_cdp.explain.facts import (
    Asked,
    Change,
    Exchange,
    Facts,
    Field,
    Link,
    Record,
    parse_evidence,
)
from warehouse_cdp.explain.stories import CustomerStory, PairStory, customer_story, pair_story
from warehouse_cdp.explain.telling import lines

__all__ = [
    "Asked",
    "Chains",
    "Change",
    "CustomerStory",
    "Exchange",
    "Facts",
    "Field",
    "Link",
    "PairStory",
    "Record",
    "Step",
    "as_dictionary",
    "customer_story",
    "lines",
    "page",
    "pair_story",
    "parse_evidence",
    "picture",
]
