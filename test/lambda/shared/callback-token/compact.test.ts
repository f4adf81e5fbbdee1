import { describe, expect, test } from 'vitest';
import { MAX_TOKEN_CHARS } from '../../../../lambda/contract/limits.ts';
import {
  type CompactToken,
  readCompactToken,
  readEncryptedHeader,
} from '../../../../lambda/shared/callback-token/compact.ts';
import { isEncrypted } from '../../../../lambda/shared/callback-token/token-decrypter.ts';
import { isRefusal, refuse } from '../../../../lambda/shared/refusal.ts';
import { aSigningKey, aToken, claimsOf, signText } from '../../../support/tokens.ts';

const key = await aSigningKey();
const good = await aToken(key);
const HEADER = JSON.stringify({ alg: 'ES256', typ: 'callback+jwt', kid: 'k' });
const MALFORMED = refuse('token_malformed', 'not a canonical compact JWS of JSON objects');

const partsOf = (token: string): CompactToken => {
  const parts = readCompactToken(token);
  if (isRefusal(parts)) throw new Error(parts.reason);
  return parts;
};

describe('T4 the compact form of a token', () => {
  test('is accepted as it is issued', () => {
    const parsed = partsOf(good);
    expect(parsed.header).toMatchObject({ typ: 'callback+jwt' });
    expect(parsed.claims).toMatchObject({ sub: 'acme-ocr' });
    expect(parsed.signature).toHaveLength(64);
  });

  test.each([
    ['padding after the signature', (token: string) => `${token}=`],
    ['padding after every part', (token: string) => token.split('.').join('==.')],
    ['a line feed at the end', (token: string) => `${token}\n`],
    ['a line feed inside', (token: string) => `${token.slice(0, 40)}\n${token.slice(40)}`],
    ['a blank inside', (token: string) => `${token.slice(0, 40)} ${token.slice(40)}`],
    ['the standard base64 alphabet', (token: string) => `${token.slice(0, -1)}+`],
    ['a fourth part', (token: string) => `${token}.AAAA`],
    ['two parts', (token: string) => token.split('.').slice(0, 2).join('.')],
    ['an empty signature', (token: string) => `${token.split('.').slice(0, 2).join('.')}.`],
    ['an empty header', (token: string) => token.slice(token.indexOf('.'))],
    ['the JSON serialization', (token: string) => JSON.stringify({ payload: token.split('.')[1] })],
    ['a percent-encoded dot', (token: string) => token.replace('.', '%2E')],
    ['nothing', () => ''],
  ])('is refused with %s', (_name, rewrite) => {
    expect(readCompactToken(rewrite(good))).toEqual(MALFORMED);
  });

  test('is refused with unused bits set in the last character of a part', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = good.at(-1) as string;
    // 64 bytes leave 4 of the last character's 6 bits unused: 15 other characters decode to the same bytes.
    const others = [...alphabet].filter(
      (character) => character !== last && alphabet.indexOf(character) >> 4 === alphabet.indexOf(last) >> 4,
    );
    expect(others).toHaveLength(15);
    for (const character of others) expect(readCompactToken(good.slice(0, -1) + character)).toEqual(MALFORMED);
  });

  test.each([0, 1])('is refused with unused bits set in the last character of part %i', async (part) => {
    // Padded with blanks until the part's length leaves bits unused.
    for (const blanks of [' ', '  ']) {
      const text = `{"alg":"ES256","typ":"callback+jwt","kid":"k"${blanks}}`;
      const parts = (await signText(key, text, text)).split('.');
      const sent = parts[part] as string;
      if (sent.length % 4 === 0) continue;
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      parts[part] = sent.slice(0, -1) + alphabet[alphabet.indexOf(sent.at(-1) as string) + 1];
      expect(Buffer.from(parts[part], 'base64url').toString()).toBe(text);
      expect(readCompactToken(parts.join('.'))).toEqual(MALFORMED);
    }
  });

  test(`is refused above ${MAX_TOKEN_CHARS} characters`, async () => {
    // Claims grow in steps of three bytes, tokens of four characters: the remainder is in the number of digits.
    const sized = async (length: number): Promise<string> => {
      for (let filler = 1_000; ; filler += 1) {
        const token = await signText(key, HEADER, JSON.stringify(claimsOf({ filler: 'x'.repeat(filler) })));
        if (token.length >= length) return token;
      }
    };
    const longest = await sized(MAX_TOKEN_CHARS - 1);
    expect(longest.length).toBeLessThanOrEqual(MAX_TOKEN_CHARS);
    expect(partsOf(longest).signature).toHaveLength(64);
    expect(readCompactToken(await sized(MAX_TOKEN_CHARS + 1))).toEqual(MALFORMED);
  });
});

