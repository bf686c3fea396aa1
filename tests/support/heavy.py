"""The libraries of the server's subprocesses and of the preview, for the process that the tests fork: imported once."""

from flet_web import fastapi

from mobile import app, preview
from sync_server.cli import main as cli
from sync_server.intake import parsed
from sync_server.office import worker_jobs
from sync_server.sealing import certificates, rollup, seal
from sync_server.sealing.checking import verify
from sync_server.sealing.making import evidence
from sync_server.sealing.paper import scan, slips

__all__ = [
    "app",
    "certificates",
    "cli",
    "evidence",
    "fastapi",
    "parsed",
    "preview",
    "rollup",
    "scan",
    "seal",
    "slips",
    "verify",
    "worker_jobs",
]
