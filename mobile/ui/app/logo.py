"""The logo as SVG: an open door with a step (assets/draw_icon.py draws the same)."""

from __future__ import annotations

LOGO_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" '
    'viewBox="66 66 380 380" aria-hidden="true">'
    '<rect x="66" y="66" width="380" height="380" rx="92" fill="#1F5C57"/>'
    '<path fill="#174844" d="M148 386V108a12 12 0 0 1 12-12h192a12 12 0 0 1 12 12v278z"/>'
    '<path fill="#EBC98C" d="M168 116h176v270H168z"/>'
    '<path fill="#F4DDB0" d="M168 350h176v36H168z"/>'
    '<path fill="#D9B878" d="M274 350h18l-76 36h-48z"/>'
    '<path fill="#FBF6EC" d="M168 116l106 28v218l-106 24z"/>'
    '<rect x="232" y="240" width="27" height="27" rx="4" fill="#C8452D"/>'
    '<rect x="130" y="386" width="252" height="32" rx="6" fill="#D9C9A8"/>'
    '<rect x="130" y="386" width="252" height="20" rx="6" fill="#FBF6EC"/></svg>'
)
"""96 px wide, with its own background; the same in light and dark."""
