/** The page's style: light, dark and on paper; each text has a contrast of at least 4.5 to 1. */
export const style = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2733; --dim: #515f6e; --line: #d5dce4; --soft: #f3f6f9;
  --safe: #1b6b35; --caution: #7a4d00; --danger: #a1260d; --broken: #a1260d; --note: #2b5b94; }
@media (prefers-color-scheme: dark) { :root { --paper: #14191f; --ink: #e4eaf0; --dim: #a6b2bf; --line: #35404b;
  --soft: #1d242c; --safe: #6fd08c; --caution: #e8b458; --danger: #ff9d87; --broken: #ff9d87; --note: #8ab8f0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px; }
h1 { margin: 0; font-size: 22px; }
h2 { margin: 36px 0 4px; font-size: 18px; overflow-wrap: anywhere; border-top: 1px solid var(--line); padding-top: 20px; }
h3 { margin: 18px 0 4px; font-size: 15px; }
p, ul { margin: 4px 0; }
ul { padding-left: 20px; }
.verdict { border-left: 6px solid; border-radius: 4px; padding: 12px 16px; background: var(--soft); overflow-wrap: anywhere; }
.verdict p { font-size: 17px; }
.safe, .adds { color: var(--safe); } .caution, .changes { color: var(--caution); }
.danger, .broken, .removes, .error { color: var(--danger); }
.verdict p { color: var(--ink); }
.basis, .place, .hint { color: var(--dim); }
.chip { border: 1px solid var(--line); border-radius: 10px; padding: 1px 8px; font-size: 13px; }
figure { margin: 20px 0; padding: 8px; background: #ffffff; border: 1px solid var(--line); border-radius: 4px; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { color: #515f6e; font-size: 13px; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: 6px 8px; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th:nth-child(1) { width: 52px; } th:nth-child(2) { width: 40%; } th:nth-child(4) { width: 110px; }
code { font: 13px/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre { margin: 4px 0; padding: 8px; background: var(--soft); border-radius: 4px; white-space: pre-wrap; }
.finding { font-weight: bold; } .finding.warning { color: var(--caution); } .finding.note { color: var(--note); }
@media (max-width: 700px) { main { padding: 12px; } th:nth-child(1), td:nth-child(1), th:nth-child(4), td:nth-child(4) { display: none; } }
@media print { :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --dim: #444444; --line: #bbbbbb; --soft: #f5f5f5;
  --safe: #1b6b35; --caution: #7a4d00; --danger: #a1260d; --broken: #a1260d; --note: #2b5b94; }
  main { max-width: none; padding: 0; } tr, figure { break-inside: avoid; } h2, h3 { break-after: avoid; } }
`;
