"""All steps of the protocol but those that a test is about."""

from __future__ import annotations

from sapper_host.silicon.protocol import STEPS


def others(*names: str) -> dict[str, str]:
    """As `protocol.run` takes them."""
    assert set(names) <= {step.name for step in STEPS}
    return {step.name: "not asked for" for step in STEPS if step.name not in names}
