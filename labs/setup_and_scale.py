"""How much does it take to begin, and how far does one get?"""

from harness import Arm, Lab, Run, Trial, Trials, Verdict, docker_host, fails, holds, own_cluster, scenario

lab = Lab(__doc__)

HUNDRED = 100

# Neither on the user's engine nor on the shared cluster, which would be busy with ending a hundred for long after.
host, nodes = docker_host(), own_cluster(nodes=2)
runs = Arm("a hundred runs", host, Run(copies=HUNDRED))
small = Arm("a hundred runs, a network of 13 addresses", host, Run(copies=HUNDRED, addresses=13))
deployment = Arm("Deployment of a hundred", nodes, "deployment-hundred.yaml")

ALL_S = 60.0


@scenario(empty=True, once=True, asks="Which have all hundred?")
def begin(t: Trial) -> None:
    """All hundred copies are started: how many of them answer at once?"""
    t.start()
    t.copies(HUNDRED, within_s=ALL_S)


@lab.claim("docker-few-containers", blank=begin @ deployment, standard=begin @ small)
def cannot(begun: Trials = begin @ runs) -> Verdict:
    took = begun.served()
    if took:
        return fails(f"all {HUNDRED} answered, after {took}", all_s=took.median_s)
    return holds(f"{begun.most()} of {HUNDRED} answered: {begun.refusal() or 'no more came'}")
