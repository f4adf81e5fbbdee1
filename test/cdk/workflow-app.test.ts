import type { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { describe, expect, it } from 'vitest';
import { DurableFunctionExample } from '../../docs/send/examples/durable-function/stack.ts';
import { StateMachineExample } from '../../docs/send/examples/state-machine/stack.ts';
import { aPostern, PLACE } from '../support/postern-app.ts';
import { anApp, NO_ASSETS, TEST_CONTEXT } from '../support/synthesize.ts';
import { resourcesOf } from '../support/template.ts';

interface Both {
  readonly app: App;
  readonly gateway: Stack;
  /** Stack of the workflow. */
  readonly invoices: Stack;
}

/** An example of docs/send/workflows.md and its environment, in one app. */
const anAppWith = (Example: typeof StateMachineExample | typeof DurableFunctionExample): Both => {
  const app = anApp(undefined, {
    context: { ...TEST_CONTEXT, [BUNDLING_STACKS]: [], ...NO_ASSETS },
  });
  const postern = aPostern(app, { invoices: { invokers: 'granted', resumes: 'granted' } });
  const invoices = new Example(app, 'Invoices', {
    env: PLACE,
    target: postern.invocationTarget('invoices'),
    processorUrl: 'https://ocr.example.com/jobs',
  });
  // The example grants its opener. A state machine may open tasks itself, too.
  postern.grantOpen('invoices', invoices.workflow as IFunction);
  postern.allowResume('invoices', invoices.workflow as IFunction);
  return { app, invoices, gateway: postern.node.findChild('Gateway') as Stack };
};

describe.each([
  ['state machine', StateMachineExample, 2],
  ['durable function', DurableFunctionExample, 1],
] as const)('an app with an environment and a %s that waits for its tasks', (_kind, Example, openers) => {
  const { app, gateway, invoices } = anAppWith(Example);

  it('synthesizes without a cycle: the stack of the workflow follows the gateway', () => {
    expect(() => app.synth()).not.toThrow();
    expect(invoices.dependencies).toEqual([gateway]);
    expect(gateway.dependencies.map(({ stackName }) => stackName)).toEqual(['Test-State']);
  });

  it('gives the opener the target and the right to invoke it, and the workflow its own right', () => {
    const template = Template.fromStack(invoices);
    const [opener] = Object.values(resourcesOf(template, 'AWS::Lambda::Function'));
    const arn = {
      'Fn::Join': ['', [{ 'Fn::ImportValue': expect.stringMatching(/^Test-Gateway:.*FrontOpen/) }, ':open-invoices']],
    };
    expect(opener?.Properties.Environment).toMatchObject({ Variables: { INVOCATION_TARGET: arn } });
    const invoked = Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
      .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: { Resource: unknown }[] }).Statement)
      .flatMap(({ Resource }) => Resource)
      .filter((resource) => JSON.stringify(resource).includes('open-invoices'));
    expect(invoked).toEqual(Array.from({ length: openers }, () => arn));
  });

  it('R1 lets Postern resume this workflow, by the name that the stack gives it', () => {
    const { Properties } = Object.values(resourcesOf(Template.fromStack(gateway), 'AWS::IAM::Policy')).find((policy) =>
      /SendTaskSuccess|SendDurableExecutionCallbackSuccess/.test(JSON.stringify(policy)),
    ) ?? { Properties: {} };
    expect(JSON.stringify(Properties)).toMatch(
      /arn:aws:(states:eu-west-1:123456789012:stateMachine:Invoices|lambda:eu-west-1:123456789012:function:RecogniseInvoices:\*)"/,
    );
  });
});
