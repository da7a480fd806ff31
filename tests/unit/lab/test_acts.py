"""Acts are values: what they are called, what they leave behind, and what they do to whom."""

from __future__ import annotations

import pytest

from harness import act
from harness.lab import acts
from harness.lab.acts import apply, asks, command, together, update, writes
from harness.lab.arm import Arm
from harness.lab.open_site import Answer, Ask, No
from harness.lab.site import cluster, engine
from harness.model.entries import Copy

ONE, TWO = (Copy(name=name, thing=name, id=f"{name}/1") for name in ("web-1", "web-2"))


class Target:
    """It takes all that is done to it, and says what that was."""

    def __init__(self, arm=None, **refused):
        self.arm, self.done, self._refused = arm or Arm("a", engine, "compose.yaml", {"bad": "bad.yaml"}), [], refused

    def _does(self, verb, text, **answer):
        self.done.append(f"{verb} {text}".strip())
        if verb in self._refused:
            raise No(self._refused[verb])
        return Answer(self.done[-1], **answer)

    def ask(self, copy, method, path, *, within_s=1.0):
        return self._does("ask", f"{method} {path} of {copy.name}", code=200, by=(f"i-{copy.name}",))

    def signal(self, copy, how):
        return self._does("signal", f"{how} {copy.name}")

    def types(self, command):
        return self._does("type", command, typed=(command,))

    def power(self, node, how):
        return self._does("power", f"{how} {node}")

    def take_away(self, part, node):
        return self._does("take", f"{part} from {node}")

    def begin(self, ask):
        return self._does("begin", str(ask.per_s))

    def end(self, ask=None):
        return self._does("end", "")


@pytest.mark.parametrize(
    ("how", "victims", "name", "leaves", "wide", "done"),
    [
        (acts.crash, [ONE], "crash", "ended", False, ["ask POST /crash?code=1 of web-1"]),
        (acts.exit_0, [ONE], "exit 0", "ended", False, ["ask POST /exit0?code=0 of web-1"]),
        (acts.hang, [ONE], "hang", "silent", False, ["ask POST /hang of web-1"]),
        (acts.unready, [ONE], "unready", "refuses", False, ["ask POST /unready of web-1"]),
        (acts.nothing, [ONE], "nothing", "answers", False, ["ask GET / of web-1"]),
        (acts.nothing, [None], "nothing", "answers", False, []),
        (acts.stop, [ONE, TWO], "stop", "ended", False, ["signal stop web-1", "signal stop web-2"]),
        (acts.host_kill, [ONE], "host kill", "ended", False, ["signal host-kill web-1"]),
        (acts.stop_node, ["worker"], "stop node", "silent", True, ["power stop worker"]),
        (acts.resume_node, ["worker"], "resume node", "", True, ["power resume worker"]),
        (acts.stop_engine, ["host-2"], "stop engine", "silent", True, ["power stop-engine host-2"]),
        (acts.take_away("kube-proxy", of="worker"), [None], "take kube-proxy from worker", "", True,
         ["take kube-proxy from worker"]),
        (writes(8), [ONE], "write 8 bytes", "answers", False, ["ask POST /data?name=proof&bytes=8 of web-1"]),
        (acts.up, [None], "up", "", False, ["type docker compose --file compose.yaml up --detach"]),
        (update("bad"), [None], "update to bad", "", False, ["type docker compose --file bad.yaml up --detach"]),
        (update(), [None], "apply the first files again", "", False,
         ["type docker compose --file compose.yaml up --detach"]),
        (apply("more.yaml", "b.yaml"), [None], "apply more.yaml b.yaml", "", False,
         ["type docker compose --file more.yaml --file b.yaml up --detach"]),
        (asks(Ask(20.0)), [None], "ask (per_s=20.0)", "", False, ["begin 20.0"]),
        (acts.calm, [None], "calm", "", False, ["end"]),
    ],
    ids=lambda v: getattr(v, "name", None) if isinstance(v, acts.Act) else "",
)  # fmt: skip
def test_an_act_has_a_name_leaves_something_and_is_done_to_each_victim(how, victims, name, leaves, wide, done):
    to = Target()
    how.send(to, victims)
    assert (how.name, how.leaves, how.wide, to.done) == (name, leaves, wide, done)


def test_what_has_been_brought_up_already_is_not_brought_up_again():
    to = Target(Arm("mine", cluster, "web.yaml", standing=True))
    assert acts.up.send(to, [None]) == Answer("it stands")
    assert to.done == []


