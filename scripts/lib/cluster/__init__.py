"""Campaigns on a cluster: what `scripts/cluster/slurm-check` runs them on, and compares."""
