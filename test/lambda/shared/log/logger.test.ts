import { expect, test } from 'vitest';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';

/** Text that would end a line, open a field, or add metrics, if it were written as it is. */
const HOSTILE = [
  'GET\n{"level":"ERROR","message":"forged"}',
  'value","status":200,"x":"',
  '\r\nINFO forged',
  '\u2028\u2029\u0000\u001b[2J\u0085',
  '"_aws":{"CloudWatchMetrics":[]}',
  '\ud800',
];

test.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))('O2 keeps %s inside its field', (_, text) => {
  const lines: string[] = [];
  const logger = createLogger(
    'test',
    'receive',
    (line) => lines.push(line),
    () => 0,
  );
  logger.info(text, { reason: text, status: 401 });
  expect(lines).toHaveLength(1);
  expect([...(lines[0] ?? '')].filter((character) => character < ' ')).toEqual([]);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    timestamp: '1970-01-01T00:00:00.000Z',
    level: 'INFO',
    message: text,
    function: 'receive',
    reason: text,
    status: 401,
  });
});

test('O2 keeps the value of a dimension inside its member of the metrics', () => {
  const lines: string[] = [];
  const logger = createLogger(
    'test',
    'receive',
    (line) => lines.push(line),
    () => 0,
  );
  const processor = 'acme"],["Environment","Forged';
  logger.info('request', {}, [{ metric: 'CallbackAccepted', value: 1, by: processor }]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    Processor: processor,
    _aws: { CloudWatchMetrics: [{ Dimensions: [['Environment'], ['Environment', 'Processor']] }] },
  });
});
