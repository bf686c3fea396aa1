"""Run the demonstration's teachers: commands to a headless phone, photographed slips, one kill."""

from __future__ import annotations

from pathlib import Path

from sync_server.sample import teacher_plan
from sync_server.sample.processes import KILL, Phone


def colleague(phone: Phone) -> str:
    """Return the name of the second visitor."""
    return "周同行" if phone.teacher != "周同行" else "吴同行"


def run_steps(camera: Path, phone: Phone, steps: list[teacher_plan.Step], school: str) -> None:
    """Run a teacher's commands; a slip is drawn, photographed and attached first."""
    from sync_server.sample.pictures import draw_slip

    for step in steps:
        command = dict(step.command)
        if step.slip is not None:
            file = camera / f"{step.slip.code}.jpg"
            camera.mkdir(exist_ok=True)
            file.write_bytes(
                draw_slip(
                    step.slip.code,
                    seed=step.slip.seed,
                    name_masked=step.slip.name,
                    school=school,
                    notice_no=step.slip.code,
                    signed_on="2019-11-27",
                )
            )
            command["photos"] = [
                phone.ask("take_photo", case=step.slip.case, file=str(file))["sha256"]
            ]
        phone.ask(command.pop("do"), **command)


def kill_mid_visit(phone: Phone) -> int:
    """Kill a phone (SIGKILL) while a visit is being typed.

    Its draft survives and becomes the record. Returns the number of drafts.
    """
    case = next(c for c in phone.ask("cases") if not c["paid"] and c["visits"] == 1)
    fields = {
        "met": "co_borrower",
        "outcome": "promised",
        "promise_date": "2019-12-17",
        "visitors": [phone.teacher, "周同行"],
        "note": "家里说卖了苹果就还",
    }
    phone.ask("save_draft", case=case["id"], form="visit", fields=fields)
    phone.stop(KILL)
    found = phone.ask("drafts")
    for draft in found:
        phone.ask("record", kind="visit", case=draft["case"], body=draft["fields"])
        phone.ask("drop_draft", case=draft["case"], form=draft["form"])
    return len(found)
