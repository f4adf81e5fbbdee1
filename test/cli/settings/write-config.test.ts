import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect } from 'vitest';
import { writeCurrentProfile, writeProfile } from '../../../cli/settings/write-config.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const ORIGIN = 'https://callbacks.example.com';

const test = base.extend('edit', ({ ownFolder }) => (before: string | undefined, edit: (file: string) => void) => {
  const file = join(ownFolder, 'config', 'config.toml');
  mkdirSync(join(ownFolder, 'config'), { recursive: true });
  if (before !== undefined) writeFileSync(file, before);
  edit(file);
  return readFileSync(file, 'utf8');
});

describe('a profile', () => {
  test('is added to a file that does not exist, and behind other settings', ({ edit }) => {
    const add = (file: string) =>
      writeProfile(file, 'new', { origin: ORIGIN, private_key: undefined, protected: true });
    expect(edit(undefined, add)).toBe(`[profiles.new]\norigin = "${ORIGIN}"\nprotected = true\n`);
    expect(edit('output = "json"  # mine\n\n\n', add)).toBe(
      `output = "json"  # mine\n\n[profiles.new]\norigin = "${ORIGIN}"\nprotected = true\n`,
    );
  });

  test('changes in its place, and loses the keys that are removed', ({ edit }) => {
    const before = `[ profiles . "new" ] # a comment
private_key = 'k.jwk' # gone
origin='https://old.example.com' # stays

# about the next one
[profiles.next]
private_key = "next.jwk"
`;
    const after = edit(before, (file) =>
      writeProfile(file, 'new', { origin: ORIGIN, private_key: undefined, issuer: ORIGIN }),
    );
    expect(after).toBe(`[ profiles . "new" ] # a comment
origin = "${ORIGIN}" # stays
issuer = "${ORIGIN}"

# about the next one
[profiles.next]
private_key = "next.jwk"
`);
  });

  test.for([
    [
      'an inline table',
      'profiles = { new = { origin = "https://old.example.com" }, next = { origin = "https://n.example.com" } }\n',
    ],
    [
      'dotted keys',
      'profiles.new.origin = "https://old.example.com"\nprofiles.next.origin = "https://n.example.com"\n',
    ],
    [
      'a key in quotation marks',
      '[profiles.new]\n"origin" = "https://old.example.com"\n[profiles.next]\norigin = "https://n.example.com"\n',
    ],
    [
      'a text over several lines that looks like a table',
      '[profiles.next]\norigin = "https://n.example.com"\nenvironment = """\n[profiles.new]\norigin = "x"\n"""\n',
    ],
    [
      'lines that end as on Windows',
      '[profiles.new]\r\norigin = "https://old.example.com"\r\n[profiles.next]\r\norigin = "https://n.example.com"\r\n',
    ],
  ] as const)('changes where it is written as %s', ([, before], { edit }) => {
    const old = parse(before) as { readonly profiles: Readonly<Record<string, object>> };
    const after = parse(edit(before, (file) => writeProfile(file, 'new', { origin: ORIGIN })));
    expect(after).toEqual({ ...old, profiles: { ...old.profiles, new: { ...old.profiles.new, origin: ORIGIN } } });
  });

  test('keeps a value with quotation marks, backslashes and control characters', ({ edit }) => {
    const value = 'C:\\keys\\"my"\u007f\t[profiles.x].jwk';
    const after = parse(edit('', (file) => writeProfile(file, 'new', { origin: ORIGIN, private_key: value })));
    expect(after).toEqual({ profiles: { new: { origin: ORIGIN, private_key: value } } });
  });
});

describe('the current profile', () => {
  test.for([
    ['an empty file', '', 'profile = "new"\n'],
    ['a file without it', '# mine\noutput = "json"\n', 'profile = "new"\n\n# mine\noutput = "json"\n'],
    ['a file with it', 'output = "json"\nprofile = "old" # now\n', 'output = "json"\nprofile = "new" # now\n'],
    [
      'a file with the key in a table',
      '[profiles.a]\norigin = "https://a.example.com"\n',
      'profile = "new"\n\n[profiles.a]\norigin = "https://a.example.com"\n',
    ],
  ] as const)('is written into %s', ([, before, after], { edit }) => {
    expect(edit(before, (file) => writeCurrentProfile(file, 'new'))).toBe(after);
  });
});
