import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readFromTar } from '../../../cli/policies/read-tar.ts';
import { makeTar } from '../../support/make-tar.ts';

const MODULE = '/policy.wasm';
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

describe('a file of a tar archive', () => {
  it.for([0, 1, 511, 512, 513, 140_012])('of %i bytes is read after others', (size) => {
    const content = 'x'.repeat(size);
    const archive = makeTar({ '/data.json': '{}', '/a.rego': 'y'.repeat(513), [MODULE]: content, '/.manifest': '{}' });
    expect(textOf(readFromTar(archive, MODULE))).toBe(content);
  });

  it.for(['policy.wasm', '/policy', '/policy.wasm2', '/other.wasm'])('is not %s', (name) => {
    expect(readFromTar(makeTar({ [name]: 'x' }), MODULE)).toBeUndefined();
  });

  it('is not found in an empty archive', () => {
    expect(readFromTar(makeTar({}), MODULE)).toBeUndefined();
    expect(readFromTar(gzipSync(''), MODULE)).toBeUndefined();
  });

  it('is refused if the archive is cut off in it', () => {
    const whole = gunzipSync(makeTar({ [MODULE]: 'x'.repeat(1_000) }));
    expect(() => readFromTar(gzipSync(whole.subarray(0, 512 + 999)), MODULE)).toThrow('cut off');
    expect(textOf(readFromTar(gzipSync(whole.subarray(0, 512 + 1_000)), MODULE))).toHaveLength(1_000);
  });

  it('is refused if its size is no number', () => {
    const whole = gunzipSync(makeTar({ [MODULE]: 'x' }));
    whole.fill('z', 124, 136);
    expect(() => readFromTar(gzipSync(whole), MODULE)).toThrow('malformed');
  });

  it('is refused in bytes that are not in gzip, and in an archive above 64 MB', () => {
    expect(() => readFromTar(Buffer.from('no archive'), MODULE)).toThrow();
    expect(() => readFromTar(gzipSync(Buffer.alloc(64 * 1_048_576 + 1)), MODULE)).toThrow(/larger than 67108864/);
  });
});
