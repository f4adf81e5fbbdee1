import { expect, test } from 'vitest';
import { maskCredentials } from '../../../lambda/shared/mask-credentials.ts';

const CODE = 'AbCdEfGhIjKlMnOpQrStUv';

test.each([
  ['a short code', CODE],
  ['a short callback URL', `https://callbacks.example.com/c/${CODE}`],
  [
    'a short callback URL in a link of a mail filter',
    `https://safe.example/?url=https%3A%2F%2Fa.example%2Fc%2F${CODE}`,
  ],
  ['the signature of an upload URL', `https://a.example/b?X-Amz-Expires=900&X-Amz-Signature=${'0a'.repeat(32)}`],
  ['the session of an upload URL', `https://a.example/b?X-Amz-Security-Token=IQoJb3JpZ2luX2Vj%2F${'x'.repeat(40)}%3D`],
  ['a callback token', `${'eyJhbGciOi'}JFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln`],
])('O1 masks %s in a text', (_name, credential) => {
  const masked = maskCredentials(`It leaked: ${credential} (INC-77).`);
  expect(masked).toMatch(/^It leaked: .*… \(INC-77\)\.$/);
  expect(masked).not.toContain(credential.slice(-22));
});

test('keeps words of other lengths, and an id that the caller has named', () => {
  const text = `task ${CODE}, not ${CODE.slice(1)}`;
  const others = `${CODE}x ${CODE.slice(1)} 22fa77c0-a9d4-4903-b105-e991662cb089 https://a-long-name-of-a-host.example.com`;
  expect(maskCredentials(others)).toBe(others);
  expect(maskCredentials(text, [CODE])).toBe(text);
  expect(maskCredentials(text)).toBe(`task …, not ${CODE.slice(1)}`);
});
