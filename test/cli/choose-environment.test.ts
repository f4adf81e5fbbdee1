import { describe, expect, it } from 'vitest';
import { choose } from '../../cli/env/with-environment.ts';

type Found = Parameters<typeof choose>[0][number];

/** Only name and path decide. */
const found = (path: string, name: string) => ({ description: { name, path } }) as Found;

const BETA = found('Beta/Prod', 'prod');
const LIVE = found('Live/Prod', 'prod');
const TEST = found('Test', 'test');

describe('the choice of an environment', () => {
  it('is by name', () => {
    expect(choose([BETA, TEST], 'test')).toBe(TEST);
  });

  it('is by the path of its construct, if stages have environments of one name', () => {
    expect(choose([BETA, LIVE], 'Live/Prod')).toBe(LIVE);
    expect(() => choose([BETA, LIVE, TEST], 'prod')).toThrow(
      expect.objectContaining({
        message: 'The app has several environments "prod", in different stages.',
        remedy: 'Name one by the path of its construct: Beta/Prod or Live/Prod.',
      }),
    );
  });
});
