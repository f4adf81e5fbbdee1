import { describe, expect, it } from 'vitest';
import { previewKindOf, previewOf } from '../../../../lambda/functions/reveal-payload/preview.ts';

const ofText = (bytes: Uint8Array | string) => {
  const start = Buffer.from(bytes);
  return previewOf('text/plain', start, start.length);
};

describe('the kind of a preview', () => {
  it.each([
    'text/plain',
    'text/csv; charset=utf-8',
    'TEXT/HTML',
    'text/xml',
    'application/json',
    'application/json;charset=utf-16',
    'Application/JSON ; a=b',
    'application/xml',
    'application/csv',
    'application/hal+json',
    'image/svg+xml',
    'application/vnd.acme+json; v=1',
  ])('is text for %s', (contentType) => {
    expect(previewKindOf(contentType)).toBe('text');
  });

  it.each([
    'application/octet-stream',
    'application/pdf',
    'image/png',
    'application/jsonp',
    'application/x-json',
    'application/json-seq',
    'x-text/plain',
    'application/hal+jsonx',
    'text',
    '',
    'application/pdf; name=a.json',
  ])('is hex for %j', (contentType) => {
    expect(previewKindOf(contentType)).toBe('hex');
  });
});

describe('the preview of a text', () => {
  it.each([
    [4_095, false],
    [4_096, false],
    [4_097, true],
  ])('of %i bytes has at most 4,096, and truncated is %s', (size, truncated) => {
    const { kind, text, truncated: isTruncated } = ofText('a'.repeat(size));
    expect([kind, text, isTruncated]).toEqual(['text', 'a'.repeat(Math.min(size, 4_096)), truncated]);
  });

  it.each([
    ['é', 2],
    ['€', 3],
    ['😀', 4],
  ])('ends before %s if its %i bytes are cut', (character, length) => {
    for (let inside = 1; inside < length; inside += 1) {
      const before = 'a'.repeat(4_096 - inside);
      expect(ofText(`${before}${character}b`)).toEqual({ kind: 'text', text: before, truncated: true });
    }
    const whole = `${'a'.repeat(4_096 - length)}${character}`;
    expect(ofText(`${whole}b`)).toEqual({ kind: 'text', text: whole, truncated: true });
  });

  it('shows U+FFFD for invalid bytes, also for an incomplete character at the end of the payload', () => {
    expect(ofText(Buffer.from([0x61, 0xff, 0x62, 0xc3])).text).toBe('a\uFFFDb\uFFFD');
    const lone = Buffer.concat([Buffer.alloc(4_095, 'a'), Buffer.from([0xff]), Buffer.from('b')]);
    expect(ofText(lone).text).toBe(`${'a'.repeat(4_095)}\uFFFD`);
  });

  it('keeps a byte order mark and control characters', () => {
    expect(ofText('\uFEFFa\u0000\u202E\n\t').text).toBe('\uFEFFa\u0000\u202E\n\t');
  });

  it('of 0 bytes is empty', () => {
    expect(ofText('')).toEqual({ kind: 'text', text: '', truncated: false });
  });
});

describe('the preview of other content', () => {
  it.each([
    [0, false],
    [255, false],
    [256, false],
    [257, true],
  ])('of %i bytes has at most 256 of them in hex, and truncated is %s', (size, truncated) => {
    const start = Buffer.alloc(size, 0xab);
    const text = 'ab'.repeat(Math.min(size, 256));
    expect(previewOf('image/png', start, size)).toEqual({ kind: 'hex', text, truncated });
  });

  it('is truncated if only its first bytes were read', () => {
    expect(previewOf('image/png', Buffer.alloc(256), 5_000_000_000).truncated).toBe(true);
    expect(previewOf('text/plain', Buffer.alloc(4_096, 'a'), 5_000_000_000).truncated).toBe(true);
  });
});
