import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { asAddress, type Question } from '../../../lambda/shared/policy/policy.ts';
import { createPolicy } from '../../../lambda/shared/policy/rego.ts';
import { findRegoMistakes } from '../../../lib/config/rego-lint.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');
const page = read('docs/operate/policies.md');
const guide = read('test/vectors/rego/guide.rego');
const cedar = read('test/vectors/rego/guide.cedar');

const safeForm = read('test/vectors/rego/safe-form.rego');

const callbackFrom = (source: string): Question => ({
  principal: { type: 'Processor', id: 'acme-ocr', attributes: { proof: 'none' } },
  action: 'result',
  resource: { type: 'Task', id: 'AAAAAAAAAAAAAAAAAAAAAA', attributes: { processor: 'acme-ocr' } },
  context: { ...asAddress(source), carrier: 'header', proof: 'none', size: 2, contentType: 'application/json', age: 1 },
});

const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);

describe('the page about policies', () => {
  it('shows the policies in Rego whose module is checked in', () => {
    const [whole, ...parts] = blocksOf('rego');
    expect(whole).toBe(guide);
    expect(parts.filter((part) => part.includes('package '))).toEqual([]);
  });

  it('shows a wrong form of forbid, and a safe form for an unknown address', () => {
    expect(blocksOf('rego').slice(1, 3).join('\n')).toBe(safeForm.slice(safeForm.indexOf('# Wrong:')));
    const policy = createPolicy(readFileSync(`${ROOT}test/vectors/rego/safe-form.wasm`));
    const policiesFor = (source: string) => policy.decide(callbackFrom(source)).policies;
    expect(policiesFor('198.51.100.1')).toEqual(['callbacks']);
    expect(policiesFor('203.0.113.9')).toEqual(['from-the-guest-network', 'not-from-the-guest-network']);
    // Without a source, and with one that is no address, the wrong form does not hold.
    for (const source of ['', 'nonsense']) expect(policiesFor(source)).toEqual(['not-from-the-guest-network']);
  });

  it('shows comparisons that hold for null, and that synth refuses', () => {
    const [wrong = '', ...others] = blocksOf('rego').slice(3);
    expect(others).toEqual([]);
    const source = `package postern\n\ndecision := {"permit": permit, "forbid": forbid}\n\n${wrong}`;
    expect(findRegoMistakes(source).map(({ message }) => message)).toEqual([
      expect.stringContaining('which can hold where input.context.size is null'),
      expect.stringContaining('which can hold where input.resource.application is null'),
    ]);
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
