"""`python -m mobile.packaging app|apk|ipa`: what `make app`, `make apk` and `make ipa` run.

Exit code: 0 built, 1 not built, 2 wrong arguments.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mobile.packaging import native_build
from mobile.packaging.contents import BUDGET_GZIPPED_BYTES
from mobile.packaging.python_packages import PackagingError
from mobile.packaging.site import build_site

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


def main(words: list[str]) -> int:
    """Build the target that the one argument names; returns the exit code."""
    try:
        if words == ["app"]:
            return app()
        if words in (["apk"], ["ipa"]):
            return native_build.build(ROOT, BUILD, words[0])
    except PackagingError as error:
        sys.stderr.write(f"没有打包:{error}\n")
        return 1
    sys.stderr.write("用法:python -m mobile.packaging app|apk|ipa\n")
    return 2


def app() -> int:
    """Build the web app and print the size of a first visit; returns the exit code."""
    sys.stderr.write("正在打包;第一次打包时压缩要几分钟\n")
    site = build_site(ROOT, BUILD, brotli=True)
    most = max(site.first_visit_bytes.values())
    sizes = ";".join(
        f"{name} " + "、".join(f"{kind} {size / 2**20:.2f} MiB" for kind, size in each.items())
        for name, each in (("brotli", site.brotli_bytes), ("gzip", site.first_visit_bytes))
        if each
    )
    sys.stdout.write(
        f"{site.folder}:{site.files} 个文件,版本 {site.version[:16]},第一次打开:{sizes}\n"
    )
    if not site.compiled:
        why = f"node 没有编译成({site.node_error})" if site.node_error else "没有 node,没有编译"
        sys.stderr.write(f"{why}:网页版照样能用,只是打开慢一些\n")
    if most > BUDGET_GZIPPED_BYTES:
        sys.stderr.write(f"超过了 {BUDGET_GZIPPED_BYTES / 2**20:.0f} MiB\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
