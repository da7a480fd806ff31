"""A platform in memory, in virtual time: what labs, the recorder and judges are tested on without any engine.

    clock = VirtualClock()
    place = site(cluster, clock, faults=("one restart is slow",), lag_s=0.5)
    place.open(Deadline.after(60, clock))
    here = place.trial(Scope("r1", "t001", arm, manifests, folder, heard=entries.append))
    here.types("kubectl apply --filename deployment.yaml")

It reads the real files, and understands most of what labs type; `commands={"docker build": ("built", 0)}` brings
the rest.
"""

from tests.support.fake.clock import Stuck, VirtualClock
from tests.support.fake.faults import FAULTS, Fault
from tests.support.fake.site import FakeSite, site
from tests.support.fake.world import World

__all__ = ["FAULTS", "FakeSite", "Fault", "Stuck", "VirtualClock", "World", "site"]