class Several(Target):
    """It types a command with several hands."""

    def repeats(self, command, times):
        return [self._does("repeat", f"{command} {times}", typed=(command,)) for _ in range(times)]


def test_what_is_typed_several_times_in_a_row_is_typed_by_several_hands_where_there_are_some():
    recipe = "docker network create web; docker run dk-labs/web:1 x 3; docker run dk-labs/web:1 --name last"
    one, several = (kind(Arm("a", engine, recipe)) for kind in (Target, Several))
    typed = [acts.up.send(to, [None]).typed for to in (one, several)]
    assert typed[0] == typed[1] == one.arm.commands()
    assert len(one.done) == len(several.done) == 5
    assert several.done[1] == "repeat docker run dk-labs/web:1 3"
    assert several.done[4] == "type docker run dk-labs/web:1 --name last"


@pytest.mark.parametrize(("how", "no"), [("timeout", "timeout"), ("", "no answer")])
def test_that_the_platform_says_no_stands_in_the_answer(how, no):
    assert acts.crash.send(Target(ask=how), [ONE]).no == no


def test_after_a_no_nobody_else_is_acted_upon():
    to = Target(signal="permission denied")
    acts.stop.send(to, [ONE, TWO])
    assert to.done == ["signal stop web-1"]


# -- one answer of several


def test_of_several_answers_all_instances_texts_and_files_are_kept():
    one = Answer("a", 200, ("i-a",), typed=("x",), files=("f",))
    two = Answer("b", 201, ("i-b",), typed=("y",), files=("g",))
    assert together([Answer("a", 200, ("i-a",)), Answer("b", 201, ("i-b",))]) == Answer("b", 201, ("i-a", "i-b"))
    assert together([one, two]).typed == ("x", "y")
    assert together([one, two]).files == ("f", "g")


@pytest.mark.parametrize(
    ("answers", "no"),
    [
        ([Answer("a"), Answer("b")], ""),
        ([Answer("a", typed=("x",)), Answer("no address left", 125, typed=("y",))], "125: no address left"),
        ([Answer("bad", 500), Answer("ok", 200)], "500: bad"),
        ([Answer("gone", 399)], ""),
        ([Answer(no="timeout"), Answer("bad", 500)], "timeout"),
        ([Answer("bad", 1, typed=("x",)), Answer("ok", typed=("y",))], "1: bad"),
    ],
)
def test_an_exit_code_that_is_not_0_or_a_status_from_400_on_is_a_no(answers, no):
    assert together(answers).no == no


# -- listening


def test_whoever_can_listen_is_told_to():
    to = Target()
    to.listen = lambda: Answer("listens")
    assert acts.listen.send(to, [None]) == Answer("listens", typed=(), files=())
    assert acts.listen.leaves == ""


def test_where_nobody_can_listen_it_is_an_error_of_the_labs():
    with pytest.raises(TypeError, match="nobody can listen on engine"):
        acts.listen.send(Target(), [None])


# -- a lab's own


def test_a_function_becomes_an_act_of_its_name():
    @act(leaves="silent", wide=True)
    def pull_the_plug(to, copy):
        return to.signal(copy, "kill")

    to = Target()
    pull_the_plug.send(to, [ONE])
    assert (pull_the_plug.name, pull_the_plug.leaves, pull_the_plug.wide) == ("pull the plug", "silent", True)
    assert to.done == ["signal kill web-1"]
    assert act()(lambda to, copy: to).leaves == "ended"


def test_a_command_is_typed_as_it_is_for_the_arms_program():
    build = command("docker build .", "kubectl version")
    on_engine, on_cluster = Target(), Target(Arm("c", cluster, "web.yaml"))
    build.send(on_engine, [None])
    build.send(on_cluster, [None])
    assert (on_engine.done, on_cluster.done) == (["type docker build ."], ["type kubectl version"])
    assert build.name == "docker build ."


@pytest.mark.parametrize("text", ["sh up.sh", "docker ps | wc", "docker ps ; docker ps", "kubectl get pods > file"])
def test_a_command_is_one_of_docker_or_kubectl_and_never_a_shells(text):
    with pytest.raises(TypeError, match="is not one command"):
        command(text)


def test_a_bar_inside_quotes_is_no_shells():
    assert command("kubectl get pods --output 'jsonpath={.a|.b}'").name.endswith("'")
