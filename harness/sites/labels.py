"""The labels by which a run's things are known on an engine or a cluster, beside the project's own."""

RUN_LABEL = "dk-labs.run"
TRIAL_LABEL = "dk-labs.trial"
BESIDE_LABEL = "dk-labs.beside"
"""On what stands beside a trial's copies of the application, as its client or a proxy does: no look shows it."""
