"""A customer data platform that lives in the customer's own warehouse, as one dbt project.

The package is the library half of the project: pure cores (``linkage``, ``activation``,
``privacy``, ``sample``), thin edges (``warehouse``, ``destinations``) and the ``cdp`` shell.
"""

__version__ = "0.1.0"
