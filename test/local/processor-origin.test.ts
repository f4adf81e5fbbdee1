import { describe, expect, test } from 'vitest';
import { processorOrigin } from '../../local/processor-origin.ts';

describe('the origin of the processor that gets the work', () => {
  test.for([
    [undefined, 'http://127.0.0.1:5010'],
    ['', 'http://127.0.0.1:5010'],
    ['http://127.0.0.1:6000', 'http://127.0.0.1:6000'],
    ['http://127.0.0.1:6000/', 'http://127.0.0.1:6000'],
    ['http://127.0.0.1:0', 'http://127.0.0.1:0'],
  ])('%s is %s', ([value, origin]) => {
    expect(processorOrigin({ POSTERN_PROCESSOR_ORIGIN: value })).toBe(origin);
  });

  test.for(['https://127.0.0.1:6000', 'http://10.0.0.1:6000', 'http://127.0.0.1:6000/jobs', '6000'])(
    '%s is refused, with the expectation',
    (value) => {
      expect(() => processorOrigin({ POSTERN_PROCESSOR_ORIGIN: value })).toThrow(
        `POSTERN_PROCESSOR_ORIGIN is "${value}"; expected http://127.0.0.1 and a port.`,
      );
    },
  );
});
