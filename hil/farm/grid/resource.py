"""The resource `SapperBench`, as labgrid's clients see it: where the bench's server is while somebody has the place."""

from __future__ import annotations

import attr
from labgrid.factory import target_factory
from labgrid.resource.common import ManagedResource, NetworkResource
from labgrid.resource.remote import RemotePlaceManager

_number = attr.validators.optional(attr.validators.instance_of(int))
_text = attr.validators.optional(attr.validators.instance_of(str))


@target_factory.reg_resource
@attr.s(eq=False)
class SapperBench(NetworkResource, ManagedResource):
    """port, token: of the server, None while nobody has the place. The token keeps the one before out, who may not know
    yet that the place was taken from him; everybody at the coordinator can see it, so it is no secret. rig: its name.
    """

    manager_cls = RemotePlaceManager

    port = attr.ib(default=None, validator=_number)
    token = attr.ib(default=None, validator=_text)
    rig = attr.ib(default=None, validator=_text)

    def __attrs_post_init__(self) -> None:
        self.timeout = 10.0
        super().__attrs_post_init__()
