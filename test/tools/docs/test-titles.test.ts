import { describe, expect, it } from 'vitest';
import { splitIds, titlesIn } from '../../../tools/docs/test-titles.ts';

const titles = (source: string) => titlesIn(source).map(({ groups, title }) => [...groups, title].join(' › '));

describe('titles of tests', () => {
  it('are found in the three calls, with their groups around them', () => {
    const source = `
      describe('a token', () => {
        it('T1 is refused', () => {});
        describe("of another key", () => { test(\`T2 too\`, async () => { expect(f('x')).toBe(1); }); });
      });
      test('alone', () => {});`;
    expect(titles(source)).toEqual([
      'a token',
      'a token › T1 is refused',
      'a token › of another key',
      'a token › of another key › T2 too',
      'alone',
    ]);
  });

  it.each([
    ['a modifier', "it.skipIf(process.env.X === undefined)('C1 title', () => {});"],
    ['two modifiers', "it.concurrent.each([1, 2])('C1 title', () => {});"],
    ['type arguments', "it.each<readonly [string, number]>([])('C1 title', () => {});"],
    ['a table in a constant that is computed', "const CASES = make(); it.each(CASES)('C1 title', () => {});"],
    ['a call over several lines', "it(\n  // a comment with ' a quote\n  'C1 title',\n  () => {},\n);"],
    ['quotes in a regular expression', "const A = /['\"`(]/; it('C1 title', () => {});"],
    ['a division', "const A = (b / 2) / c; it('C1 title', () => {}); const D = e / f;"],
    ['a comment with a call', "/* it('T1 no') */ // it('T2 no')\nit('C1 title', () => {});"],
    ['a template with a call', `const A = \`\${b(\`it('T1 no')\`)} it('T2 no')\`; it('C1 title', () => {});`],
    ['an escape', "it('C1 \\u0074it\\x6ce', () => {});"],
    ['a method of the same name', "store.test('T1 no'); it('C1 title', () => {});"],
  ])('are found beside %s', (_, source) => {
    expect(titles(source)).toEqual(['C1 title']);
  });

  it('are made from the cases of a table', () => {
    const source = `it.each([['C1', 'iss', 1], ['C3', 'aud', 2]] as const)('%s %s is checked (%i)', () => {});`;
    expect(titles(source)).toEqual(['C1 iss is checked (%i)', 'C3 aud is checked (%i)']);
  });

  it('are made from a table in a constant, also where it has a type', () => {
    const source = `const CASES: readonly (readonly [string, () => number])[] = [['T1 one', () => f(',')], [\`T2 two\`, g]];
      it.each(CASES)('%s', () => {});
      it.each(CASES.map((one) => one))('refuses %s', () => {});`;
    expect(titles(source)).toEqual(['T1 one', 'T2 two', 'refuses T1 one', 'refuses T2 two']);
  });

  it('are made from a table with a function in its type arguments', () => {
    const source = `it.each<[string, (a: A<B>) => Promise<C>]>([['T1 one', f], ['T2 two', g]])('%s', () => {});`;
    expect(titles(source)).toEqual(['T1 one', 'T2 two']);
  });

  it('are made from objects, by the names of their members', () => {
    const source = `describe.each([{ name: 'H1 one', f: 1 }, { name: 'H2 two' }])('$name', () => { it('works', () => {}); });`;
    expect(titles(source).filter((title) => title.startsWith('H'))).toEqual(['H1 one', 'H2 two']);
  });

  it('are not repeated for each case if they begin with an id', () => {
    expect(titles(`it.each([['a'], ['b']])('C6 refuses %s', () => {});`)).toEqual(['C6 refuses %s']);
  });

  it('cannot be read from a source with an open bracket', () => {
    expect(() => titlesIn(`describe('a', () => {`)).toThrow('not closed');
  });
});

describe('ids of a title', () => {
  it.each([
    ['C6 refuses a replay', ['C6'], 'refuses a replay'],
    ['T2 T8 refuses', ['T2', 'T8'], 'refuses'],
    ['H3, T7: refuses', ['H3', 'T7'], 'refuses'],
    ['O1: logs', ['O1'], 'logs'],
    ['X9 is unknown', ['X9'], 'is unknown'],
    ['refuses C6', [], 'refuses C6'],
    ['P256 keys', [], 'P256 keys'],
    ['ES256 keys', [], 'ES256 keys'],
    ['C6', ['C6'], ''],
  ])('are read from %j', (title, ids, text) => {
    expect(splitIds(title)).toEqual({ ids, text });
  });
});
