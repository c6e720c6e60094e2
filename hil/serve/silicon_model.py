"""Writes what the model shows by the protocol's steps into the host's package, where a real board is compared with it.

python -m hil.serve.silicon_model
"""

from __future__ import annotations

import sys
from pathlib import Path
from pprint import pformat

from hil.rigs.virtual.xip import XIP_MISS_CLK
from hil.serve.silicon_rover import SiliconRover
from sapper_host.files import whole_file
from sapper_host.silicon import model, protocol
from sapper_host.silicon.bench import Bench

_HEAD = f'''"""What the virtual Pico shows by the protocol's steps, at {XIP_MISS_CLK} clocks a miss. Written by
`python -m hil.serve.silicon_model`; a test holds it current."""

from sapper_host.silicon.step import Figure

MODEL: dict[str, Figure] = '''


def main() -> None:
    """Some minutes, of which a sweep of one is most."""
    with SiliconRover() as rover:
        bench = Bench(rover, rover.hands)
        record = protocol.run(bench, lambda line: print(line, file=sys.stderr), on_blocks=True)
    text = pformat(protocol.figures_of(record), width=116, sort_dicts=False).replace("'", '"')
    body = "{\n    " + text[1:-1].replace("\n ", "\n    ") + ",\n}\n"
    whole_file.write(Path(model.__file__), _HEAD + body)


if __name__ == "__main__":
    main()
