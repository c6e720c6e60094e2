"""`python -m sapper_host` is the `sapper` command."""

import sys

from sapper_host.cli import main

sys.exit(main())
