import { readdirSync, readFileSync } from 'node:fs';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { CfnRule, IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine, SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFunctionResource, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import type { OnTaskOptions, TaskEvent } from '../../cdk/task-rule.ts';
import { DETAIL_TYPES } from '../../lambda/contract/events.ts';
import { readPattern } from '../../local/events/event-pattern.ts';
import { anAppOfUser, aPostern, aStack, PLACE } from '../support/postern-app.ts';
import { theResource } from '../support/template.ts';

const EXAMPLES = new URL('../../docs/reference/events/', import.meta.url);

/** The examples of the reference: real events, one for each detail type. */
const events = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.example.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8')) as Readonly<Record<string, unknown>>);

const anEnvironment = () => {
  const app = anAppOfUser();
  return {
    app,
    postern: aPostern(app, { invoices: { clients: ['invoices-backend'] }, orders: { clients: ['orders'] } }),
  };
};

/** Targets of the CDK, each with a resource in the stack of a user. */
const TARGETS: Readonly<Record<string, (stack: Stack) => IRuleTarget>> = {
  SqsQueue: (stack) => new SqsQueue(new Queue(stack, 'Ended'), { deadLetterQueue: new Queue(stack, 'Undelivered') }),
  LambdaFunction: (stack) =>
    new LambdaFunction(
      new LambdaFunctionResource(stack, 'Ended', {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromInline('exports.handler = async () => {};'),
      }),
    ),
  SfnStateMachine: (stack) =>
    new SfnStateMachine(
      new StateMachine(stack, 'Ended', { definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')) }),
    ),
  SnsTopic: (stack) => new SnsTopic(new Topic(stack, 'Ended')),
};

const shared = anEnvironment();
let stacks = 0;
/** A stack in the shared app. */
const ownStack = () => {
  stacks += 1;
  return aStack(shared.app, `Invoices${stacks}`);
};
const aTarget = (stack = ownStack()) => new SqsQueue(new Queue(stack, 'Ended'));

/** The pattern of a rule, as the template has it. */
const patternOf = (rule: Rule): unknown => Stack.of(rule).resolve((rule.node.defaultChild as CfnRule).eventPattern);

/** Detail types of the examples that the rule of these options matches. */
const matchedBy = (
  types: readonly [TaskEvent, ...TaskEvent[]],
  options: OnTaskOptions<'invoices' | 'orders'> = {},
): readonly unknown[] => {
  const matches = readPattern(patternOf(shared.postern.onTask(types, aTarget(), options)));
  return events.filter(matches).map((event) => event['detail-type']);
};

describe('onTask', () => {
  it.each(Object.entries(TARGETS))(
    'makes a rule for %s beside its resource, without a cycle of stacks',
    (_name, make) => {
      const { app, postern } = anEnvironment();
      const stack = aStack(app);
      const rule = postern.onTask(['succeeded'], make(stack), { application: 'invoices' });

      const assembly = app.synth();
      expect(Stack.of(rule)).toBe(stack);
      const dependencies = Object.fromEntries(
        assembly.stacks.map(({ dependencies: all, stackName }) => [stackName, all.map(({ id }) => id)]),
      );
      expect(dependencies.Invoices).toContainEqual(expect.stringMatching(/Gateway/));
      expect(JSON.stringify(dependencies['Test-Gateway'])).not.toContain('Invoices');
      const { Properties } = theResource(Template.fromStack(stack), 'AWS::Events::Rule');
      expect(Properties).toMatchObject({
        EventBusName: 'postern-test',
        State: 'ENABLED',
        Targets: [expect.anything()],
      });
      expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('ImportValue');
    },
  );

  it.each(Object.entries(DETAIL_TYPES).filter(([, type]) => type !== null) as [TaskEvent, string][])(
    '%s matches the real event "%s" and no other',
    (type, detailType) => {
      expect(matchedBy([type])).toEqual([detailType]);
    },
  );

  it('matches several changes of tasks', () => {
    expect(matchedBy(['failed', 'succeeded'])).toEqual(['Task Failed', 'Task Succeeded']);
  });

  it.each([
    [{ application: 'invoices' }, ['Task Succeeded']],
    [{ application: 'orders' }, []],
    [{ application: ['orders', 'invoices'] }, ['Task Succeeded']],
    [{ application: 'invoices', processor: 'acme-ocr' }, ['Task Succeeded']],
    [{ detail: { metadata: { page: [3] } } }, ['Task Succeeded']],
    [{ detail: { metadata: { page: [4] } } }, []],
    [{ detail: { resource: ['invoice-77'] }, application: 'orders' }, []],
  ] as const satisfies readonly (readonly [OnTaskOptions<'invoices' | 'orders'>, readonly string[]])[])(
    'filters by %j',
    (options, expected) => {
      expect(matchedBy(['succeeded'], options)).toEqual(expected);
    },
  );

  it('keeps the id of a rule when another one is added before it', () => {
    const idsOf = (...types: TaskEvent[]) => {
      const target = aTarget();
      return types.map((type) => shared.postern.onTask([type], target).node.id);
    };
    expect(idsOf('failed', 'expired', 'succeeded').at(-1)).toBe(idsOf('succeeded')[0]);
    expect(new Set(idsOf('failed', 'expired', 'succeeded')).size).toBe(3);
  });

  it('takes name, description and state of the rule', () => {
    const { postern } = shared;
    const options = { ruleName: 'ended', description: 'Ended tasks', enabled: false };
    const resource = postern.onTask(['succeeded'], aTarget(), options).node.defaultChild as CfnRule;
    expect(resource).toMatchObject({ name: 'ended', description: 'Ended tasks', state: 'DISABLED' });
  });

  it('takes a target of its own kind with the option `scope`, and asks for it otherwise', () => {
    const { postern } = shared;
    const stack = ownStack();
    class OwnTarget implements IRuleTarget {
      bind() {
        return { arn: 'arn:aws:sqs:eu-west-1:123456789012:elsewhere' };
      }
    }
    expect(() => postern.onTask(['succeeded'], new OwnTarget())).toThrow(
      'the target OwnTarget of onTask holds no construct; expected the resource that events are sent to. Give the option `scope`',
    );
    expect(Stack.of(postern.onTask(['succeeded'], new OwnTarget(), { scope: stack }))).toBe(stack);
  });

  it('asks for `scope` if the target holds constructs of several stacks', () => {
    const { postern } = shared;
    const queue = new Queue(ownStack(), 'Queue');
    const other = new Queue(ownStack(), 'Queue');
    const target = Object.assign(new SqsQueue(queue), { other });
    expect(() => postern.onTask(['succeeded'], target)).toThrow('holds constructs of 2 stacks');
  });

  it.each([
    [{ ...PLACE, region: 'us-east-1' }, 'with account 123456789012 and Region us-east-1'],
    [{ ...PLACE, account: '210987654321' }, 'with account 210987654321 and Region eu-west-1'],
    [{}, 'with no account of its own and no Region of its own'],
  ])('refuses a target in a stack with %j', (env, words) => {
    const { app, postern } = shared;
    const { id } = ownStack().node;
    const queue = new Queue(new Stack(app, `${id}Away`, { env }), 'Ended');
    const error = new RegExp(
      `^${id}Away/Ended is in the stack ${id}Away ${words}; expected account 123456789012 and Region eu-west-1, because the rule ` +
        'must be in the account and Region of the event bus\\. Give the stack env: \\{ account: .*Subscribe from another account',
    );
    expect(() => postern.onTask(['succeeded'], new SqsQueue(queue))).toThrow(error);
  });

  it('refuses a target in another stage', () => {
    const { app, postern } = shared;
    const stack = new Stack(new Stage(app, 'Other', { env: PLACE }), 'Invoices');
    expect(() => postern.onTask(['succeeded'], new SqsQueue(new Queue(stack, 'Ended')))).toThrow(
      'Other/Invoices/Ended is in another stage than Test/Gateway; expected the same app or stage',
    );
  });

  it('refuses an application or a processor that the environment does not have', () => {
    const { postern } = shared;
    const target = aTarget();
    expect(() => postern.onTask(['succeeded'], target, { application: 'invoces' as 'invoices' })).toThrow(
      'Test: there is no application "invoces"; expected one of invoices, orders. Did you mean `invoices`?',
    );
    expect(() => postern.onTask(['succeeded'], target, { processor: 'acme-orc' })).toThrow(
      'Test: there is no processor "acme-orc"; expected one of acme-ocr. Did you mean `acme-ocr`?',
    );
  });

  it.each([
    [['success'], {}, 'got the type "success"; expected one of opened, progressed, succeeded, '],
    [['suceeded'], {}, /^Test: onTask got the type "suceeded"; .*dispatchFailed\. Did you mean `succeeded`\?$/],
    [['succeeded', 'reissued'], {}, 'got the type "reissued"; expected one of'],
    [['succeeded', null], {}, 'got the type null; expected one of'],
    [[], {}, 'got the types []; expected a list of one or more: opened,'],
    ['succeeded', {}, 'got the types "succeeded"; expected a list of one or more'],
    [
      ['succeeded'],
      { application: [] },
      'got the application []; expected an id, or a list of one or more ids. Omit `application` for the tasks of all.',
    ],
    [['succeeded'], { application: [7] }, 'got the application [7]; expected an id'],
    [['succeeded'], { processor: [] }, 'got the processor []; expected an id'],
    [['succeeded'], { detail: ['x'] }, 'got the detail ["x"]; expected an object with patterns'],
  ])('refuses %j with %j, which types forbid and JavaScript does not', (types, options, words) => {
    const onTask = shared.postern.onTask.bind(shared.postern) as (...all: readonly unknown[]) => Rule;
    expect(() => onTask(types, aTarget(), options)).toThrow(words);
  });

  it('refuses a resource in place of a target', () => {
    const queue = new Queue(ownStack(), 'Queue') as unknown as IRuleTarget;
    expect(() => shared.postern.onTask(['succeeded'], queue)).toThrow(
      'Test: onTask got no target; expected one of aws-cdk-lib/aws-events-targets, for example new SqsQueue(queue).',
    );
  });

  it('refuses a second rule for the same events and resource, and makes it in another scope', () => {
    const stack = ownStack();
    const target = aTarget(stack);
    shared.postern.onTask(['succeeded'], target);
    expect(() => shared.postern.onTask(['succeeded'], target)).toThrow(
      `${stack.node.path}/Ended has a rule of onTask for these events already; expected one rule for the same changes, ` +
        'applications, processors and details. Add the second target to the first rule: rule.addTarget(…).',
    );
    expect(Stack.of(shared.postern.onTask(['succeeded'], target, { scope: stack }))).toBe(stack);
  });

  it('works in a stage that the environment is in too', () => {
    const stage = new Stage(new App(), 'Prod', { env: PLACE });
    const postern = aPostern(stage as App, { invoices: { clients: ['invoices-backend'] } });
    const stack = new Stack(stage, 'Invoices');
    postern.onTask(['succeeded'], new SqsQueue(new Queue(stack, 'Ended')));
    expect(stack.dependencies.map(({ stackName }) => stackName)).toEqual(['Test-Gateway']);
  });
});
