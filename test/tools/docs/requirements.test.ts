import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../../../tools/docs/requirement-list.ts';
import {
  readRequirementTests,
  requirementTests,
  testsOfUnknownIds,
  untestedIds,
} from '../../../tools/docs/requirements.ts';

const tests = readRequirementTests();

describe('requirements', () => {
  it('have an id each, and a sentence', () => {
    expect(new Set(REQUIREMENTS.map(({ id }) => id)).size).toBe(REQUIREMENTS.length);
    expect(REQUIREMENTS.length).toBe(39);
    for (const { id, sentence } of REQUIREMENTS) {
      expect(id).toMatch(/^[A-Z]\d$/);
      expect(sentence).toMatch(/^[A-Z0-9`].*\.$/);
    }
  });

  it('have a test each', () => {
    expect(untestedIds(tests)).toEqual([]);
  });

  it('are known wherever a title begins with an id', () => {
    expect(testsOfUnknownIds(tests)).toEqual([]);
  });

  it('are noticed if their test is gone, or their id is unknown', () => {
    const one = requirementTests(
      'test/one.test.ts',
      `describe('a token', () => { it('T1 X9 is refused', () => {}); });`,
    );
    expect(one).toEqual([{ file: 'test/one.test.ts', ids: ['T1', 'X9'], text: 'a token › is refused' }]);
    expect(untestedIds(one)).toEqual(REQUIREMENTS.map(({ id }) => id).filter((id) => id !== 'T1'));
    expect(testsOfUnknownIds(one)).toEqual(one);
  });
});
