"""Forbids backup in the Android manifest, so that nothing of the app leaves the phone by itself.

No backup to a cloud and no copy to the next phone (from Android 12 on `allowBackup` alone does not
stop the latter). Flet 1.0.5 has no setting for it; flet_build.py changes the generated project
before Flutter builds it.
"""

from __future__ import annotations

import re

from mobile.packaging.python_packages import PackagingError

RULES_FILE = "res/xml/nothing_leaves.xml"
"""Relative to the folder of AndroidManifest.xml."""
_DOMAINS = ("root", "file", "database", "sharedpref", "external")
_EXCLUDED = "".join(f'<exclude domain="{name}" path="."/>' for name in _DOMAINS)
RULES = f"""\
<?xml version="1.0" encoding="utf-8"?>
<data-extraction-rules>
  <cloud-backup>{_EXCLUDED}</cloud-backup>
  <device-transfer>{_EXCLUDED}</device-transfer>
</data-extraction-rules>
"""
_ATTRIBUTES = {
    "android:allowBackup": "false",
    "android:fullBackupContent": "false",
    "android:dataExtractionRules": "@xml/nothing_leaves",
}


def forbid_backup(manifest: str) -> str:
    """The manifest with our three attributes on <application>, whatever a library sets.

    Applying it twice changes nothing. Raises: PackagingError unless there is one <application>.
    """
    found = re.findall(r"<application\b[^>]*>", manifest)
    if len(found) != 1:
        raise PackagingError("AndroidManifest.xml 和这一版 Flet 的不一样:没有唯一的 <application>")
    ours = {
        "xmlns:tools": "http://schemas.android.com/tools",
        "tools:replace": ",".join(dict.fromkeys((*_replaced_attributes(found[0]), *_ATTRIBUTES))),
        **_ATTRIBUTES,
    }
    bare = re.sub(rf"""\s+(?:{"|".join(ours)})\s*=\s*"[^"]*\"""", "", found[0])
    written = "".join(f'\n        {name}="{value}"' for name, value in ours.items())
    return manifest.replace(found[0], bare.replace("<application", f"<application{written}", 1))


def _replaced_attributes(tag: str) -> list[str]:
    replaced = re.search(r'tools:replace\s*=\s*"([^"]*)"', tag)
    return [name.strip() for name in replaced[1].split(",")] if replaced else []
