"""Settings of the host's tests."""

from hypothesis import HealthCheck, settings

# A busy machine is no failure: how long one example takes is not what these tests promise.
settings.register_profile("host", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("host")
