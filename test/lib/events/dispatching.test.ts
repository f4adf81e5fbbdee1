import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { DISPATCHING_FUNCTIONS, ENVIRONMENT_VARIABLES } from '../../../lambda/contract/variables.ts';
import { aDispatch, aDispatchedProcessor, aDispatchingEnvironment } from '../../support/dispatching-environment.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { type Resource, resourcesOf } from '../../support/template.ts';

const { gateway } = synthesize(
  aDispatchingEnvironment({
    processors: {
      'acme-ocr': aDispatchedProcessor({ dispatch: aDispatch({ timeout: Duration.seconds(10) }) }),
      'slow-ocr': aDispatchedProcessor({ dispatch: aDispatch({ timeout: Duration.seconds(60), concurrency: 2 }) }),
      'other-ocr': { carriers: ['path'], contentTypes: ['application/json'] },
    },
  }),
);

/** The only resource of a type whose logical id is the path and eight digits. */
const theOne = (template: Template, type: string, path: string): Resource & { readonly id: string } => {
  const found = Object.entries(resourcesOf(template, type)).filter(([id]) =>
    new RegExp(`^${path}[0-9A-F]{8}$`).test(id),
  );
  const [[id, resource] = []] = found;
  if (id === undefined || resource === undefined || found.length > 1) throw new Error(`${found.length} of ${path}`);
  return { id, ...resource };
};
const arnOf = ({ id }: { readonly id: string }) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const QUEUE = 'AWS::SQS::Queue';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const dispatch = theOne(gateway, 'AWS::Lambda::Function', 'BackgroundDispatchingDispatch');
const queueOutcomes = theOne(gateway, 'AWS::Lambda::Function', 'BackgroundResumptionQueueOutcomes');
const letters = theOne(gateway, QUEUE, 'BackgroundDispatchingQueuesDeadLetters');
const key = theOne(gateway, 'AWS::KMS::Key', 'BackgroundDispatchingQueuesKey');
const queueOf = (processor: string) => theOne(gateway, QUEUE, `BackgroundDispatchingQueuesOf${processor}`);
const acme = queueOf('acmeocr');
const slow = queueOf('slowocr');
const variablesOf = ({ Properties }: Resource) =>
  (Properties.Environment as { readonly Variables: Readonly<Record<string, unknown>> }).Variables;
const policyOf = (queue: { readonly id: string }) =>
  Object.values(resourcesOf(gateway, 'AWS::SQS::QueuePolicy')).find(
    ({ Properties }) => JSON.stringify(Properties.Queues) === JSON.stringify([{ Ref: queue.id }]),
  )?.Properties.PolicyDocument;
const TLS_ONLY = { Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } };

describe('the queues of processors', () => {
  it('exist for each processor that work is sent to, with a name that has its id', () => {
    const names = Object.values(resourcesOf(gateway, QUEUE)).flatMap(({ Properties }) => Properties.QueueName ?? []);
    expect(names.sort()).toEqual(['postern-test-dispatch-acme-ocr', 'postern-test-dispatch-slow-ocr']);
    for (const queue of [acme, slow]) expect(queue.Properties).not.toHaveProperty('FifoQueue');
  });

  it.each([acme, slow, letters])('S1 are encrypted with a key of their own: $id', ({ Properties }) => {
    expect(Properties).toMatchObject({ KmsMasterKeyId: arnOf(key), KmsDataKeyReusePeriodSeconds: 3_600 });
    expect(key.Properties).toMatchObject({ EnableKeyRotation: true });
  });

  it.each([acme, slow])('S1 take messages over TLS, and only from the two functions that send: $id', (queue) => {
    const role = (path: string) => arnOf(theOne(gateway, 'AWS::IAM::Role', path));
    expect(policyOf(queue)).toMatchObject({
      Statement: [
        TLS_ONLY,
        {
          Effect: 'Deny',
          Action: 'sqs:SendMessage',
          Principal: { AWS: '*' },
          Resource: arnOf(queue),
          Condition: {
            ArnNotEquals: {
              'aws:PrincipalArn': [
                role('BackgroundDispatchingDispatchRole'),
                role('BackgroundResumptionQueueOutcomesRole'),
              ],
            },
          },
        },
      ],
    });
  });

  it('have dead letters over TLS, which are kept longer than messages', () => {
    expect(policyOf(letters)).toMatchObject({ Statement: [TLS_ONLY] });
    for (const queue of [acme, slow]) {
      expect(queue.Properties).toMatchObject({
        RedrivePolicy: { deadLetterTargetArn: arnOf(letters), maxReceiveCount: 10 },
        MessageRetentionPeriod: 345_600,
      });
    }
    expect(letters.Properties.MessageRetentionPeriod).toBe(1_209_600);
  });

  it('hide a message until the lease of an attempt is over, and the function ends before', () => {
    // The longest time-out of the environment is 60 s.
    expect(dispatch.Properties.Timeout).toBe(85);
    expect(variablesOf(dispatch).LEASE_SECONDS).toBe('90');
    for (const queue of [acme, slow]) expect(queue.Properties.VisibilityTimeout).toBe(120);
  });

  it.each([
    ['acmeocr', acme, 20],
    ['slowocr', slow, 2],
  ] as const)('give one message at a time, and as many at once as the processor takes: %s', (id, queue, most) => {
    const { DependsOn, Properties } = theOne(gateway, MAPPING, `BackgroundDispatchingQueuesMappings${id}`);
    expect(Properties).toMatchObject({
      EventSourceArn: arnOf(queue),
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: most },
    });
    expect(DependsOn).toContainEqual(expect.stringMatching(/^BackgroundDispatchingDispatchRoleDefaultPolicy/));
  });

  it('are known to both functions that send, by the beginning of their URLs', () => {
    for (const one of [dispatch, queueOutcomes]) {
      expect(JSON.stringify(variablesOf(one).DISPATCH_QUEUE_PREFIX)).toMatch(
        /https:\/\/sqs\..*\/postern-test-dispatch-"/,
      );
    }
  });

  it('fit into the functions, their policies and the stack with 50 processors', () => {
    const ids = Array.from({ length: 50 }, (_, i) => `a-processor-with-a-long-id-${i}`);
    const many = synthesize(
      aDispatchingEnvironment({ processors: Object.fromEntries(ids.map((id) => [id, aDispatchedProcessor()])) }),
    );
    const sent = Object.values(resourcesOf(many.gateway, QUEUE)).filter(({ Properties }) =>
      JSON.stringify(Properties.QueueName ?? '').includes('-dispatch-'),
    );
    expect(sent).toHaveLength(50);
  });
});

