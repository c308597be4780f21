"""``python -m warehouse_cdp`` is ``cdp``."""

from warehouse_cdp.cli import main

if __name__ == "__main__":
    main()
