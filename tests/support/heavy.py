"""The libraries of the server's subprocesses, for the process that the tests fork: imported once."""

from sync_server.office import worker_jobs
from sync_server.sealing import certificates, rollup, seal
from sync_server.sealing.checking import verify
from sync_server.sealing.making import evidence
from sync_server.sealing.paper import scan, slips

__all__ = ["certificates", "evidence", "rollup", "scan", "seal", "slips", "verify", "worker_jobs"]
