import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const textOf = (file: string) => readFileSync(new URL(`../../../../lambda/shared/${file}`, import.meta.url), 'utf8');

const SCRIPT = textOf('console/console.js');

describe('the script of the console', () => {
  it('has at most 8,192 bytes', () => {
    expect(Buffer.byteLength(SCRIPT)).toBeLessThanOrEqual(8_192);
  });

  it('W2 never makes markup or code from text', () => {
    expect(SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|Function\(/);
    expect(SCRIPT).not.toMatch(/^import |import\(|https?:/m);
  });
});

describe.each(['console/console.css', 'html/page.css'])('the style sheet %s', (file) => {
  it('W2 loads nothing', () => {
    const imported = [...textOf(file).matchAll(/@import (.*);/g)].map(([, name]) => name);
    // The bundler puts the public style sheet in the place of its import.
    expect(imported).toEqual(file.startsWith('console') ? ['"../html/page.css"'] : []);
    expect(textOf(file)).not.toMatch(/url\(|@font-face/);
  });

  it('has dark and light colours', () => {
    expect(textOf(file)).toMatch(/light-dark\(|prefers-color-scheme/);
  });
});
