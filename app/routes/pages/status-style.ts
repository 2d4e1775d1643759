/** Style of the operator's page: one column of panels on a phone, two on a desk, light and dark. */
export const STATUS_STYLE = `
:root{color-scheme:light dark;--ground:#f4f6f8;--panel:#fff;--ink:#16202b;--faint:#5b6875;
--line:#dde3e9;--accent:#1f6feb;--good:#1a7f4b;--warn:#9a6200;--bad:#c02b2b}
@media(prefers-color-scheme:dark){:root{--ground:#10151b;--panel:#182029;--ink:#e6edf3;
--faint:#98a5b2;--line:#2b3641;--accent:#6cb0ff;--good:#57c98a;--warn:#e2ad46;--bad:#ff8078}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
header{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;padding:1rem clamp(1rem,3vw,2rem)}
h1{margin:0;font-size:1.35rem;letter-spacing:-.01em}
h2{margin:0 0 .7rem;font-size:.95rem}
p{margin:0}
#state{padding:.2rem .75rem;border-radius:1rem;border:1px solid currentColor;font-weight:600}
#state[data-state=ok]{color:var(--good)}
#state[data-state=degraded]{color:var(--warn)}
#state[data-state=failing],#state[data-state=silent]{color:var(--bad)}
#about{color:var(--faint);margin-left:auto}
main{display:grid;grid-template-columns:repeat(12,1fr);gap:1rem;padding:0 clamp(1rem,3vw,2rem) 2rem;
max-width:1500px;margin:auto}
main.stale{opacity:.55}
section{background:var(--panel);border:1px solid var(--line);border-radius:.7rem;padding:1rem;
grid-column:span 12;min-width:0}
.tile{grid-column:span 6;padding:.8rem 1rem}
.tile h2{margin:0;color:var(--faint);font-weight:500;font-size:.85rem}
.tile p{font-size:1.6rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.25}
.tile small{font-size:.8rem;font-weight:400;color:var(--faint)}
.spark{display:block;width:100%;height:2.2rem;margin-top:.3rem}
.spark path{fill:none;stroke:var(--accent);stroke-width:1.6;vector-effect:non-scaling-stroke}
.spark .area{fill:var(--accent);stroke:none;opacity:.14}
.spark.bad path{stroke:var(--bad)}.spark.bad .area{fill:var(--bad)}
.scroll{overflow-x:auto}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.32rem .9rem .32rem 0;border-bottom:1px solid var(--line);
vertical-align:top}
tbody tr:last-child>*{border-bottom:0}
thead th{color:var(--faint);font-weight:500;font-size:.82rem;white-space:nowrap}
tbody th{font-weight:600}
td.number,th.number{text-align:right;white-space:nowrap}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.word{font-weight:600;white-space:nowrap}
.none{color:var(--faint)}
.more{color:var(--faint);font-size:.82rem;margin-bottom:.3rem}
meter{width:5rem;height:.7rem;vertical-align:middle}
code{font:.85em ui-monospace,monospace;white-space:nowrap}
.scroll th{white-space:nowrap}
td:last-child{overflow-wrap:break-word}
.note{color:var(--faint);margin-top:.6rem}
summary{cursor:pointer;font-weight:650;font-size:.95rem}
details[open] summary{margin-bottom:.7rem}
noscript p{padding:1rem}
@media(min-width:640px){.tile{grid-column:span 4}}
@media(min-width:1000px){.tile{grid-column:span 2}.half{grid-column:span 6}.third{grid-column:span 4}}
@media(prefers-reduced-motion:no-preference){main{transition:opacity .2s}}
`;