describe('T7 a UTF-8 JSON object without repeated members', () => {
  test.each([
    ['a repeated claim', '{"sub":"a","sub":"b"}'],
    ['a repeated claim, written differently', '{"sub":"a","s\\u0075b":"b"}'],
    ['a member repeated deep inside', '{"cnf":{"x":[{"jkt":"a","jkt":"b"}]}}'],
    ['a member repeated after a nested object', '{"a":{"b":1},"c":[1,{"b":2}],"a":3}'],
    ['members that are numbers, one of them repeated', '{"1":1,"0":2,"1":3}'],
    ['a repeated __proto__', '{"__proto__":1,"__proto__":2}'],
    ['a repeated toJSON', '{"toJSON":1,"toJSON":2}'],
    ['an array', '[1]'],
    ['a string', '"claims"'],
    ['null', 'null'],
    ['a number', '1'],
    ['no JSON', '{"sub":'],
    ['text after the object', '{"sub":"a"} x'],
    ['a byte order mark', '\ufeff{"sub":"a"}'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
    ['an overlong encoding', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d])],
  ])('is refused with %s', async (_name, claims) => {
    expect(readCompactToken(await signText(key, HEADER, claims))).toEqual(MALFORMED);
  });

  test.each([
    ['blanks between its members', '{ "sub": "a" }'],
    ['characters written otherwise than they would be', '{"s\\u0075b":"\\u0061"}'],
    ['members that are numbers, in any order', '{"1":1,"0":2}'],
    ['what looks like members in a string', '{"sub":"{\\"a\\":1,\\"a\\":2}"}'],
  ])('is accepted as any object with %s', async (_name, claims) => {
    expect(partsOf(await signText(key, HEADER, claims)).claims).toEqual(JSON.parse(claims));
  });

  test('is refused with a repeated header parameter', async () => {
    const header = '{"alg":"ES256","alg":"none","typ":"callback+jwt","kid":"k"}';
    expect(readCompactToken(await signText(key, header, '{}'))).toEqual(MALFORMED);
  });

  test.each([
    '{"a":{"b":1},"c":{"b":1}}',
    '{"a":"{\\"a\\":1}","b":["a","a"],"c":"a"}',
    '{"a":[{"b":1},{"b":2}],"b":"\\\\","d":",\\"d\\":"}',
    '{}',
  ])('is accepted if a name repeats in another object: %s', async (claims) => {
    expect(partsOf(await signText(key, HEADER, claims)).claims).toEqual(JSON.parse(claims));
  });
});

describe('T7 repeated members are told from repeated values', () => {
  test.each([
    ['a value that equals its name', '{"iss": "iss", "sub": "iss"}'],
    ['a list that repeats a value', '{"roles": ["a", "a", "a"]}'],
    ['a nested member with the name of an outer one', '{"cnf": {"cnf": {"cnf": 1}}}'],
    ['a list of lists', '{"a": [["a"], "a", ["a"]]}'],
  ])('accepts %s', async (_name, claims) => {
    expect(partsOf(await signText(key, HEADER, claims)).claims).toEqual(JSON.parse(claims));
  });
});

describe('T4 an encrypted token is read in one form only', () => {
  const part = (value: string): string => Buffer.from(value).toString('base64url');
  const HEADER_PART = part('{"alg":"ECDH-ES"}');
  /** Decodes to the same bytes: the last character has a bit that decoders ignore. */
  const STRAY_BITS = HEADER_PART.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1));
  const MALFORMED_JWE = refuse('token_malformed', 'not a canonical compact JWE');
  /** A token of the form of a JWE with this many characters. */
  const sized = (length: number): string => {
    const start = `${HEADER_PART}..${part('iv')}.`;
    return `${start}${'A'.repeat(length - start.length - 5)}.${part('tag')}`;
  };

  test('returns the header of a token of 2,048 characters', () => {
    expect(sized(2_048)).toHaveLength(2_048);
    expect(readEncryptedHeader(sized(2_048))).toEqual({ alg: 'ECDH-ES' });
  });

  test.each([
    ['2,052 characters', sized(2_052)],
    ['a character before', `!${sized(400)}`],
    ['a character after', `${sized(400)}!`],
    ['a header that is not canonical', sized(400).replace(HEADER_PART, STRAY_BITS)],
    ['a header that is not an object', sized(400).replace(HEADER_PART, part('[1]'))],
    ['a part that is not canonical', `${sized(400)}AB`],
    ['three parts', good],
  ])('refuses %s', (_name, token) => {
    expect(readEncryptedHeader(token)).toEqual(MALFORMED_JWE);
  });

  test('tells an encrypted token by its five parts', () => {
    expect([isEncrypted(sized(400)), isEncrypted(good), isEncrypted('a.b.c.d.e.f'), isEncrypted('')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
