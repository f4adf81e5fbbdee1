import { createHash } from 'node:crypto';
import { once } from '../../shared/lazy.ts';

/** Style sheet of the console: system fonts, light and dark colours, no requests to other sites. */
export const CONSOLE_STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f6f8, #14171c);
  --surface: light-dark(#ffffff, #1d2128);
  --text: light-dark(#1b2430, #e6e9ee);
  --muted: light-dark(#566173, #9aa5b5);
  --line: light-dark(#dde2e9, #313843);
  --accent: light-dark(#0b5c6b, #6cc7d8);
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif;
}
.bar {
  display: flex;
  align-items: center;
  gap: 0.75rem;
  padding: 0.75rem clamp(1rem, 4vw, 2.5rem);
  background: var(--surface);
  border-bottom: 1px solid var(--line);
}
.bar p { margin: 0; }
.brand { font-weight: 650; letter-spacing: 0.01em; }
.environment {
  padding: 0.1rem 0.6rem;
  border: 1px solid var(--accent);
  border-radius: 999px;
  color: var(--accent);
  font-size: 0.85rem;
}
.operator { margin-left: auto !important; overflow-wrap: anywhere; color: var(--muted); }
.bar form { margin: 0; }
button {
  padding: 0.35rem 0.9rem;
  border: 1px solid var(--accent);
  border-radius: 0.5rem;
  background: none;
  color: var(--accent);
  font: inherit;
  cursor: pointer;
}
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 2.5rem); }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 1rem; font-size: 1.1rem; }
.card + h2 { margin-top: 2rem; }
.lead { margin: 0.5rem 0 2rem; color: var(--muted); }
.card { padding: 1.5rem; background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: 0.5rem 1.5rem; margin: 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, monospace; }
a { color: var(--accent); text-underline-offset: 0.2em; }
a:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
@media (max-width: 30rem) {
  .bar { flex-wrap: wrap; }
  dl { grid-template-columns: 1fr; gap: 0 0; }
  dd { margin-bottom: 0.75rem; }
}
`;

/** Style of pages for people without a session. It is inside the page, because the style sheet needs a session. */
export const STANDALONE_STYLE = `:root { color-scheme: light dark; }
body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 3rem clamp(1rem, 4vw, 2.5rem); }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }`;

/** Computed for the first such page. */
export const standaloneStyleSource = once(
  () => `'sha256-${createHash('sha256').update(STANDALONE_STYLE).digest('base64')}'` as const,
);
