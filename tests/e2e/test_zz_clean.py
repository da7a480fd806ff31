"""Cleaning up: last of all, since nothing of ours is left afterwards."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def foreign(host):
    """Somebody else's things, with names that look like ours."""
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    api = host.client.api
    image = json.loads(api.import_image_from_data(empty.getvalue(), repository="dk-labs-not-ours", tag="x"))["status"]
    container = host.client.containers.create("dk-labs-not-ours:x", ["x"], name="dk-labs-worker9")
    network = host.client.networks.create("dk-labs-private")
    volume = host.client.volumes.create("dk-labs-data")
    yield {"image": image, "container": container.id, "network": network.id, "volume": volume.name}
    container.remove(force=True)
    network.remove()
    volume.remove()
    host.client.images.remove(image, force=True)


def there(host) -> dict[str, set[str]]:
    client = host.client
    return {
        "image": {i.id for i in client.images.list(all=True)},
        "container": {c.id for c in client.containers.list(all=True)},
        "network": {n.id for n in client.networks.list()},
        "volume": {v.name for v in client.volumes.list()},
    }


def test_without_yes_it_lists_and_removes_nothing(labs, host, shared, foreign):
    before = there(host)
    done = labs("clean", "--images")
    assert "dk-labs-control-plane" in done.err
    assert "dk-labs-worker9" not in done.err
    assert there(host) == before


def test_everything_of_ours_goes_and_nothing_else(labs, host, shared, foreign):
    done = labs("clean", "--yes")
    assert done.code == 0, done.err
    left = there(host)
    assert {kind: one in left[kind] for kind, one in foreign.items()} == dict.fromkeys(foreign, True)
    labelled = {"label": "dk-labs"}
    assert host.client.containers.list(all=True, filters=labelled) == []
    assert host.client.networks.list(filters=labelled) == []
    assert labs("clean").err.strip() == "Nothing of this project's is left here."
