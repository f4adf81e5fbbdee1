import { describe, expect, test, vi } from 'vitest';
import { type AsynchronousCallsOptions, createAsynchronousCalls } from '../../../local/functions/asynchronous-calls.ts';
import { FunctionError } from '../../../local/functions/function-error.ts';
import type { ResolvedResource } from '../../../local/resource.ts';

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:arrive';
const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:dead-letters';
const EVENT = { id: 'one' };
const PAYLOAD = { errorType: 'TypeError', errorMessage: 'no id', trace: ['TypeError: no id'] };

const aConfig = (properties: Readonly<Record<string, unknown>> = {}): ResolvedResource => ({
  logicalId: 'Calls',
  type: 'AWS::Lambda::EventInvokeConfig',
  properties: { FunctionName: 'arrive', Qualifier: '$LATEST', MaximumRetryAttempts: 1, ...properties },
});

/** Calls a function that fails this many times, and returns the outcome. */
const callOf = async (
  failures: number,
  { functionArn = ARN, ...options }: Partial<AsynchronousCallsOptions> & { readonly functionArn?: string } = {},
) => {
  let left = failures;
  const invoke = vi.fn(async () => {
    left -= 1;
    if (left >= 0) throw new FunctionError('error', 'TypeError', PAYLOAD);
    return 'done';
  });
  const sent: [string, Record<string, unknown>][] = [];
  const calls = createAsynchronousCalls({
    configs: [],
    invoke,
    sendToDestination: (arn, message) => sent.push([arn, JSON.parse(message)]),
    firstWaitMs: 0,
    ...options,
  });
  const done = await calls.call(functionArn, EVENT, new AbortController().signal);
  return { done, invoked: invoke.mock.calls.length, sent };
};

describe('a call that nobody waits for', () => {
  test.each([
    [0, 1],
    [1, 2],
    [2, 3],
    [9, 3],
  ])('that fails %i times is made %i times, where the template says nothing', async (failures, invoked) => {
    expect(await callOf(failures)).toEqual({ done: true, invoked, sent: [] });
  });

  test('repeats as often as the template says; then its destination gets event and error', async () => {
    const configs = [aConfig({ DestinationConfig: { OnFailure: { Destination: QUEUE } } })];
    const { invoked, sent } = await callOf(9, { configs });

    expect(invoked).toBe(2);
    expect(sent).toEqual([
      [
        QUEUE,
        expect.objectContaining({
          requestContext: expect.objectContaining({
            functionArn: `${ARN}:$LATEST`,
            condition: 'RetriesExhausted',
            approximateInvokeCount: 2,
          }),
          requestPayload: EVENT,
          responsePayload: PAYLOAD,
        }),
      ],
    ]);
    expect((await callOf(1, { configs })).sent).toEqual([]);
  });

  test('of an alias is made as often as is said for that alias', async () => {
    const destination = { DestinationConfig: { OnFailure: { Destination: QUEUE } } };
    const configs = [aConfig({ MaximumRetryAttempts: 2 }), aConfig({ Qualifier: 'live', ...destination })];
    const { invoked, sent } = await callOf(9, { configs, functionArn: `${ARN}:live` });
    expect(invoked).toBe(2);
    expect(sent).toMatchObject([[QUEUE, { requestContext: { functionArn: `${ARN}:live` } }]]);
    expect(await callOf(9, { configs })).toMatchObject({ invoked: 3, sent: [] });
  });

  test.each([1, 0])('that was stopped with %i retries left is not decided, and not given up', async (retries) => {
    const stopping = new AbortController();
    const sent: string[] = [];
    const calls = createAsynchronousCalls({
      configs: [aConfig({ MaximumRetryAttempts: retries, DestinationConfig: { OnFailure: { Destination: QUEUE } } })],
      invoke: async () => {
        stopping.abort();
        throw new Error('the engine is gone');
      },
      sendToDestination: (arn) => sent.push(arn),
    });
    expect(await calls.call(ARN, EVENT, stopping.signal)).toBe(false);
    expect(sent).toEqual([]);
  });
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['MaximumRetryAttempts', { MaximumRetryAttempts: 3 }],
  ['DestinationConfig.OnSuccess', { DestinationConfig: { OnFailure: { Destination: QUEUE }, OnSuccess: {} } }],
])('%s that is not done here stops by name', async (name, properties) => {
  await expect(callOf(0, { configs: [aConfig(properties)] })).rejects.toThrow(
    `Event invoke configuration Calls: ${name}`,
  );
});
