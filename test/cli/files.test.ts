import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parseJsonInput, readJsonInput } from '../../cli/files.ts';
import { test } from '../support/unit-fixtures.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('an option with JSON', () => {
  test.for<[string, Uint8Array, string]>([
    [
      'a comma too many',
      bytesOf('{\n  "a": 1,\n}'),
      '--input is not JSON in UTF-8: the mistake is at line 3, column 1.',
    ],
    ['an end too early', bytesOf('{"a": 1'), '--input is not JSON in UTF-8: '],
    ['nothing', bytesOf(''), '--input is not JSON in UTF-8: it ends too early.'],
    ['other bytes', new Uint8Array([0x22, 0xff, 0x22]), '--input is not JSON in UTF-8: its bytes are not UTF-8.'],
    ['a text without quotes', bytesOf('a-secret'), '--input is not JSON in UTF-8'],
  ])('names the place of the mistake as far as it is known: %s', ([, bytes, message]) => {
    expect(() => parseJsonInput('--input', bytes)).toThrow(message);
  });

  test('never shows the text, which may be a secret', () => {
    expect(() => parseJsonInput('--key', bytesOf('{"d": a-secret}'))).toThrow(/^(?!.*secret)/s);
  });

  test('names the file', async ({ ownFolder: cwd }) => {
    writeFileSync(join(cwd, 'document.json'), '[1,,2]');
    const io = { readStdin: async () => bytesOf('') };
    await expect(readJsonInput({ cwd, io: io as never }, '--input', '@document.json')).rejects.toThrow(
      '--input: document.json is not JSON in UTF-8',
    );
    await expect(readJsonInput({ cwd, io: io as never }, '--input', '-')).rejects.toThrow('--input: stdin is not JSON');
  });
});
