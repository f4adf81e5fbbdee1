import { describe, expect, it } from 'vitest';
import { redact } from '../../cli/redact.ts';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJhIn0.c2lnbmF0dXJl';

describe('text for people', () => {
  it.each([
    [
      'a callback URL by path',
      `https://c.example.com/v1/results/abc_123/${TOKEN}`,
      'https://c.example.com/v1/results/abc_123/…',
    ],
    [
      'a path segment that is no token',
      'https://c.example.com/v1/uploads/abc/secret"',
      'https://c.example.com/v1/uploads/abc/…"',
    ],
    ['a short code that was changed', 'https://c.example.com/c/AbCdEfGhIjKlMnOpQrStUvX', 'https://c.example.com/c/…'],
    ['a short code without its host', '/c/AbCdEfGhIjKlMnOpQrStUv', '/c/…'],
    ['a short URL', 'https://c.example.com/c/AbCdEfGhIjKlMnOpQrStUv failed', 'https://c.example.com/c/… failed'],
    ['a bare token', `Bearer ${TOKEN}.`, 'Bearer …'],
    ['a signing secret', 'whsec_MfKQ9r8GKYqrTwjU+/a= is', '… is'],
    [
      'a presigned URL',
      'https://b.s3/x?X-Amz-Signature=abc&X-Amz-Date=1',
      'https://b.s3/x?X-Amz-Signature=…&X-Amz-Date=1',
    ],
  ])('masks %s', (_, text, masked) => {
    expect(redact(text)).toBe(masked);
  });

  it('keeps a path of the file system readable', () => {
    expect(redact('The callback URLs are in /tmp/c/task.json.')).toBe('The callback URLs are in /tmp/c/task.json.');
  });

  it('keeps task ids and URLs without secrets readable', () => {
    const text = 'GET https://c.example.com/v1/tasks/AbCdEfGhIjKlMnOpQrStUv, /v1/results/AbCdEfGhIjKlMnOpQrStUv';
    expect(redact(text)).toBe(text);
  });
});
