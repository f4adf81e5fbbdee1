import { describe, expect, test } from 'vitest';
import { checkSource, isInRanges } from '../../../../../lambda/functions/receive/checks/source-address.ts';
import { anAuthenticatedCallback } from '../../../../support/authenticated-callback.ts';
import { aProcessor } from '../../../../support/registry.ts';

describe('P4 the check of an address', () => {
  const ranges = ['192.0.2.0/24', '2001:db8::/32', '198.51.100.77/32'];

  test.each([
    '192.0.2.0',
    '192.0.2.255',
    '198.51.100.77',
    '2001:db8::1',
    '2001:DB8:ffff::',
    '::ffff:192.0.2.10',
    '::ffff:c000:20a',
  ])('accepts %s in a range', (address) => expect(isInRanges(address, ranges)).toBe(true));

  test.each([
    '192.0.3.0',
    '198.51.100.78',
    '2001:db9::1',
    '::ffff:192.0.3.1',
    '::ffff:198.51.100.7',
    '64:ff9b::ffff:192.0.2.10',
    '192.0.2.10, 192.0.2.11',
    '192.0.2.10:443',
    '192.0.2',
    'localhost',
    '',
  ])('refuses %j', (address) => expect(isInRanges(address, ranges)).toBe(false));

  test('uses the ranges of each processor', () => {
    const [office, branch] = [['192.0.2.0/24'], ['203.0.113.0/24']];
    for (let i = 0; i < 2; i += 1) {
      expect(isInRanges('192.0.2.1', office)).toBe(true);
      expect(isInRanges('192.0.2.1', branch)).toBe(false);
    }
  });

  test('judges an address again after another one', () => {
    expect(['192.0.2.1', '192.0.3.1', '192.0.2.2'].map((address) => isInRanges(address, ranges))).toEqual([
      true,
      false,
      true,
    ]);
  });

  const check = (sourceRanges: readonly string[] | undefined, address: string) =>
    checkSource(
      anAuthenticatedCallback({
        processor: aProcessor({ id: 'acme-ocr', ...(sourceRanges && { sourceRanges }) }),
        event: { headers: { 'x-forwarded-for': address } },
      }),
    );

  test('accepts every address for a processor without ranges', () => {
    expect(check(undefined, '203.0.113.7')).toBeUndefined();
    expect(check(undefined, '')).toBeUndefined();
  });

  test('refuses an address outside the ranges of the processor, and no other', () => {
    expect(check(ranges, '192.0.2.1')).toBeUndefined();
    expect(check(ranges, '203.0.113.7')).toEqual({
      kind: 'refusal',
      code: 'source_refused',
      reason: 'the address is in none of the processor’s ranges',
    });
    expect(check([], '192.0.2.1')).toMatchObject({ code: 'source_refused' });
  });
});
