import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import { InvocationTarget } from '../../sender/invocation-target.ts';
import { anApp } from '../support/synthesize.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:postern-open';
const TARGET = `${FUNCTION}:open-invoices`;

describe('an invocation target', () => {
  it('lets a role invoke the target only: no other alias, no version and not the function', () => {
    const stack = new Stack(anApp(), 'Sender');
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    InvocationTarget.fromArn(TARGET).grantOpen(role);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: TARGET }],
      },
    });
  });

  it('may be known only at deployment', () => {
    const stack = new Stack(anApp(), 'Sender');
    const arn = new CfnParameter(stack, 'Target').valueAsString;
    expect(InvocationTarget.fromArn(arn).arn).toBe(arn);
  });

  it.each([FUNCTION, `${FUNCTION}:live`, `${FUNCTION}:7`, `${TARGET}:*`, 'arn:aws:states:eu-west-1:123456789012:x'])(
    'is not %s',
    (arn) => {
      expect(() => InvocationTarget.fromArn(arn)).toThrow(`"${arn}" is not the ARN of an invocation target`);
    },
  );
});
