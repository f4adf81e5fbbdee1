import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');
const page = read('docs/operate/policies.md');
const guide = read('test/vectors/rego/guide.rego');
const cedar = read('test/vectors/rego/guide.cedar');

const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);

describe('the page about policies', () => {
  it('shows the policies in Rego whose module is checked in', () => {
    const [whole, ...parts] = blocksOf('rego');
    expect(whole).toBe(guide);
    expect(parts.filter((part) => part.includes('package '))).toEqual([]);
  });

  it('shows the policies in Cedar that are compared with them', () => {
    expect(blocksOf('cedar').join('\n')).toBe(cedar);
  });

  it('has the same policies in both languages, by effect and name', () => {
    const inCedar = [...cedar.matchAll(/@id\("([\w-]+)"\)\n(permit|forbid) /g)].map(([, name, effect]) => [
      name,
      effect,
    ]);
    const inRego = [...guide.matchAll(/^(permit|forbid) contains "([\w-]+)" if/gm)].map(([, effect, name]) => [
      name,
      effect,
    ]);
    expect(inCedar).toHaveLength(7);
    expect(inRego.toSorted()).toEqual(inCedar.toSorted());
  });
});
