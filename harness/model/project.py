"""The names and versions that everything made by this project carries."""

NAME = "dk-labs"
"""The label on everything that we make on an engine (its value says what it is), and our folders' name."""

RUN_LABEL = "dk-labs.run"
"""On all that a run makes, in the cluster as well: which run it was."""

CLUSTER = "dk-labs"
NETWORK = "dk-labs"

KUBERNETES = "1.36.1"
KIND = "0.32.0"
PUBLISHED_NODE_IMAGES = {
    "0.32.0": "kindest/node:v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5",
}
"""For each kind that we use, the node image that stands in its own module (a test compares them)."""

ETCD = "3.6.8-0"
COREDNS = "v1.14.2"
PAUSE = "3.10.2"
METRICS_SERVER = "v0.9.0"
"""Versions that images/node/go.mod resolves to, and that kubeadm 1.36.1 asks for by these tags."""
