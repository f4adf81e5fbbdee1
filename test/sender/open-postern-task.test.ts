import { Duration, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { InvocationTarget } from '../../sender/invocation-target.ts';
import { OpenPosternTask, type OpenPosternTaskProps } from '../../sender/open-postern-task.ts';
import { definitionIn, evaluate, type State } from '../support/states-language.ts';
import { anApp } from '../support/synthesize.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:opener';
const RECOGNISE = { processor: 'acme-ocr', resource: '{% $states.input.invoice %}', expiresIn: Duration.hours(2) };

/** The state of a state machine that has only this one. */
const stateOf = (properties: Partial<OpenPosternTaskProps> = {}, language = QueryLanguage.JSON_PATH): State => {
  const stack = new Stack(anApp(), 'Sender');
  const opener = LambdaFunction.fromFunctionArn(stack, 'Opener', FUNCTION);
  const task = new OpenPosternTask(stack, 'Recognise', { opener, ...RECOGNISE, ...properties });
  new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(task), queryLanguage: language });
  return definitionIn(stack).States.Recognise as State;
};

interface Payload {
  readonly idempotencyKey: string;
  readonly supersedes: string;
  readonly [name: string]: unknown;
}

/** What the opener gets at an attempt. */
const payloadOf = async (state: State, context: object = {}, input: object = { invoice: 'invoice-77' }) =>
  (await evaluate(state.Arguments?.Payload, { input, context: contextOf(context) })) as Payload;

