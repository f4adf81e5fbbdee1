import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect } from 'vitest';
import { DurableFunctionExample } from '../../../docs/send/examples/durable-function/stack.ts';
import { StateMachineExample } from '../../../docs/send/examples/state-machine/stack.ts';
import { InvocationTarget } from '../../../sender/invocation-target.ts';
import { catcherOf, choose, definitionIn, evaluate } from '../../support/states-language.ts';
import { anAppWithoutBundles } from '../../support/synthesize.ts';
import { test } from '../../support/unit-fixtures.ts';

const EXAMPLES = fileURLToPath(new URL('../../../docs/send/examples', import.meta.url));
const TARGET = 'arn:aws:lambda:eu-west-1:123456789012:function:postern-open:open-invoices';
const PROPS = { target: InvocationTarget.fromArn(TARGET), processorUrl: 'https://ocr.example.com/jobs' };

describe.each(['state-machine', 'durable-function'])('the example %s', (name) => {
  test('synthesizes by its own command, with its code bundled', ({ folder }) => {
    const cwd = join(EXAMPLES, name);
    const out = join(folder, name);
    const { app, context } = JSON.parse(readFileSync(join(cwd, 'cdk.json'), 'utf8')) as {
      readonly app: string;
      readonly context: object;
    };
    const [command, ...parameters] = app.split(' ');
    expect(command).toBe('node');
    execFileSync(process.execPath, parameters, {
      cwd,
      env: { ...process.env, CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(context) },
      stdio: 'pipe',
    });
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.template.json'))).toHaveLength(1);
    const bundles = files.filter((file) => file.endsWith('/index.js'));
    expect(bundles).toHaveLength(1);
    expect(readFileSync(join(out, bundles[0] ?? ''), 'utf8')).toContain('INVOCATION_TARGET');
  });
});

/** The statements of the roles of a stack that allow to invoke a function. */
const invocationsIn = (template: Template): readonly unknown[] =>
  Object.values(template.findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as readonly Record<string, unknown>[])
    .filter(({ Action }) => [Action].flat().includes('lambda:InvokeFunction'))
    .map(({ Resource }) => Resource);

describe('the state machine', () => {
  const stack = new StateMachineExample(anAppWithoutBundles(), 'Example', PROPS);
  const template = Template.fromStack(stack);
  const definition = definitionIn(stack);

  test('waits longer than the task lives, and longer than its heartbeat', () => {
    expect(definition.States.Recognise).toMatchObject({ TimeoutSeconds: 8_100, HeartbeatSeconds: 2_700 });
  });

  test('lets its function invoke the target, and the state machine only that function', () => {
    expect(invocationsIn(template)).toEqual(expect.arrayContaining([TARGET]));
    expect(JSON.stringify(invocationsIn(template)).split(TARGET)).toHaveLength(2);
  });

  test('logs no execution data, which contains task tokens', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: Match.objectLike({ IncludeExecutionData: Match.absent(), Level: 'ERROR' }),
    });
  });

  test('tells what the operators need: the role for invokers, and the state machine for resumes', () => {
    expect(Object.keys(template.findOutputs('*'))).toEqual(['Invoker', 'Resumes']);
  });

  test.for([
    [{ result: { total: 42 } }, 'Book it'],
    [{ location: 'https://callbacks.example.com/v1/tasks/t/result', size: 300_000 }, 'Read it at its location'],
  ] as const)('goes on after a result: %j', async ([result, end]) => {
    const input = await evaluate(definition.States.Recognise?.Output, { input: { invoice: 'invoice-77' }, result });
    expect(input).toEqual({ invoice: 'invoice-77', recognition: result });
    expect(await choose(definition, definition.States.Recognise?.Next, input)).toBe(end);
  });

  test.for([
    ['Processor.unreadable', 'Ask for a better scan'],
    ['Processor.broken', 'Type it in'],
    ['Processor.Failed', 'Type it in'],
    ['Postern.TaskExpired', 'Ask the processor'],
    ['Postern.TaskCancelled', 'Not wanted any more'],
    ['States.Timeout', 'Ask the processor'],
    ['States.HeartbeatTimeout', 'Ask the processor'],
    ['request_invalid', 'Look at the refusal'],
  ] as const)('goes on after the error %s: %s', async ([error, end]) => {
    const caught = catcherOf(definition.States.Recognise, error);
    const errorOutput = { Error: error, Cause: '{"taskId":"t"}' };
    const input = await evaluate(caught?.Output, { input: { invoice: 'invoice-77' }, errorOutput });
    expect(input).toEqual({ invoice: 'invoice-77', error: errorOutput });
    expect(await choose(definition, caught?.Next, input)).toBe(end);
    const { Cause, Error: written } = definition.States[end] as { readonly Cause?: string; readonly Error?: string };
    if (written !== undefined) expect(await evaluate([written, Cause], { input })).toEqual([error, '{"taskId":"t"}']);
  });
});

describe('the durable function', () => {
  const template = Template.fromStack(new DurableFunctionExample(anAppWithoutBundles(), 'Example', PROPS));

  test('is durable, and has an alias by which it is invoked', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      DurableConfig: { ExecutionTimeout: 86_400, RetentionPeriodInDays: 14 },
      Environment: { Variables: { INVOCATION_TARGET: TARGET } },
    });
    template.hasResourceProperties('AWS::Lambda::Alias', { Name: 'live' });
  });

  test('may invoke the target, and nothing else', () => {
    expect(invocationsIn(template)).toEqual([TARGET]);
  });

  test('tells what the operators need: its role for invokers, and every version of it for resumes', () => {
    const { Invoker, Resumes } = template.findOutputs('*');
    const [name] = Object.keys(template.findResources('AWS::Lambda::Function'));
    expect(Invoker?.Value).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/ServiceRole/), 'Arn'] });
    expect(Resumes?.Value).toEqual({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [name, 'Arn'] }, ':*']] });
  });
});
