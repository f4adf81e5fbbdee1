import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { InvocationType, Trigger } from 'aws-cdk-lib/triggers';
import { describe, expect, test } from 'vitest';
import {
  type DeploymentTriggersOptions,
  runDeploymentTriggers,
  TRIGGER_TYPE,
} from '../../../local/functions/deployment-triggers.ts';
import { customResourceProviders } from '../../../local/template/custom-resources.ts';
import { createResolver } from '../../../local/template/resolve.ts';
import { assertKnownTypes } from '../../../local/template/resource-types.ts';

/** A stack with the construct of the CDK, as the local gateway reads it. */
const aStack = (invocationType?: InvocationType) => {
  const stack = new Stack(new App(), 'Stack');
  const handler = new LambdaFunction(stack, 'Rotate', {
    functionName: 'rotate',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {}'),
  });
  new Trigger(stack, 'FirstKey', { handler, ...(invocationType !== undefined && { invocationType }) });
  return { name: 'Stack', template: Template.fromStack(stack).toJSON(), assets: new Map<string, string>() };
};
const runTriggers = (
  resources: Parameters<typeof runDeploymentTriggers>[0],
  invoke: DeploymentTriggersOptions['invoke'],
  signal = new AbortController().signal,
) => runDeploymentTriggers(resources, { invoke, signal, say: () => undefined });
const triggersOf = (stack: ReturnType<typeof aStack>) =>
  createResolver([stack], () => undefined).resources(TRIGGER_TYPE);

describe('a trigger of the CDK', () => {
  test('calls its function once, and its own provider is not run', async () => {
    const stack = aStack();
    assertKnownTypes([stack]);
    const calls: unknown[] = [];
    await runTriggers(triggersOf(stack), async (...call) => calls.push(call));
    expect(calls).toEqual([['arn:aws:lambda:eu-west-1:000000000000:function:rotate', {}]]);

    const functions = createResolver([stack], () => undefined).resources('AWS::Lambda::Function');
    const providers = customResourceProviders(stack);
    expect(functions.filter(({ logicalId }) => !providers.has(logicalId)).map(({ ref }) => ref)).toEqual(['rotate']);
  });

  test('a function that fails stops the start, by the name of the trigger', async () => {
    const failing = runTriggers(triggersOf(aStack()), async () => {
      throw new Error('no key');
    });
    await expect(failing).rejects.toThrow(/^Trigger FirstKey\w*: its function failed: no key$/);
  });

  test('does not hold back the end of a start', async () => {
    const stopping = new AbortController();
    const waiting = runTriggers(triggersOf(aStack()), () => new Promise(() => undefined), stopping.signal);
    stopping.abort(new Error('Ctrl-C'));
    await expect(waiting).rejects.toThrow('Ctrl-C');
  });

  test('without waiting for its function it stops by name', async () => {
    const triggers = triggersOf(aStack(InvocationType.EVENT));
    await expect(runTriggers(triggers, async () => undefined)).rejects.toThrow(/^Trigger FirstKey\w*: InvocationType/);
  });

  test('without the version of a function it stops by name', async () => {
    const [trigger] = triggersOf(aStack());
    const properties = { ...trigger?.properties, HandlerArn: 'arn:aws:lambda:eu-west-1:000000000000:function:rotate' };
    await expect(
      runTriggers([{ logicalId: 'FirstKey', type: TRIGGER_TYPE, properties }], async () => undefined),
    ).rejects.toThrow('expected the ARN of a version of a function');
  });
});
