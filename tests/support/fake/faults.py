"""What can be wrong with the platform in memory: each fault has a name, and is told in one line."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Fault(NamedTuple):
    name: str
    does: str


FAULTS = tuple(
    Fault(*one)
    for one in (
        # what is done to copies
        ("acts do nothing", "all that is done to copies is taken, and has no effect"),
        ("acts hit another copy", "the copy beside the victim is the one that ends, hangs or falls ill"),
        ("acts come late", "the effect of what is done to a copy comes 20 s after it"),
        ("acts are refused", "the platform, or the application, says no to all that is done to copies"),
        ("acts go unanswered", "what is done to copies is done, and its answer is lost"),
        ("answers by another instance", "a copy that is told to do something does it, and answers as somebody else"),
        ("replaced before the act", "the victim makes way for another copy just before the first act"),
        ("a bystander ends", "with the first act, a copy beside its victim is removed too"),
        ("a copy dies unasked", "6 s after all serve, one of the copies ends by itself"),
        # what comes of it
        ("nothing comes back", "what has ended is neither started again nor replaced"),
        ("Deployments do not heal", "what a Deployment has lost stays away"),
        ("StatefulSets do not heal", "what a StatefulSet has lost stays away"),
        ("everything comes back", "what has ended is started again, and what is gone is made anew, whoever owns it"),
        ("comes back late", "each copy comes back 12 s later than it would"),
        ("one restart is slow", "the second restart on the site takes five times as long"),
        ("comes back and goes", "a copy that comes back ends again after 1 s"),
        ("one too many comes back", "in the place of one lost copy two are made"),
        # what can be seen
        ("status lags", "looks show what was so 2 s ago"),
        ("a look takes long", "one look in each of the first two trials takes 8 s"),
        ("a look leaves one out", "one look in each trial does not show one of the copies that serve"),
        ("looks fail for 8 s", "from the first act on no look is answered for 8 s"),
        ("looks fail now and then", "every third look is not answered"),
        ("the platform falls silent", "from the first act on it answers nothing any more"),
        # the site
        ("cannot be opened", "opening the site fails"),
        ("sick before", "the site says that it is sick before anything was done"),
        ("sick afterwards", "the site says that it is sick from the first act on"),
        ("the stream ends", "a stream of events has ended"),
        ("left behind", "something of the run could not be removed"),
        ("files are altered", "the platform adds a probe to each container that it is given"),
        ("refuses every copy", "no copy is run, and the platform says why"),
        ("a command fails", "what is typed after the arm is up ends with exit code 1"),
        ("a command hangs", "what is typed after the arm is up is given up"),
        # the network
        ("the name server freezes", "from the first act on no name is found"),
        ("the client breaks off", "each client ends by itself after 2 s"),
        ("the client is silent", "each client begins, and sends nothing"),
        ("the client is late", "each client sends up to 2 s later than its schedule says"),
        ("one client stalls", "the third client on a site sends nothing for 3 s"),
        ("requests are lost", "each tenth request is not reported, and the client says how many it sent"),
        ("no client comes up", "no client can be started"),
        ("nobody is left out", "a Service sends requests to each copy that runs, ready or not"),
        ("requests are not shared", "a name leads to one copy alone, the last"),
        ("one copy gets nothing", "a name, a Service or a proxy leads to all of its copies but the first"),
        ("a copy answers for two", "where one copy runs, the next one answers by the same name as that"),
        ("the name server is stopped", "no name is found"),
        ("a Service's selector is wrong", "no Service has any Pod"),
        ("kube-proxy is stopped", "no node knows of any Service"),
        ("endpoints stay as they were", "from the first act on a Service leads to whom it led before"),
        ("a client is cut off", "2 s after its begin each client gets no answer any more"),
        ("an address is given away again", "who comes gets the address of who has gone, or is going"),
        # data
        ("data is lost", "what was written is nowhere after a copy has ended"),
        ("data is changed", "what was written is read back as something else after a copy has ended"),
        ("data always stays", "what was written into a copy's own layer outlives it"),
        # the life of a container
        ("init steps run side by side", "a Pod's init steps and its application begin at the same time"),
        ("hooks do not run", "postStart and preStop hooks are taken, and never run"),
        ("no grace is given", "a Pod that is deleted is killed as soon as its preStop hook is over"),
        ("a log breaks off", "what containers write is not passed on, and the stream says that it broke off"),
        # versions
        ("updates do nothing", "a later version is taken, and nothing changes"),
        ("updates come at once", "a later version takes the place of all copies at the same moment"),
        ("nobody takes it back unasked", "a Swarm's failed update stays, whatever its file says"),
        ("Swarm takes back whatever fails", "a Swarm's failed update is taken back, whatever its file says"),
        ("undo is refused", "`kubectl rollout undo` finds nothing to go back to"),
        ("undo does nothing", "`kubectl rollout undo` says that it was done"),
        ("every copy says that it is the new version", "whoever is asked for its version answers 2"),
        ("the bad version is good", "a program that would end at once runs on"),
        # numbers and loads
        ("scaling does nothing", "who types another number of copies is told that it was done"),
        ("somebody scales up", "every 20 s somebody else asks for two more copies"),
        ("loads cost nothing", "requests that ask for work are answered, and none is done"),
        ("figures are away", "what Pods use is not known to anybody"),
        ("figures are a minute old", "what Pods use is known a minute later than it would be"),
        ("HPAs do nothing", "a HorizontalPodAutoscaler is taken, and never looks"),
        ("HPAs are for another", "a HorizontalPodAutoscaler is changed on its way in, and is for nothing there"),
        ("HPAs take none away", "a HorizontalPodAutoscaler never asks for fewer"),
        ("programs do not run", "a program that an arm has beside its files ends at once"),
        # nodes and parts of a cluster
        ("strikes do nothing", "a node that is stopped or paused goes on, and so does a part that is taken away"),
        ("everything is rescheduled", "what was on a lost node is made anew on another one, whoever owns it"),
        ("nothing is rescheduled", "what was on a lost node stays there"),
    )
)
NAMES = frozenset(f.name for f in FAULTS)


class Faults:
    """Those of one site."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._times = Counter[str]()
        for name in self._names - NAMES:
            near = ", ".join(difflib.get_close_matches(name, NAMES)) or "see FAULTS"
            raise ValueError(f"no fault is called {name!r}; near it: {near}")

    def has(self, name: str) -> bool:
        if name not in NAMES:
            raise ValueError(f"FAULTS does not tell of {name!r}")
        return name in self._names

    def nth(self, name: str) -> int:
        """How often it was asked for by now; 0 where it is none of the site's."""
        self._times[name] += self.has(name)
        return self._times[name]
