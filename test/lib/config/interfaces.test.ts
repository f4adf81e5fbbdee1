import { describe, expect, it } from 'vitest';
import { aliasIn, interfaceIn, namesIn, readInterface, withValues } from '../../support/interfaces.ts';

const SOURCE = `
/** How fast. */
export const SPEEDS = ['slow', 'fast'] as const;
export const TURNS = [
  'left',
  'right',
] as const;
export type Speed = (typeof SPEEDS)[number];
export type Turn =
  | (typeof TURNS)[number]
  | { readonly by: number };

/**
 * Something that moves.
 * In metres.
 */
export interface Vehicle<Name extends string = string> extends Pick<Thing, 'id'>, Owned {
  readonly bare: string;
  /** On one line. */
  readonly speed: Speed;
  /**
   * On two
   * lines; with a semicolon.
   * @default 'left', since
   * most do
   */
  readonly turn?: Turn;
  /** @default none */
  readonly inside?: { readonly a: string; readonly b: number };
  /** Longer than a line. */
  readonly long:
    | 'one'
    | 'two';
}

interface Odd {
  readonly good: string;
  bad(): void;
}

interface Nested {
  readonly nested: {
    readonly deep: string;
  };
}
`;

describe('reading an interface', () => {
  const vehicle = interfaceIn(SOURCE, 'Vehicle');

  it('gives its doc comment, and what it extends', () => {
    expect(vehicle?.doc).toBe('Something that moves.\nIn metres.');
    expect(vehicle?.parents).toBe("Pick<Thing, 'id'>, Owned");
    expect(interfaceIn(SOURCE, 'Veh')).toBeUndefined();
    expect(interfaceIn(`${SOURCE}\ninterface Empty {\n}\n`, 'Empty')).toEqual({ doc: '', parents: '', members: [] });
  });

  it('gives every member, with its type, doc comment and default', () => {
    expect(vehicle?.members).toEqual([
      { name: 'bare', optional: false, type: 'string', doc: '' },
      { name: 'speed', optional: false, type: 'Speed', doc: 'On one line.' },
      {
        name: 'turn',
        optional: true,
        type: 'Turn',
        doc: 'On two\nlines; with a semicolon.',
        byDefault: "'left', since most do",
      },
      {
        name: 'inside',
        optional: true,
        type: '{ readonly a: string; readonly b: number }',
        doc: '',
        byDefault: 'none',
      },
      { name: 'long', optional: false, type: "| 'one' | 'two'", doc: 'Longer than a line.' },
    ]);
  });

  it.each(['Odd', 'Nested'])('stops at what it does not understand, rather than leave it out (%s)', (name) => {
    expect(() => interfaceIn(SOURCE, name)).toThrow(`The interface ${name} has something that is read by nobody`);
  });

  it('names the file that has no such interface', () => {
    expect(() => readInterface('lib/config/environment.ts', 'Nobody')).toThrow(
      'lib/config/environment.ts has no interface Nobody.',
    );
  });
});

describe('reading a name of a type', () => {
  it('writes out what it stands for', () => {
    expect(aliasIn(SOURCE, 'Speed')).toBe("'slow' | 'fast'");
    expect(aliasIn(SOURCE, 'Turn')).toBe("'left' | 'right' | { readonly by: number }");
    expect(aliasIn(SOURCE, 'Vehicle')).toBeUndefined();
    expect(withValues(SOURCE, '(typeof ELSEWHERE)[number]')).toBe('(typeof ELSEWHERE)[number]');
  });

  it('finds the names that a type is made of, and no word of a text', () => {
    expect(namesIn("Readonly<Record<string, Speed>> | 'A' | 'Turn'")).toEqual(['Readonly', 'Record', 'Speed']);
  });
});