const contextOf = (changes: object) => ({
  Execution: { Id: `arn:aws:states:eu-west-1:123456789012:execution:Invoices:${'x'.repeat(80)}` },
  State: { Name: 'Recognise', RetryCount: 0 },
  StateMachine: { Id: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Invoices' },
  Task: { Token: 'token-1' },
  ...changes,
});

const HEX = /^[0-9a-f]{64}$/;

describe('the state', () => {
  it('waits with a task token, and calls the function in JSONata in either kind of state machine', () => {
    for (const language of [QueryLanguage.JSON_PATH, QueryLanguage.JSONATA]) {
      const state = stateOf({}, language);
      expect(state.Resource).toMatch(/:states:::lambda:invoke\.waitForTaskToken$/);
      expect(state.Arguments?.FunctionName).toBe(FUNCTION);
    }
    expect(stateOf().QueryLanguage).toBe('JSONata');
  });

  it('may invoke the target itself for work that Postern sends, and asks for that', async () => {
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:postern-create-task:open-invoices';
    const state = stateOf({
      opener: InvocationTarget.fromArn(arn),
      input: { document: '{% $states.input.invoice %}' },
    });
    expect(state.Arguments?.FunctionName).toBe(arn);
    expect(await payloadOf(state)).toMatchObject({ dispatch: true, input: { document: 'invoice-77' } });
    expect(await payloadOf(stateOf())).not.toHaveProperty('dispatch');
  });

  it('sends exactly the request of a task, with the token of this attempt', async () => {
    expect(await payloadOf(stateOf())).toEqual({
      processor: 'acme-ocr',
      resource: 'invoice-77',
      expiresIn: 7200,
      idempotencyKey: expect.stringMatching(HEX),
      supersedes: expect.stringMatching(HEX),
      resume: { kind: 'stepFunctions', taskToken: 'token-1' },
    });
  });

  it('sends every other property, and evaluates expressions inside of them', async () => {
    const state = stateOf({
      owner: '{% $states.input.tenant %}',
      heartbeat: Duration.minutes(10),
      callbacks: ['result', 'progress'],
      carrier: 'header',
      metadata: { page: '{% $states.input.page %}' },
      input: { document: '{% $states.input.document %}' },
      stateMachineArn: '{% $states.context.StateMachine.Id %}',
    });
    const input = { invoice: 'invoice-78', tenant: 'tenant-1', page: 3, document: 's3://scans/78' };
    expect(await payloadOf(state, {}, input)).toMatchObject({
      resource: 'invoice-78',
      owner: 'tenant-1',
      heartbeat: 600,
      callbacks: ['result', 'progress'],
      carrier: 'header',
      metadata: { page: 3 },
      resume: { arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Invoices' },
      input: { document: 's3://scans/78' },
    });
  });

  it('asks for progress if there is a heartbeat, and otherwise for the default callbacks', async () => {
    expect((await payloadOf(stateOf({ heartbeat: Duration.minutes(10) }))).callbacks).toEqual([
      'result',
      'failure',
      'progress',
    ]);
    expect(await payloadOf(stateOf())).not.toHaveProperty('callbacks');
  });

  it('passes its result on as its options say', () => {
    const state = stateOf({ outputs: '{% $states.result.result %}', comment: 'OCR' });
    expect(state).toMatchObject({ Output: '{% $states.result.result %}', Comment: 'OCR' });
  });
});

describe('the idempotency key', () => {
  it('is the same for a repeat within an attempt, and another one for each task token', async () => {
    const state = stateOf();
    const [first, repeat, second] = await Promise.all([
      payloadOf(state),
      payloadOf(state),
      payloadOf(state, { Task: { Token: 'token-2' } }),
    ]);
    expect(repeat.idempotencyKey).toBe(first.idempotencyKey);
    expect(second.idempotencyKey).not.toBe(first.idempotencyKey);
  });

  it('does not reveal the task token', async () => {
    const { idempotencyKey, supersedes } = await payloadOf(stateOf());
    expect(`${idempotencyKey}${supersedes}`).not.toContain('token-1');
  });
});

describe('supersedes', () => {
  const state = stateOf();
  const supersedesOf = async (context: object, input?: object) => (await payloadOf(state, context, input)).supersedes;

  it('is the same for every attempt of a state', async () => {
    const retried = { State: { Name: 'Recognise', RetryCount: 1 }, Task: { Token: 'token-2' } };
    expect(await supersedesOf(retried)).toBe(await supersedesOf({}));
  });

  it.each([
    ['another execution', { Execution: { Id: 'arn:aws:states:eu-west-1:123456789012:execution:Invoices:other' } }, {}],
    ['another state', { State: { Name: 'Translate', RetryCount: 0 } }, {}],
    ['another iteration of a Map state', { Map: { Item: { Index: 1 } } }, {}],
    ['another resource', {}, { invoice: 'invoice-78' }],
  ])('differs in %s', async (_what, context, input) => {
    const iteration = { Map: { Item: { Index: 0 } } };
    expect(await supersedesOf({ ...iteration, ...context }, { invoice: 'invoice-77', ...input })).not.toBe(
      await supersedesOf(iteration),
    );
  });

  it('takes a literal resource with quotes as it is', async () => {
    const literal = stateOf({ resource: `"it's" \\ 77` });
    const { resource, supersedes } = await payloadOf(literal);
    expect(resource).toBe(`"it's" \\ 77`);
    expect(supersedes).toMatch(HEX);
  });
});

describe('time-outs', () => {
  it('end 15 minutes after the task at the latest', () => {
    expect(stateOf().TimeoutSeconds).toBe(7200 + 900);
    expect(stateOf()).not.toHaveProperty('HeartbeatSeconds');
  });

  it('leave room for three heartbeats of the task', () => {
    expect(stateOf({ heartbeat: Duration.minutes(10) }).HeartbeatSeconds).toBe(3 * 600 + 900);
  });

  it('have no heartbeat that would end after the task', () => {
    // 3 × 2,400 + 900 is the time-out itself, which Step Functions refuses.
    expect(stateOf({ heartbeat: Duration.seconds(2400) })).not.toHaveProperty('HeartbeatSeconds');
    expect(stateOf({ heartbeat: Duration.seconds(2399) }).HeartbeatSeconds).toBe(8097);
  });
});

describe('retries', () => {
  const retried = (stateOf().Retry ?? []).flatMap(({ ErrorEquals }) => ErrorEquals as string[]);

  it.each([
    'unavailable',
    'too_many_pending',
    'Lambda.TooManyRequestsException',
    'Lambda.ServiceException',
    'Sandbox.Timedout',
  ])('are made after %s', (error) => {
    expect(retried).toContain(error);
  });

  it('are not made after a refusal that stays, an outcome of the task, or all errors', () => {
    const known = ['unavailable', 'too_many_pending', 'TooManyRequestsException', 'Sandbox.Timedout'];
    expect(retried.filter((error) => !error.startsWith('Lambda.') && !known.includes(error))).toEqual([]);
  });
});

describe('the errors of a task', () => {
  it('are those that Postern tells a workflow', () => {
    expect(OpenPosternTask.ERRORS).toEqual({
      failed: 'Processor.Failed',
      expired: 'Postern.TaskExpired',
      cancelled: 'Postern.TaskCancelled',
      dispatchFailed: 'Postern.DispatchFailed',
    });
    expect(OpenPosternTask.processorError('unreadable')).toBe('Processor.unreadable');
    expect(OpenPosternTask.processorError('x'.repeat(100))).toHaveLength(110);
  });

  it.each(['', 'two words', 'x'.repeat(101)])('have no code %j', (code) => {
    expect(() => OpenPosternTask.processorError(code)).toThrow('is not the code of a failure');
  });
});

describe('properties', () => {
  it.each<readonly [string, Partial<OpenPosternTaskProps>, string]>([
    ['a processor with capitals', { processor: 'ACME' }, 'processor is "ACME"'],
    ['an empty resource', { resource: '' }, 'resource has 0 characters; expected 1 to 256'],
    ['a resource of 257 characters', { resource: 'x'.repeat(257) }, 'resource has 257 characters'],
    ['59 seconds', { expiresIn: Duration.seconds(59) }, 'expiresIn is 59 seconds; expected 60 to 604800 seconds'],
    ['more than 7 days', { expiresIn: Duration.seconds(604_801) }, 'expiresIn is 604801 seconds'],
    ['a heartbeat of 29 seconds', { heartbeat: Duration.seconds(29) }, 'heartbeat is 29 seconds; expected 30 to 7200'],
    ['a heartbeat longer than the task', { heartbeat: Duration.seconds(7201) }, 'heartbeat is 7201 seconds'],
    [
      'a heartbeat without progress',
      { heartbeat: Duration.minutes(1), callbacks: ['result'] },
      'callbacks has no progress',
    ],
  ])('with %s are refused at synth, and the error names the construct', (_what, properties, error) => {
    expect(() => stateOf(properties)).toThrow(`Sender/Recognise: ${error}`);
  });

  it.each<Partial<OpenPosternTaskProps>>([
    { expiresIn: Duration.seconds(60), heartbeat: Duration.seconds(30) },
    { expiresIn: Duration.days(7), heartbeat: Duration.days(7) },
    { resource: '😀'.repeat(256) },
  ])('at their limits are accepted: %#', (properties) => {
    expect(() => stateOf(properties)).not.toThrow();
  });
});
