import { describe, expect, test } from 'vitest';
import { ATTACKS } from '../../../cli/attack/catalogue.ts';
import { OUTCOMES } from '../../../lambda/contract/outcomes.ts';
import { REQUIREMENT_GROUPS } from '../../../tools/docs/requirement-list.ts';

/** Codes that stand for answers without a code. */
const WITHOUT_CODE = /^(http_\d{3}|connection_closed|no_answer)$/;

describe('the catalogue of attacks', () => {
  test('has at least 25 attacks, each with a name of its own', () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(25);
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
    expect(ATTACKS.filter(({ name }) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
  });

  test('says of each attack in at most 100 characters what it tries', () => {
    expect(ATTACKS.filter(({ tries }) => tries.length > 100 || !/^[a-z].*[^.]$/.test(tries))).toEqual([]);
  });

  test('names requirements that exist', () => {
    const known = REQUIREMENT_GROUPS.flatMap(({ requirements }) => requirements.map(({ id }) => id));
    const wrong = ATTACKS.filter(
      ({ requirements }) => requirements.length === 0 || requirements.some((id) => !known.includes(id)),
    );
    expect(wrong).toEqual([]);
  });

  test('expects codes of refused callbacks', () => {
    const wrong = ATTACKS.flatMap(({ expected }) => expected).filter(
      (code) => !WITHOUT_CODE.test(code) && OUTCOMES[code as keyof typeof OUTCOMES]?.metric == null,
    );
    expect(wrong).toEqual([]);
    expect(ATTACKS.filter(({ expected }) => expected.length === 0)).toEqual([]);
  });

  test('marks every attack that raises the alarm ReplayDetected', () => {
    const replays = ATTACKS.filter(({ expected }) => expected.includes('token_replayed'));
    expect(replays.length).toBeGreaterThan(0);
    expect(replays.filter(({ isReplay }) => !isReplay)).toEqual([]);
  });
});
