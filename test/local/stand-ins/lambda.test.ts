import {
  InvalidParameterValueException,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  ServiceException,
} from '@aws-sdk/client-lambda';
import { test as base, describe, expect } from 'vitest';
import { FunctionError } from '../../../local/functions/function-error.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../../local/stand-ins/lambda.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { openKms } from '../../support/kms.ts';

const PAYLOAD = { errorType: 'RangeError', errorMessage: 'no event', trace: ['RangeError: no event', '    at here'] };
const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:redrive:live';

const test = base.extend('lambda', async ({}, { onCleanup }) => {
  const { close, standIns } = await openKms();
  const enqueued: unknown[] = [];
  const invoke = async (name: string, event: unknown) => {
    if (event === null) throw new FunctionError('error', 'RangeError', PAYLOAD);
    if (event === 'stopping') throw new Error('The function has been stopped.');
    if (name !== ARN && name !== 'redrive:live') throw new Error(`There is no function "${name}".`);
    return { event };
  };
  const enqueue = (name: string, event: unknown) => name === ARN && enqueued.push(event) > 0;
  standIns.route(INVOKE_PREFIX, serveInvoke(invoke, enqueue));
  const client = new LambdaClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 });
  onCleanup(async () => {
    client.destroy();
    await close();
  });
  return {
    enqueued,
    call: (
      InvocationType: 'Event' | 'RequestResponse' | 'DryRun',
      event: unknown,
      FunctionName = ARN,
      Qualifier?: string,
    ) => client.send(new InvokeCommand({ FunctionName, InvocationType, Qualifier, Payload: JSON.stringify(event) })),
  };
});

describe('Invoke', () => {
  test('returns the result to a caller that waits', async ({ lambda }) => {
    const { Payload, StatusCode } = await lambda.call('RequestResponse', { id: 1 });
    expect([StatusCode, Payload?.transformToString()]).toEqual([200, '{"event":{"id":1}}']);
  });

  test('returns the error of the function to a caller that waits', async ({ lambda }) => {
    const { FunctionError: kind, Payload, StatusCode } = await lambda.call('RequestResponse', null);
    expect([StatusCode, kind]).toEqual([200, 'Unhandled']);
    expect(JSON.parse(Payload?.transformToString() ?? '')).toEqual(PAYLOAD);
  });

  test('says that the service failed where it was not the function', async ({ lambda }) => {
    await expect(lambda.call('RequestResponse', 'stopping')).rejects.toThrow(ServiceException);
  });

  test.for([
    ['redrive', 'live'],
    ['redrive:live', 'live'],
    ['redrive:live', undefined],
    [ARN.replace(':live', ''), 'live'],
    [ARN, 'live'],
  ])('finds an alias by the name %s and the qualifier %s', async ([name, qualifier], { lambda }) => {
    expect(await lambda.call('RequestResponse', {}, name, qualifier)).toMatchObject({ StatusCode: 200 });
  });

  test.for(['redrive:live', ARN])('refuses the name %s with another qualifier', async (name, { lambda }) => {
    const call = lambda.call('RequestResponse', {}, name, 'other');
    await expect(call).rejects.toThrow(InvalidParameterValueException);
  });

  test('accepts an event of a caller that does not wait, and returns nothing', async ({ lambda }) => {
    const { Payload, StatusCode } = await lambda.call('Event', { id: 1 });
    expect([StatusCode, Payload?.transformToString()]).toEqual([202, undefined]);
    expect(lambda.enqueued).toEqual([{ id: 1 }]);
  });

  test.for(['Event', 'RequestResponse'] as const)('%s: refuses an unknown function', async (type, { lambda }) => {
    await expect(lambda.call(type, {}, 'nothing')).rejects.toThrow(ResourceNotFoundException);
  });

  test('refuses an event above the limit of 1 MiB, which a waiting caller may send', async ({ lambda }) => {
    const event = 'a'.repeat(1_048_577 - 2);
    await expect(lambda.call('Event', event)).rejects.toMatchObject({ name: 'RequestTooLargeException' });
    expect(await lambda.call('RequestResponse', event)).toMatchObject({ StatusCode: 200 });
  });

  test('refuses a dry run', async ({ lambda }) => {
    await expect(lambda.call('DryRun', {})).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });
});
