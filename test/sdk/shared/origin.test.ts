import { describe, expect, test } from 'vitest';
import { readAddress, readOrigin } from '../../../sdk/shared/origin.ts';

describe('an origin', () => {
  test.each([
    ['https://callbacks.example.com', 'https://callbacks.example.com'],
    ['https://callbacks.example.com/', 'https://callbacks.example.com'],
    ['https://callbacks.example.com:8443', 'https://callbacks.example.com:8443'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.1.2.3', 'http://127.1.2.3'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('may be %s', (value, origin) => {
    expect(readOrigin('origin', value)).toBe(origin);
  });

  test.each([
    ['callbacks.example.com', /origin is not a URL/],
    ['http://callbacks.example.com', /expected https, or http on a loopback address/],
    ['http://localhost.example.com', /expected https/],
    ['http://127.0.0.1.example.com', /expected https/],
    ['ftp://127.0.0.1', /begins with ftp:/],
    ['https://callbacks.example.com/v1', /more than scheme, host and port/],
    ['https://callbacks.example.com?a', /more than scheme, host and port/],
    ['https://callbacks.example.com#a', /more than scheme, host and port/],
  ])('may not be %s', (value, message) => {
    expect(() => readOrigin('origin', value)).toThrow(message);
  });

  test('is not quoted with its password, path or query', () => {
    for (const value of [
      'http://a:HIDDEN@b.example',
      'http://b.example/HIDDEN?HIDDEN',
      'https://b.example/HIDDEN',
      'HIDDEN',
    ]) {
      expect(() => readOrigin('origin', value)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('HIDDEN') }),
      );
    }
    expect(() => readAddress('tokenEndpoint', 'https://a:HIDDEN@b.example/')).toThrow(
      /^tokenEndpoint has a user name or a password/,
    );
  });
});
