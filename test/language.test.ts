import { describe, expect, it } from 'vitest';
import { commentsOf, indirectWordsOf, isIndirectOpening, titlesOf, wordsOfPage } from '../.ci/language.mjs';

describe('the check of the language', () => {
  it('reads blocks and lines that follow each other as one comment each', () => {
    const source =
      '/**\n * True if it is open.\n * @returns a flag\n */\nconst a = 1;\n// One,\n// and two.\nb();\n// Three.\n';
    expect(commentsOf(source).map(({ line, text }) => [line, text])).toEqual([
      [1, 'True if it is open. @returns a flag'],
      [6, 'One, and two.'],
      [9, 'Three.'],
    ]);
  });

  it.each([
    ['Whether it is open.', true],
    ['What a caller gets.', true],
    ['Of its own, for a reason.', true],
    ['`As` is a word here', true],
    ['True if it is open.', false],
    ['Whole seconds.', false],
  ])('“%s” opens indirectly: %s', (comment, expected) => {
    expect(isIndirectOpening(comment)).toBe(expected);
  });

  it('finds indirect words outside of code', () => {
    expect(indirectWordsOf('Nobody reads `nobody`, and there is none of its own.')).toEqual([
      'Nobody',
      'is none',
      'of its own',
    ]);
    expect(indirectWordsOf('The caller reads none of the tables.')).toEqual([]);
  });

  it('leaves code, links and tags of a page out', () => {
    expect(wordsOfPage('One `two` [three](whoever.md)\n```sh\nwhoever\n```\n<b>four</b>')).toBe('One  [three]\n\nfour');
  });

  it('reads titles, also of tables of cases', () => {
    const source =
      "it('one', f);\nit.each([\n  [1],\n])('two %s', f);\ndescribe(`three`, f);\ntest.skipIf(a)('four', f)";
    expect(titlesOf(source)).toEqual(['one', 'two %s', 'three', 'four']);
  });
});
