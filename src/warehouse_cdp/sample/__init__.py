"""A made-up retailer of homeware and coffee machines, with known truth."""

from warehouse_cdp.sample.load import load_sample
from warehouse_cdp.sample.rates import Rates, documented_rates
from warehouse_cdp.sample.write import Sample, generate, write_sample

__all__ = ["Rates", "Sample", "documented_rates", "generate", "load_sample", "write_sample"]
