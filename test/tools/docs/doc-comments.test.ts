import { describe, expect, it } from 'vitest';
import { documentedIn, readDocComments } from '../../../tools/docs/doc-comments.ts';

const SOURCE = `
/** Something else. */
export const other = { /** Not read. */ speed: 1 };

/**
 * A vehicle.
 * In metres.
 */
export const vehicle = object('Write one.', {
  /** On one line. */
  speed: count({ min: 1 }),
  bare: text(),
  /**
   * On two
   * lines.
   * @default 'left', because
   * most do
   */
  'turn-to': optional(oneOf(['left', 'right']), 'left'),
  /**
   * Former name of \`turn-to\`.
   * @deprecated
   * @default none
   */
  turn,
});
export interface Vehicle {
  /** Of an interface. */
  readonly id?: string;
}
`;

describe('the doc comments of a declaration', () => {
  it('have the text and the default of each member', () => {
    const { about, members } = documentedIn(SOURCE, 'vehicle.ts', 'vehicle');
    expect(about).toBe('A vehicle.\nIn metres.');
    expect(Object.fromEntries(members)).toEqual({
      speed: { text: 'On one line.', isDeprecated: false },
      'turn-to': { text: 'On two\nlines.', byDefault: "'left', because most do", isDeprecated: false },
      turn: { text: 'Former name of `turn-to`.', byDefault: 'none', isDeprecated: true },
    });
  });

  it('are read from an interface too', () => {
    const { about, members } = documentedIn(SOURCE, 'vehicle.ts', 'Vehicle');
    expect([about, members.get('id')?.text]).toEqual(['', 'Of an interface.']);
  });

  it('name the file without such an export', () => {
    expect(() => readDocComments('lib/config/edge.ts', 'nobody')).toThrow('lib/config/edge.ts exports no nobody.');
  });
});
