"""What holds for all tests: lines are as long as where nobody says otherwise (tests over several processes say it)."""

import os

os.environ.pop("COLUMNS", None)
