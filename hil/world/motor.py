"""One track: an H-bridge, a brushed motor, friction and the track's inertia. Pure arithmetic, plain floats for
speed.
"""

from hil.world.world_spec import RoverSpec


class Motor:
    """Track speed from duty.

    Linear brushed motor in units of speed: the current wants to be proportional to drive - v (stall to no load) and
    gets there with the electrical time constant; dv/dt = (current - load - friction) / mechanical time constant (e.g.
    Krause, 'Analysis of Electric Machinery', chapter on DC machines). With the bridge or the contactor open no
    current flows and the track coasts.
    """

    def __init__(self, spec: RoverSpec, stronger: float = 0.0) -> None:
        self.top_m_s = spec.no_load_m_s * (1 + stronger)
        self._friction_m_s = spec.friction_m_s
        self._stiction_m_s = spec.stiction_m_s
        self._mechanical_s = spec.mechanical_ms / 1000
        self._electrical_s = spec.electrical_ms / 1000
        self._coast_s = spec.coast_ms / 1000
        self._brakes = spec.at_zero_duty == "brake"
        # What the ground takes, in units of speed: a grade pushes (back when positive), loose ground holds.
        self.load_m_s = 0.0
        self.drag_m_s = 0.0
        self.speed_m_s = 0.0
        # In units of speed: what is left of the drive after the back EMF. 1 unit = no-load speed = stall current.
        self.current_m_s = 0.0

    @property
    def load(self) -> float:
        """Share of the stall current that the supply gives now, 0..1."""
        return min(abs(self.current_m_s) / self.top_m_s, 1.0)

    def step(self, dt_s: float, duty: float, live: bool) -> float:
        """Advance by dt_s (a millisecond or so) at a signed duty (-1..1, of a supply at nominal); returns the way (m).

        `live`: the contactor is closed. Speed changes inside the step are taken as straight.
        """
        v = self.speed_m_s
        conducts = live and (duty != 0.0 or self._brakes)
        if conducts:
            wanted = duty * self.top_m_s - v
            # implicit Euler: stable for any step
            share = dt_s / (self._electrical_s + dt_s)
            self.current_m_s += share * (wanted - self.current_m_s)
            drive, lag = self.current_m_s, self._mechanical_s
        else:
            self.current_m_s = 0.0
            drive, lag = -v * self._mechanical_s / self._coast_s, self._mechanical_s
        drive -= self.load_m_s
        stiction_m_s = self._stiction_m_s + self.drag_m_s
        if v == 0.0:
            if abs(drive) <= stiction_m_s:
                return 0.0
            direction = 1.0 if drive > 0 else -1.0
        else:
            direction = 1.0 if v > 0 else -1.0
        after = v + dt_s / lag * (drive - direction * (self._friction_m_s + self.drag_m_s))
        if after * direction < 0 and abs(drive) <= stiction_m_s:
            # friction stops a track, it does not push it back
            way = 0.5 * v * dt_s * abs(v) / (abs(v) + abs(after))
            self.speed_m_s = 0.0
            return way
        self.speed_m_s = after
        return 0.5 * (v + after) * dt_s