describe('the sweep', () => {
  it('runs every minute, and its failures are dead letters of the function', () => {
    const schedule = theOne(gateway, 'AWS::Scheduler::Schedule', 'BackgroundDispatchingSweep');
    expect(schedule.Properties).toMatchObject({
      Name: 'postern-test-dispatch',
      ScheduleExpression: 'rate(1 minute)',
      Target: { Input: '{"sweep":true}', DeadLetterConfig: { Arn: arnOf(letters) } },
    });
    const calls = theOne(gateway, 'AWS::Lambda::EventInvokeConfig', 'BackgroundDispatchingSweepCalls');
    expect(calls.Properties).toMatchObject({ DestinationConfig: { OnFailure: { Destination: arnOf(letters) } } });
  });

  it('has a schedule that may encrypt the dead letters', () => {
    const { Properties } = theOne(gateway, 'AWS::IAM::Policy', 'BackgroundDispatchingSweepRoleDefaultPolicy');
    expect(Properties.PolicyDocument).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: arnOf(key) }),
      ]),
    });
  });
});

describe('the reader of changes', () => {
  const mapping = (template: Template) => theOne(template, MAPPING, 'BackgroundResumptionChanges');
  const patternsOf = (template: Template): readonly unknown[] => {
    const { FilterCriteria } = mapping(template).Properties;
    const { Filters } = FilterCriteria as { readonly Filters: readonly { readonly Pattern: string }[] };
    return Filters.map(({ Pattern }) => JSON.parse(Pattern));
  };
  const QUEUED_CHANGES = {
    change: {
      S: [
        'opened',
        'reopened',
        'dispatchQueued',
        'succeeded',
        'failed',
        'expired',
        'cancelled',
        'revoked',
        'progressed',
      ],
    },
    dispatch: { M: { state: { S: ['queued'] } } },
  };
  const ENDED = {
    change: { S: ['succeeded', 'expired', 'cancelled'] },
    dispatch: { M: { state: { S: [{ exists: true }] } } },
  };
  const patterns = [QUEUED_CHANGES, ENDED].map((NewImage) => ({ dynamodb: { NewImage } }));

  it('gets changes of tasks that are queued, and the ends of tasks with an input', () => {
    expect(patternsOf(gateway)).toEqual(patterns);
    expect(variablesOf(queueOutcomes).OUTCOME_QUEUE_URL).toBe('');
  });

  it('is one function where workflows are resumed too: a third reader would be throttled', () => {
    const resumes = ['arn:aws:states:eu-west-1:123456789012:stateMachine:invoices'];
    const applications = { invoices: { clients: ['invoices-backend'], resumes } };
    const both = synthesize(aDispatchingEnvironment({ applications })).gateway;
    expect(patternsOf(both)).toEqual([
      { dynamodb: { NewImage: expect.objectContaining({ resume: { M: { state: { S: ['pending'] } } } }) } },
      ...patterns,
    ]);
    // An application that begins to resume workflows replaces nothing.
    expect(mapping(both).id).toBe(mapping(gateway).id);
    const readers = Object.values(resourcesOf(both, MAPPING)).filter(({ Properties: { EventSourceArn } }) =>
      JSON.stringify(EventSourceArn).includes('GetAttTasks'),
    );
    expect(readers).toHaveLength(2);
  });
});

describe('the functions that send work', () => {
  it.each(DISPATCHING_FUNCTIONS)('%s has exactly its variables', (name) => {
    const variables = variablesOf(name === 'dispatch' ? dispatch : queueOutcomes);
    expect(Object.keys(variables).sort()).toEqual(Object.keys(ENVIRONMENT_VARIABLES[name]).sort());
  });

  it('are deployed step by step, and their names are outputs', () => {
    const [group] = Object.values(resourcesOf(gateway, 'AWS::CodeDeploy::DeploymentGroup'));
    expect(JSON.stringify(group?.Properties.AlarmConfiguration)).toContain('AlarmsDispatchErrors');
    const alias = theOne(gateway, 'AWS::Lambda::Alias', 'BackgroundDispatchingDispatchAlias');
    expect(alias).toMatchObject({ UpdatePolicy: { CodeDeployLambdaAliasUpdate: expect.anything() } });
    for (const name of ['DispatchFunctionName', 'DispatchLogGroupName', 'DispatchDeadLettersUrl']) {
      expect(Object.keys(gateway.findOutputs('*'))).toContain(name);
    }
  });

  it('exist in no environment without `dispatch`, nor does anything else that sends work', () => {
    const text = JSON.stringify(synthesize(anAwsEnvironment()).gateway.toJSON());
    for (const part of ['Dispatching', 'AlarmsDispatch', 'ProcessorUnreachable', 'QueueOutcomes']) {
      expect(text).not.toContain(part);
    }
  });
});
