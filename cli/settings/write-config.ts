import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify, type TomlTableWithoutBigInt } from 'smol-toml';
import { writePrivateFile } from '../private-files.ts';

/** Keys of a profile in the file. An undefined one is removed; a key that is not named stays. */
export type ProfileValues = Readonly<
  Partial<Record<'origin' | 'issuer' | 'client_id' | 'private_key' | 'environment', string | undefined>> & {
    protected?: boolean | undefined;
  }
>;

/** Changes keys of a profile in the user's file of settings, and keeps everything else. */
export const writeProfile = (file: string, name: string, values: ProfileValues): void => {
  const text = readText(file);
  const table = read(text);
  const profiles = tableIn(table, 'profiles');
  const profile = tableIn(profiles, name);
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete profile[key];
    else profile[key] = value;
  }
  write(file, editProfile(text, name, values), table);
};

/** Makes a profile the current one. */
export const writeCurrentProfile = (file: string, name: string): void => {
  const text = readText(file);
  const table = read(text);
  table.profile = name;
  write(file, editTopLevel(text, 'profile', name), table);
};

type Table = TomlTableWithoutBigInt;

// Without an option, the first overload would give tables with bigint.
const read = (text: string): Table => parse(text, { integersAsBigInt: false });

const readText = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

const tableIn = (table: Table, key: string): Table => {
  if (!Object.hasOwn(table, key)) table[key] = {};
  return table[key] as Table;
};

/** Writes the edited text if it means what it should, otherwise the whole table: comments are lost then, settings never. */
const write = (file: string, edited: string, meant: Table): void => {
  writePrivateFile(file, isSame(edited, meant) ? edited : `${stringify(meant)}\n`);
};

const isSame = (text: string, meant: Table): boolean => {
  try {
    return isDeepStrictEqual(plain(read(text)), plain(meant));
  } catch {
    return false;
  }
};

const plain = (table: Table): unknown => JSON.parse(JSON.stringify(table));

const ANY_HEADER = /^\s*\[/;

const editTopLevel = (text: string, key: string, value: string): string => {
  const lines = text.split('\n');
  const firstHeader = lines.findIndex((line) => ANY_HEADER.test(line));
  const present = lines.findIndex((line, i) => (firstHeader === -1 || i < firstHeader) && isKey(line, key));
  if (present !== -1) return replaceAt(lines, present, key, value).join('\n');
  return `${key} = ${toToml(value)}\n${text === '' ? '' : '\n'}${text}`;
};

const editProfile = (text: string, name: string, values: ProfileValues): string => {
  let lines = text.split('\n');
  const header = lines.findIndex((line) => isHeaderOf(line, name));
  const given = Object.entries(values);
  if (header === -1) {
    const settings = given
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key} = ${toToml(value)}`);
    const before = text.trimEnd();
    return `${before}${before === '' ? '' : '\n\n'}[profiles.${toKey(name)}]\n${settings.join('\n')}\n`;
  }
  for (const [key, value] of given) {
    const end = endOfSection(lines, header);
    const present = lines.findIndex((line, i) => i > header && i < end && isKey(line, key));
    if (value === undefined) lines = lines.filter((_, i) => i !== present);
    else if (present !== -1) lines = replaceAt(lines, present, key, value);
    else {
      const last = lines.findLastIndex(
        (line, i) => i >= header && i < end && line.trim() !== '' && !/^\s*#/.test(line),
      );
      lines = lines.toSpliced(last + 1, 0, `${key} = ${toToml(value)}`);
    }
  }
  return lines.join('\n');
};

const isHeaderOf = (line: string, name: string): boolean => {
  const [, key] = /^\s*\[\s*profiles\s*\.\s*("[^"]*"|'[^']*'|[\w-]+)\s*\]\s*(?:#.*)?$/.exec(line) ?? [];
  return key !== undefined && (key === name || key.slice(1, -1) === name);
};

const endOfSection = (lines: readonly string[], header: number): number => {
  const next = lines.findIndex((line, i) => i > header && ANY_HEADER.test(line));
  return next === -1 ? lines.length : next;
};

const isKey = (line: string, key: string): boolean => new RegExp(`^\\s*${key}\\s*=`).test(line);

/** Replaces the value of a line, and keeps the comment behind it. */
const replaceAt = (lines: readonly string[], at: number, key: string, value: string | boolean): string[] => {
  const [, comment = ''] = /=\s*(?:"[^"\\]*"|'[^']*'|true|false)(\s*#.*)$/.exec(lines[at] ?? '') ?? [];
  return lines.with(at, `${key} = ${toToml(value)}${comment}`);
};

const toKey = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));

/** A basic string of TOML has the escapes of JSON, and others. */
const toToml = (value: string | boolean | undefined): string => JSON.stringify(value);
