// The sign of each kind of step, on a canvas and in the legend alike. They differ in shape, not in colour.

/** In a box from -6 to 6. */
const SIGNS = {
  read: { path: "M0-3.5A3.5 3.5 0 1 1 0 3.5A3.5 3.5 0 1 1 0-3.5Z", hollow: true, name: "read" },
  exchange: { path: "M0-5.5L5.5 0L0 5.5L-5.5 0Z", name: "cmpxchg, xchg" },
  lost: { path: "M0-5.5L5.5 0L0 5.5L-5.5 0ZM-2-2L2 2M2-2L-2 2", hollow: true, name: "lost cmpxchg" },
  write: { path: "M-4.5-4.5H4.5V4.5H-4.5Z", name: "WRITE_ONCE" },
  call: { path: "M0-5.5L5.5 4.5H-5.5Z", name: "SEAMCALL" },
  lock: { path: "M3-5H-2V5H3", hollow: true, name: "lock" },
  unlock: { path: "M-3-5H2V5H-3", hollow: true, name: "unlock" },
  wait: { path: "M-4.5-5H4.5L-4.5 5H4.5Z", hollow: true, name: "wait, retry" },
  guest: { path: "M-5 3V-3H5V3M-5 0H5", hollow: true, name: "guest" },
  other: { path: "M-1.5-1.5H1.5V1.5H-1.5Z", name: "other" },
};

function signIcon(kind) {
  const sign = SIGNS[kind];
  return svg("svg", { viewBox: "-7 -7 14 14", class: sign.hollow ? "sign hollow" : "sign", "aria-hidden": "true" },
    svg("path", { d: sign.path }));
}

const SIGN_PATHS = {};

function drawSign(context, kind, x, y, color, scale) {
  const path = SIGN_PATHS[kind] || (SIGN_PATHS[kind] = new Path2D(SIGNS[kind].path));
  context.save();
  context.translate(x, y);
  context.scale(scale, scale);
  context.lineWidth = 1.5;
  context.strokeStyle = color;
  context.fillStyle = color;
  if (SIGNS[kind].hollow) context.stroke(path);
  else context.fill(path);
  context.restore();
}
