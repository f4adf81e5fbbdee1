import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { appendSourceHash, readSourceHash } from '../../../lambda/contract/policy-module.ts';

const FOLDER = fileURLToPath(new URL('../../vectors/rego/', import.meta.url));
const source = readFileSync(`${FOLDER}guide.rego`);
const guide = readFileSync(`${FOLDER}guide.wasm`);
const HASH = 'ab'.repeat(32);

/** The smallest module: the magic number and the version. */
const EMPTY = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const sectionOf = (name: string, content: string): readonly number[] => [
  0,
  name.length + content.length + 1,
  name.length,
  ...Buffer.from(name + content),
];
const moduleOf = (...sections: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...EMPTY, ...sections.flat()]);

describe('the SHA-256 of the source in a policy module', () => {
  it('is that of the checked-in source', () => {
    expect(readSourceHash(guide)).toBe(createHash('sha256').update(source).digest('hex'));
  });

  it('is appended as one custom section at the end', () => {
    expect(appendSourceHash(EMPTY, HASH)).toEqual(moduleOf(sectionOf('postern.source', HASH)));
  });

  it('replaces an earlier one, and leaves every other byte', () => {
    const other = appendSourceHash(guide, HASH);
    expect(readSourceHash(other)).toBe(HASH);
    expect(other).toHaveLength(guide.length);
    expect(Buffer.from(other).subarray(0, -64).equals(guide.subarray(0, -64))).toBe(true);
  });

  it('is found between other sections', () => {
    const module = moduleOf(sectionOf('name', 'x'), sectionOf('postern.source', HASH), sectionOf('producers', ''));
    expect(readSourceHash(module)).toBe(HASH);
    expect(appendSourceHash(module, HASH)).toEqual(
      moduleOf(sectionOf('name', 'x'), sectionOf('producers', ''), sectionOf('postern.source', HASH)),
    );
  });

  it.for<[string, Uint8Array]>([
    ['nothing', Uint8Array.of()],
    ['bytes that are no module', Buffer.from('not a module')],
    ['a module of another version', Uint8Array.from([...EMPTY.subarray(0, 4), 2, 0, 0, 0])],
    ['a module without the section', EMPTY],
    ['a module with the section twice', moduleOf(sectionOf('postern.source', HASH), sectionOf('postern.source', HASH))],
    ['a hash with a character less', moduleOf(sectionOf('postern.source', HASH.slice(1)))],
    ['a hash with a character more', moduleOf(sectionOf('postern.source', `${HASH}a`))],
    ['a hash in capital letters', moduleOf(sectionOf('postern.source', HASH.toUpperCase()))],
    ['a section of another name', moduleOf(sectionOf('postern.sourc', HASH))],
    ['a section that is no custom section', moduleOf([1, ...sectionOf('postern.source', HASH).slice(1)])],
    ['a section that is longer than the module', moduleOf([0, 0x7f, 0])],
    ['a name that is longer than its section', moduleOf([0, 1, 14])],
    ['a length without an end', moduleOf([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])],
  ])('is not found in %s', ([_, module]) => {
    expect(readSourceHash(module)).toBeUndefined();
  });

  it('is not found in a module that is cut off at any byte of the section', () => {
    const whole = appendSourceHash(EMPTY, HASH);
    for (let end = 0; end < whole.length; end += 1) expect(readSourceHash(whole.subarray(0, end))).toBeUndefined();
  });

  it('is not appended to bytes that are no module', () => {
    expect(() => appendSourceHash(Buffer.from('not a module'), HASH)).toThrow('12 bytes are not a WebAssembly module');
  });
});
