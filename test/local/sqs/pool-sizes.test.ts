import { expect, test } from 'vitest';
import { queuePoolSizes } from '../../../local/sqs/pool-sizes.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:';

const aMapping = (EventSourceArn: string, FunctionName: string) => ({
  logicalId: 'Mapping',
  type: 'AWS::Lambda::EventSourceMapping',
  properties: { EventSourceArn, FunctionName },
});

test('a function has four processes for each of its queues, and one for other callers', () => {
  const live = `${FUNCTION}dispatch:live`;
  const aliases = new Map([[live, { functionName: 'dispatch', name: 'live', arn: live, version: '1' }]]);
  const sizes = queuePoolSizes(
    [
      aMapping('arn:aws:sqs:eu-west-1:000000000000:acme', live),
      aMapping('arn:aws:sqs:eu-west-1:000000000000:other', live),
      aMapping('arn:aws:sqs:eu-west-1:000000000000:resumes', `${FUNCTION}resume`),
      aMapping('arn:aws:dynamodb:eu-west-1:000000000000:table/Tasks/stream/1', `${FUNCTION}publish`),
    ],
    aliases,
  );
  expect([...sizes]).toEqual([
    ['dispatch', 9],
    [`${FUNCTION}resume`, 5],
  ]);
});
