"""How much does it take to begin, and how far does one get?"""

from harness import (
    Arm, Lab, Number, Numbers, Trial, Trials, Verdict, docker_host, fails, holds, own_cluster, scenario, up,
)  # fmt: skip

lab = Lab(__doc__, __name__)

HUNDRED = 100

# Neither on the user's engine nor on the shared cluster, which would be busy with ending a hundred for long after.
host, nodes = docker_host(), own_cluster(nodes=3)
RUN = "docker run --detach --cpus 0.1{} dk-labs/web:1 x 100"
NETWORK = "docker network create --subnet 198.18.0.0/28 web"
runs = Arm("a hundred runs", host, RUN.format(""))
small = Arm("a hundred runs, a network of 13 addresses", host, f"{NETWORK}; {RUN.format(' --network web')}")
deployment = Arm("Deployment of a hundred", nodes, "deployment-hundred.yaml")

ALL = Number(HUNDRED, or_more=True)


@scenario(trials=1, asks="Which have all hundred?")
def begin(t: Trial) -> None:
    """All hundred copies are started: how many of them answer at once?"""
    t.tries(up)
    t.watch(ALL, within_s=60)


@lab.claim("docker-few-containers", blank=begin @ deployment, standard=begin @ small)
def cannot(begun: Trials = begin @ runs) -> Verdict:
    took = begun.answer(ALL)
    if took:
        return fails(f"all {HUNDRED} answered, after {took}", all_s=took.median_s)
    (counts,) = begun.each(Numbers())
    most = counts.most if counts else 0
    return holds(f"{most} of {HUNDRED} answered: {begun.refusal() or begun.refused() or 'no more came'}")
