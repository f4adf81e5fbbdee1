import { describe, expect, it } from 'vitest';
import { COMMANDS, GROUPS } from '../../cli/commands.ts';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { flagOf, GLOBAL_OPTIONS, NothingToRun, readCommandLine } from '../../cli/program.ts';

const quiet = { writeOut: () => {}, writeErr: () => {} };
const read = (words: readonly string[]) => readCommandLine({ commands: COMMANDS, groups: GROUPS }, words, quiet);

/** Words of an example up to a pipe or a redirection, without quotation marks. */
const wordsOf = (example: string): readonly string[] =>
  [...(/postern ([^|<>;&]+)/.exec(example)?.[1] ?? '').matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) =>
    word.replaceAll(/["']/g, ''),
  );

describe.each(COMMANDS.map((command) => [command.name, command] as const))('postern %s', (name, command) => {
  it('has a summary of one line that is no sentence with a full stop', () => {
    expect(command.summary).toMatch(/^[A-Z].{5,99}[^.]$/);
  });

  it('has an example, and every example is read as this command', () => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) {
      const found = read(wordsOf(example));
      expect(found instanceof NothingToRun ? example : found.command.name, example).toBe(name);
    }
  });

  it('names each exit code once, and leaves out those of every command', () => {
    expect(new Set(command.exits).size).toBe(command.exits.length);
    for (const common of ['ok', 'usage', 'interrupted'] as const) expect(command.exits).not.toContain(common);
  });

  it('explains every option in a few words', () => {
    for (const [key, { doc }] of Object.entries(command.options)) {
      expect(doc, flagOf(key)).toMatch(/^[a-z“"].{3,}[^.]$/);
    }
  });

  it('prints its help with exit code 0', () => {
    expect(read([...name.split(' '), '--help'])).toEqual(new NothingToRun(0));
  });
});

describe('the command line', () => {
  it('has a summary for each group of commands, and no other', () => {
    const groups = COMMANDS.flatMap(({ name }) => {
      const words = name.split(' ');
      return words.slice(0, -1).map((_, i) => words.slice(0, i + 1).join(' '));
    });
    expect([...new Set(groups)].toSorted()).toEqual(Object.keys(GROUPS).toSorted());
  });

  it('has every command once', () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['tsak']],
    ['an unknown option', ['version', '--colour']],
    ['a value too many', ['version', '1']],
    ['a format that does not exist', ['version', '-o', 'yaml']],
  ])('ends with exit code 2 for %s', (_, words) => {
    expect(read(words)).toEqual(new NothingToRun(2));
  });

  it.each(['-P4N96AAAAAAAAAAAAAAAA', '--4N96AAAAAAAAAAAAAAAA', '-P4N96--o-json-AAAAAAA'])(
    'reads the task id %s, which begins with a hyphen, as an id',
    (id) => {
      expect(id).toHaveLength(22);
      expect(read(['task', 'get', id, '-o', 'json'])).toMatchObject({
        arguments: { TASK: id },
        flags: { output: 'json' },
      });
      expect(read(['task', 'quarantine', 'accept', id, id])).toMatchObject({ arguments: { TASK: id, ID: id } });
      expect(read(['task', 'list', '--cursor', id])).toMatchObject({ options: { cursor: id } });
    },
  );

  it.each(['-8XGyk9wSEAcIM0vj6bTtnFyFtoPVF3iUpGbfPCH1Ws', '--4N96AAAAAAAAAAAAAAAA4N96AAAAAAAAAAAAAAAA-'])(
    'reads the kid %s, which begins with a hyphen, as a kid',
    (kid) => {
      expect(kid).toHaveLength(43);
      expect(read(['operator', 'keys', 'retire', kid, '--reason', 'it leaked'])).toMatchObject({
        arguments: { KEY: kid },
        options: { reason: 'it leaked' },
      });
    },
  );

  it.each([
    ['--help', ['--help']],
    ['--version', ['--version']],
    ['help and a command', ['help', 'task', 'open']],
    ['help alone', ['help']],
  ])('ends with exit code 0 for %s', (_, words) => {
    expect(read(words)).toEqual(new NothingToRun(0));
  });

  it('reads the flags of every command', () => {
    const words = ['version', '-o', 'json', '--profile', 'p', '--origin', 'o', '--issuer', 'i', '--no-input'];
    expect(read(words)).toMatchObject({
      flags: { output: 'json', profile: 'p', origin: 'o', issuer: 'i', input: false },
    });
    expect(Object.keys(GLOBAL_OPTIONS)).toHaveLength(5);
  });

  it('has exit codes with the numbers that scripts know', () => {
    expect(Object.fromEntries(Object.entries(EXIT_CODES).map(([name, { code }]) => [name, code]))).toEqual({
      ok: 0,
      failed: 1,
      usage: 2,
      notFound: 3,
      signIn: 4,
      refused: 5,
      unavailable: 6,
      endedOtherwise: 7,
      interrupted: 130,
    });
  });
});
