import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { CustomResourceFunction } from '../../../lib/functions/custom-resource-function.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';

interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly object[] };
}

const { gateway } = synthesize(anAwsEnvironment({ protected: true, logRetention: RetentionDays.ONE_MONTH }));
const functions = Object.entries(resourcesOf(gateway, 'AWS::Lambda::Function'));
const [handlerId, handler] = functions.find(([id]) => id.startsWith('CustomVpcRestrictDefaultSG')) ?? [];
const logGroupOf = (properties: Record<string, unknown> | undefined): string | undefined =>
  (properties?.LoggingConfig as { readonly LogGroup?: { readonly Ref?: string } } | undefined)?.LogGroup?.Ref;

describe('the function for the default security group', () => {
  it('has a log group that expires, is encrypted with the log key, and is deleted with the stack', () => {
    const group = resourcesOf(gateway, 'AWS::Logs::LogGroup')[logGroupOf(handler?.Properties) ?? ''];
    expect(group).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { RetentionInDays: 30, KmsKeyId: { 'Fn::ImportValue': expect.stringContaining('LogKey') } },
    });
  });

  it('may write only to this log group, and may not create one', () => {
    const roles = resourcesOf(gateway, 'AWS::IAM::Role');
    const [, role] = Object.entries(roles).find(([id]) => id.startsWith('CustomVpcRestrictDefaultSG')) ?? [];
    expect(role?.Properties).not.toHaveProperty('ManagedPolicyArns');
    const policies = role?.Properties.Policies as readonly Policy[] | undefined;
    const statements = (policies ?? []).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    expect(statements.filter((statement) => JSON.stringify(statement).includes('logs:'))).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [logGroupOf(handler?.Properties), 'Arn'] },
      },
    ]);
    // The function may still change the security group.
    expect(JSON.stringify(statements)).toContain('ec2:RevokeSecurityGroupIngress');
    expect(theResource(gateway, 'Custom::VpcRestrictDefaultSG').Properties.ServiceToken).toEqual({
      'Fn::GetAtt': [handlerId, 'Arn'],
    });
  });

  it('stops with the expected name if the CDK does not create the function', () => {
    const stack = new Stack();
    const props = {
      provider: 'NoProvider',
      createdFor: 'something',
      environment: { logRetention: 30 },
      logKey: { key: new Key(stack, 'Key') },
    };
    expect(() => new CustomResourceFunction(stack, 'Function', props as never)).toThrow(
      'NoProvider/Handler is not in the stack; expected the function that the CDK creates for `something`',
    );
  });
});

describe.each(Object.entries(SWITCHED))('every function of the environment %s', (_name, input) => {
  const templates = synthesize(input);
  const all = Object.entries(resourcesOf(templates.gateway, 'AWS::Lambda::Function'));

  it('has a log group in the stack that expires and is encrypted', () => {
    const groups = resourcesOf(templates.gateway, 'AWS::Logs::LogGroup');
    for (const [id, { Properties }] of all) {
      const group = groups[logGroupOf(Properties) ?? ''];
      expect([id, group?.Properties]).toEqual([
        id,
        expect.objectContaining({ RetentionInDays: expect.any(Number), KmsKeyId: expect.anything() }),
      ]);
    }
  });

  it('has its own reason for not having a dead-letter queue', () => {
    for (const [id, resource] of all) {
      const { Metadata } = resource as { readonly Metadata?: { readonly checkov?: { readonly skip: object[] } } };
      expect([id, Metadata?.checkov?.skip]).toEqual([
        id,
        expect.arrayContaining([{ id: 'CKV_AWS_116', comment: expect.any(String) }]),
      ]);
    }
  });
});
