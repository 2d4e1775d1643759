/** The report's style sheet: one palette for light, one for dark, no file from elsewhere. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16191f;--soft:#5b6472;--line:#e3e7ed;
--a:#1f6feb;--b:#d9730d;--c:#a8326e;--quiet:#98a2b0;--good:#157f3c;--bad:#c0281c;--warn:#9a6200}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){--bg:#0f1216;--card:#181c22;--ink:#e8ebf0;
--soft:#9aa4b2;--line:#2a313b;--a:#5aa2ff;--b:#f0a04b;--c:#ee7db4;--quiet:#6d7887;--good:#4cc37a;--bad:#ff7b6e;--warn:#e3b341}}
:root[data-theme=dark]{color-scheme:dark;--bg:#0f1216;--card:#181c22;--ink:#e8ebf0;--soft:#9aa4b2;--line:#2a313b;
--a:#5aa2ff;--b:#f0a04b;--c:#ee7db4;--quiet:#6d7887;--good:#4cc37a;--bad:#ff7b6e;--warn:#e3b341}
:root[data-theme=light]{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 48px}
header{display:flex;gap:16px;align-items:flex-start;justify-content:space-between}
h1{font-size:21px;margin:0 0 2px;font-weight:650}
h2{font-size:15px;margin:0;font-weight:650}
p{margin:0}
.soft,figcaption p,td.soft{color:var(--soft);font-size:13px}
button{background:var(--card);color:var(--soft);border:1px solid var(--line);border-radius:8px;padding:6px 12px;font:inherit;font-size:13px;cursor:pointer;white-space:nowrap}
button:hover{color:var(--ink)}
.verdict{margin:20px 0;padding:14px 18px;border-radius:12px;background:var(--card);border:1px solid var(--line);border-left:6px solid var(--tone)}
.verdict strong{color:var(--tone)}
.passed{--tone:var(--good)}.failed{--tone:var(--bad)}.not-valid{--tone:var(--warn)}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin-bottom:16px}
.card,figure,.table{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 18px}
.card b{display:block;font-size:25px;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.card span{color:var(--soft);font-size:13px}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:16px}
figure{margin:0;position:relative}
figcaption{margin-bottom:6px}
svg{width:100%;height:auto;display:block}
@media(max-width:760px){.cards{grid-template-columns:repeat(2,1fr)}}
svg text{font-size:14px;fill:var(--soft);font-variant-numeric:tabular-nums}
svg text.unit{font-size:13px}
.grid{stroke:var(--line)}.tick{stroke:var(--quiet)}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;stroke:var(--series)}
.line.dashed{stroke-dasharray:6 5}
.a{--series:var(--a)}.b{--series:var(--b)}.c{--series:var(--c)}.quiet{--series:var(--quiet)}
line.limit{stroke:var(--bad);stroke-dasharray:3 4}text.limit{fill:var(--bad)!important}
.cursor{stroke:var(--soft);stroke-dasharray:2 3}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:4px;font-size:13px;color:var(--soft)}
.key::before{content:"";display:inline-block;width:18px;border-top:3px solid var(--series);margin-right:7px;vertical-align:middle}
.key.dashed::before{border-top-style:dashed}
output{position:absolute;top:86px;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:6px 10px;font-size:12.5px;pointer-events:none;box-shadow:0 4px 14px #0003;white-space:nowrap;font-variant-numeric:tabular-nums}
output b{color:var(--series)}
[hidden]{display:none}
.table{margin-top:16px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600;font-size:13px;color:var(--soft)}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child{text-align:left}
td.words{text-align:left;white-space:normal}
.bar{height:10px;border-radius:5px;background:var(--bad);min-width:3px}
td.wide{width:40%}
`;

/** The report's script: the theme button, and values under the pointer. */
export const PAGE_SCRIPT = `
const root=document.documentElement;
document.querySelector('button').onclick=()=>{
  const dark=root.dataset.theme?root.dataset.theme==='dark':matchMedia('(prefers-color-scheme:dark)').matches;
  root.dataset.theme=dark?'light':'dark';
};
for(const svg of document.querySelectorAll('svg[data-chart]')){
  const data=JSON.parse(svg.dataset.chart),cursor=svg.querySelector('.cursor'),out=svg.parentNode.querySelector('output');
  if(!data.columns.length)continue;
  svg.onpointermove=event=>{
    const box=svg.getBoundingClientRect(),at=(event.clientX-box.left)/box.width*data.width;
    const column=data.columns.reduce((best,one)=>Math.abs(one.x-at)<Math.abs(best.x-at)?one:best);
    cursor.setAttribute('x1',column.x);cursor.setAttribute('x2',column.x);cursor.removeAttribute('hidden');
    out.replaceChildren(document.createTextNode(column.words),...data.names.flatMap((series,i)=>{
      const mark=document.createElement('b');mark.className=series.tone;mark.textContent='● ';
      return [document.createElement('br'),mark,document.createTextNode(series.name+' '+column.values[i]+' '+data.unit)];
    }));
    out.hidden=false;
    const x=column.x/data.width*box.width+18;
    out.style.left=(x>box.width*0.6?x-out.offsetWidth-10:x+14)+'px';
  };
  svg.onpointerleave=()=>{cursor.setAttribute('hidden','');out.hidden=true};
}
`;
