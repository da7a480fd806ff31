"""An engine as a site: what its health says when a helper ended, and what a trial on it may not do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from docker.errors import ImageNotFound

from harness.lab import site as sites
from harness.lab.arm import IMAGE, PROXY, Arm
from harness.lab.open_site import Ask, No, Scope
from harness.model.entries import Copy, Heard
from harness.model.errors import Problem
from harness.sites.docker.engine import EngineSite

RUN = "docker run --detach --cpus 0.1 dk-labs/web:1"


class Helped:
    """In the place of the helper: well, cut off or ended, as a test says."""

    def __init__(self) -> None:
        self.now, self.why, self.renewed, self.left = "", "", 0, []

    def wrong(self) -> str:
        return self.now

    def ended(self) -> str:
        return self.why

    def renew(self) -> None:
        if self.why == "nobody":
            raise No("the engine does not answer: ConnectionError")
        self.now, self.why, self.renewed = "", "", self.renewed + 1

    def end(self, why: str) -> None:
        self.now = self.why = why


class Ground:
    """Of a trial that made nothing."""

    labels, containers, networks = {}, {}, {}

    def wrong(self) -> str:
        return ""

    def leave(self) -> None:
        pass


@pytest.fixture
def site():
    endpoint = SimpleNamespace(local=False, url="tcp://far:2375")
    client = SimpleNamespace(ping=lambda: True)
    made = EngineSite(SimpleNamespace(environment={}, client=client, endpoint=endpoint), "r")
    made._reach = Helped()
    return made


@pytest.fixture
def begin(site, tmp_path):
    def begun(trial: str, heard=lambda _: None, stirred=lambda: None):
        scope = Scope("r", trial, Arm("run", sites.engine, RUN), tmp_path, tmp_path, heard=heard, stirred=stirred)
        return site._begun(scope, Ground())

    return begun


def test_a_sound_engine_says_so(site, begin):
    begin("t001")
    assert site.health() == ""


def test_an_engine_that_does_not_answer_says_so(site):
    def silent():
        raise TimeoutError

    site.engine.client.ping = silent
    assert site.health() == "the engine does not answer: TimeoutError"


def test_names_that_are_not_found_are_told_for_as_long_as_they_are_not(site):
    site.reach.now = "names are not found in the copies' network: it did not answer"
    assert site.health().startswith("names are not found")
    assert site.reach.renewed == 0
    site.reach.now = ""
    assert site.health() == ""


def test_a_helper_that_ended_is_told_to_every_trial_that_was_under_way_and_another_takes_its_place(site, begin):
    first, second = begin("t001"), begin("t002")
    site.reach.end("the helper container ended with code 137")
    told = "the helper container ended with code 137; another one has taken its place"
    assert site.health() == told
    assert site.reach.renewed == 1
    first.leave()
    assert site.health() == told  # the second one's copies may have been started again meanwhile
    second.leave()
    assert site.health() == ""


def test_a_helper_that_ended_between_trials_troubles_nobody(site, begin):
    site.reach.end("the helper container ended with code 137")
    assert site.health() == ""
    assert site.reach.renewed == 1


def test_where_no_other_helper_can_be_started_it_is_tried_again(site, begin):
    begin("t001")
    site.reach.end("nobody")
    assert site.health() == "the engine does not answer: ConnectionError"
    site.reach.why = "the helper container ended with code 137"
    assert "another one has taken its place" in site.health()


@pytest.fixture
def checked(site, tmp_path):
    """The images that are asked for when a file with such a one is checked; those that are not there are told."""

    def check(image: str, there: tuple[str, ...] = ()) -> list[str]:
        asked = []

        def get(name: str) -> None:
            asked.append(name)
            if name not in there:
                raise ImageNotFound(name)

        (tmp_path / "compose.yaml").write_text(f"services: {{one: {{image: '{image}'}}}}")
        site.compose, site.engine.client.images = SimpleNamespace(check=lambda *_: None), SimpleNamespace(get=get)
        site.check(Arm("a", sites.engine, "compose.yaml"), tmp_path)
        return asked

    return check


def test_whether_the_proxys_image_is_there_is_asked_only_where_an_arm_has_one(checked):
    assert checked(IMAGE) == []
    assert checked(PROXY, there=(PROXY,)) == [PROXY]


def test_a_proxys_image_that_is_missing_is_told_with_what_makes_it(checked, tmp_path):
    with pytest.raises(Problem, match=f"Starting {PROXY}: .* no such image. Try: labs images {tmp_path.name}"):
        checked(PROXY)


def test_a_stream_that_was_never_opened_is_wrong(site):
    assert site.streams() == {"docker-events": "not open"}


def test_an_event_reaches_its_own_trial_by_the_copys_short_name_and_wakes_it(site, begin):
    heard, woken = [], []
    begin("t001", heard.append, lambda: woken.append(1))
    begin("t002", heard.append)
    site._hear("t001", Heard(at_s=1.0, who="dkl-r-t001-web-1", what="died"))
    site._hear("t009", Heard(at_s=1.0, who="dkl-r-t009-web-1", what="died"))
    assert [(h.who, h.what) for h in heard] == [("web-1", "died")]
    assert woken == [1]


def test_a_copy_without_an_address_cannot_be_asked(begin):
    with pytest.raises(No, match="no address"):
        begin("t001").ask(Copy(name="web-1", thing="x", id="x/1"), "GET", "/")


def test_a_site_that_is_not_open_has_no_trials(site, begin):
    site._reach = None
    with pytest.raises(No, match="the site engine is not open"):
        site.trial(begin("t001").scope)


@pytest.mark.parametrize(
    "break_", [lambda t: t.power("h1", "stop"), lambda t: t.take_away("etcd", "h1"), lambda t: t.reach("web", "")]
)
def test_the_users_own_engine_is_never_broken(begin, break_):
    with pytest.raises(TypeError):
        break_(begin("t001"))


@pytest.mark.parametrize(("at", "why"), [("outside", "on another machine"), ("h7", "nothing but outside")])
def test_where_nobody_can_ask_from_is_told_with_what_to_do(begin, at, why):
    with pytest.raises(Problem, match=why):
        begin("t001").begin(Ask(at=at))


@pytest.mark.parametrize(
    ("command", "whether"),
    [
        ("docker compose --file compose.yaml down", True),
        ("docker compose down --volumes", True),
        ("docker compose --file down up --detach", False),
        ("docker rm --force down", False),
    ],
)
def test_it_is_known_by_which_commands_networks_go_that_our_helper_has_to_leave_first(begin, command, whether):
    assert begin("t001")._around.takes_down(command) is whether


def test_what_is_no_command_of_an_engines_is_a_no(begin):
    with pytest.raises(No, match="kubectl is no program"):
        begin("t001").types("kubectl get pods")
