"""The look of a drawn week: colours for light and dark, and the policy under which a browser may show it."""

import base64
import hashlib
from typing import Final

STYLE: Final = """
svg { --paper: #ffffff; --ink: #1b2430; --faint: #5b6775; --line: #dfe4ea; --off: #eef1f4; --blocked: #b9c2cc;
  --meeting: #d6e6fb; --meeting-edge: #5d8fd0; --own: #e9e3f7; --own-edge: #9b86cf; --changed: #0b57b0;
  --focus: #d8f0dc; --focus-ink: #1d5b2b; --task: #fdebc8; --task-edge: #c48a1d; --conflict: #c62828; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14181d; --ink: #e8edf3; --faint: #9aa7b5; --line: #2b333c; --off: #1d232a; --blocked: #465260;
    --meeting: #1d3a5f; --meeting-edge: #5f94d8; --own: #392f57; --own-edge: #9a86d0; --changed: #8fc2ff;
    --focus: #1b3d25; --focus-ink: #a9e0b5; --task: #4a3710; --task-edge: #d9a441; --conflict: #ff7b72; } }
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-size: 10px; fill: var(--ink); }
.paper { fill: var(--paper); }
.heading { font-size: 15px; font-weight: 600; }
.figures, .hour, .part, .legend { fill: var(--faint); }
.figures { font-size: 12px; font-weight: 400; }
.weekday { font-size: 12px; font-weight: 600; text-anchor: middle; }
.hour { text-anchor: end; }
.part { text-anchor: middle; font-style: italic; }
.column { fill: none; stroke: var(--line); }
.off { fill: var(--off); }
.line { stroke: var(--line); }
.dots { fill: var(--blocked); }
.stripes { stroke: var(--blocked); }
.blocked { fill: url(#dots); }
.away { fill: url(#stripes); }
.focus { fill: var(--focus); }
.on-focus { fill: var(--focus-ink); }
.meeting { fill: var(--meeting); stroke: var(--meeting-edge); }
.own { fill: var(--own); stroke: var(--own-edge); }
.task { fill: var(--task); stroke: var(--task-edge); }
.changed { stroke: var(--changed); stroke-width: 2.5; }
.ghost { fill: none; stroke: var(--faint); stroke-dasharray: 3 3; }
.gone { fill: var(--faint); }
.covered { fill: none; }
.declined { text-decoration: line-through; }
.conflict { fill: url(#hatching); stroke: var(--conflict); stroke-width: 1.5; }
.hatch { stroke: var(--conflict); stroke-opacity: .35; stroke-width: 1.5; }
"""

PATTERNS: Final = """\
<defs>\
<pattern id="hatching" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<line class="hatch" y2="6"/></pattern>\
<pattern id="stripes" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">\
<line class="stripes" y2="8"/></pattern>\
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">\
<circle class="dots" cx="2" cy="2" r="1"/></pattern>\
</defs>"""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"
