"""A container writes, and is gone. What can its successor read?"""

from harness import Arm, Lab, Trial, Trials, Verdict, acts, engine, fails, holds, read, scenario, update, writes

lab = Lab(__doc__, __name__)

layer = Arm("writable layer", engine, "compose-layer.yaml")
volume = Arm("named volume", engine, "compose-volume.yaml")
bind = Arm("bind mount", engine, "compose-bind.yaml")
anonymous = Arm("anonymous volume", engine, "compose-anonymous.yaml")

MUCH = writes(8 << 20)


@scenario(asks="Which still have the 8 MiB?")
def remove_and_recreate(t: Trial) -> None:
    """It writes 8 MiB, its container is removed, and the same file is applied once more: what is there to read?"""
    (writer,) = t.steady(replicas=1)
    t.act(MUCH, writer)
    t.act(acts.remove, writer)
    t.act(update())
    (reader,) = t.steady(replicas=1)
    t.look(read(reader))


@scenario(asks="Which still have the 8 MiB?")
def restart(t: Trial) -> None:
    """It writes 8 MiB and crashes; the same container is started again: what is there to read?"""
    (writer,) = t.steady(replicas=1)
    t.act(MUCH, writer)
    t.act(acts.crash, writer)
    (reader,) = t.steady(replicas=1)
    t.look(read(reader))


@lab.claim("docker-volumes-persist", part="a", tested=remove_and_recreate @ volume,
           blank=remove_and_recreate @ layer, standard=restart @ layer)  # fmt: skip
@lab.claim("docker-volumes-persist", part="b", tested=remove_and_recreate @ bind,
           blank=remove_and_recreate @ layer, standard=restart @ layer)  # fmt: skip
def persists(after: Trials) -> Verdict:
    kept = after.kept()
    return holds(f"all {kept} bytes were there", bytes=kept) if kept else fails("nothing was there")


lab.show(remove_and_recreate @ anonymous)
