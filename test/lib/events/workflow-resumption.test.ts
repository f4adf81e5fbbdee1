import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENT_VARIABLES, RESUMING_FUNCTIONS } from '../../../lambda/contract/variables.ts';
import { RESUME_DELIVERY } from '../../../lambda/contract/workflow-limits.ts';
import { retryWait } from '../../../lambda/functions/resume/retry-wait.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { type Resource, resourcesOf } from '../../support/template.ts';

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:invoices';
const withResumes = (resumes: readonly string[]) =>
  synthesize(anAwsEnvironment({ applications: { invoices: { clients: ['invoices-backend'], resumes } } }));

const { gateway } = withResumes([MACHINE]);

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
const outcomes = theOne(gateway, QUEUE, 'BackgroundResumptionOutcomes');
const letters = theOne(gateway, QUEUE, 'BackgroundResumptionDeadLetters');
const changeLetters = theOne(gateway, QUEUE, 'BackgroundResumptionChangeDeadLetters');
const functionOf = (name: 'QueueOutcomes' | 'Resume') =>
  theOne(gateway, 'AWS::Lambda::Function', `BackgroundResumption${name}`);
const variablesOf = (name: 'QueueOutcomes' | 'Resume') =>
  (functionOf(name).Properties.Environment as { readonly Variables: Readonly<Record<string, unknown>> }).Variables;

describe('the queue of outcomes', () => {
  it('keeps the order of each task, and takes as many messages as a FIFO queue can', () => {
    expect(outcomes.Properties).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
    expect(outcomes.Properties).not.toHaveProperty('ContentBasedDeduplication');
  });

  it('hides a message for six times the timeout of its function', () => {
    expect(functionOf('Resume').Properties.Timeout).toBe(60);
    expect(outcomes.Properties.VisibilityTimeout).toBe(360);
  });

  it('has dead letters of its own kind, which no outcome reaches within 24 hours of attempts', () => {
    expect(outcomes.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: arnOf(letters),
      maxReceiveCount: 1_000,
    });
    expect(letters.Properties.FifoQueue).toBe(true);
    // A mapping of a stream sends to standard queues only.
    expect(changeLetters.Properties).not.toHaveProperty('FifoQueue');
    const receives = (wait: (receive: number) => number) => {
      let seconds = 0;
      let count = 1;
      for (; seconds < RESUME_DELIVERY.giveUpAfterSeconds; count += 1) seconds += wait(count);
      return count;
    };
    expect(receives((receive) => retryWait(receive, () => 0))).toBe(201);
    expect(receives(() => 360)).toBe(241);
  });

  it.each([outcomes, letters, changeLetters])('is encrypted, over TLS only, and kept for two weeks: $id', (queue) => {
    expect(queue.Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    const policy = Object.values(resourcesOf(gateway, 'AWS::SQS::QueuePolicy')).find(
      ({ Properties }) => JSON.stringify(Properties.Queues) === JSON.stringify([{ Ref: queue.id }]),
    );
    expect(policy?.Properties.PolicyDocument).toMatchObject({
      Statement: [{ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
    });
  });
});

describe('the function queue-outcomes', () => {
  const { DependsOn, Properties } = theOne(gateway, MAPPING, 'BackgroundResumptionChanges');

  it('reads the stream of tasks in order, with unlimited retries until a change is too old', () => {
    expect(Properties).toMatchObject({
      EventSourceArn: { 'Fn::ImportValue': expect.stringMatching(/GetAttTasks\w{8}StreamArn/) },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      ParallelizationFactor: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: 82_800,
      DestinationConfig: { OnFailure: { Destination: arnOf(changeLetters) } },
    });
    expect(DependsOn).toContainEqual(expect.stringMatching(/^BackgroundResumptionQueueOutcomesRoleDefaultPolicy/));
  });

  it('gets only outcomes and progress of tasks whose workflow was not told', () => {
    const { Filters } = Properties.FilterCriteria as { readonly Filters: readonly { readonly Pattern: string }[] };
    expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      {
        dynamodb: {
          NewImage: {
            change: { S: ['succeeded', 'failed', 'expired', 'cancelled', 'progressed', 'dispatchFailed'] },
            resume: { M: { state: { S: ['pending'] } } },
          },
        },
      },
    ]);
  });

  it('is the second reader of the stream, and there is no third', () => {
    const readers = Object.values(resourcesOf(gateway, MAPPING)).filter(({ Properties: { EventSourceArn } }) =>
      JSON.stringify(EventSourceArn).includes('GetAttTasks'),
    );
    expect(readers).toHaveLength(2);
  });

  it('knows the queue', () => {
    expect(variablesOf('QueueOutcomes')).toMatchObject({ OUTCOME_QUEUE_URL: { Ref: outcomes.id } });
  });
});

describe('the function resume', () => {
  it('takes one outcome at a time, and at most 100 executions of the account', () => {
    const { DependsOn, Properties } = theOne(gateway, MAPPING, 'BackgroundResumptionDeliveries');
    expect(Properties).toMatchObject({
      EventSourceArn: arnOf(outcomes),
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 100 },
    });
    expect(DependsOn).toContainEqual(expect.stringMatching(/^BackgroundResumptionResumeRoleDefaultPolicy/));
  });

  it('knows the queue and its dead letters', () => {
    expect(variablesOf('Resume')).toMatchObject({
      OUTCOME_QUEUE_URL: { Ref: outcomes.id },
      DEAD_LETTER_QUEUE_URL: { Ref: letters.id },
    });
  });
});

describe('the functions that resume workflows', () => {
  it.each(RESUMING_FUNCTIONS)('%s has exactly its variables', (name) => {
    const variables = variablesOf(name === 'resume' ? 'Resume' : 'QueueOutcomes');
    expect(Object.keys(variables).sort()).toEqual(Object.keys(ENVIRONMENT_VARIABLES[name]).sort());
  });

  it('are deployed step by step, and their names are outputs', () => {
    const outputs = Object.keys(gateway.findOutputs('*'));
    for (const name of ['QueueOutcomes', 'Resume']) {
      const alias = theOne(gateway, 'AWS::Lambda::Alias', `BackgroundResumption${name}Alias`);
      expect(alias).toMatchObject({ UpdatePolicy: { CodeDeployLambdaAliasUpdate: expect.anything() } });
      const [group] = Object.values(resourcesOf(gateway, 'AWS::CodeDeploy::DeploymentGroup'));
      expect(JSON.stringify(group?.Properties.AlarmConfiguration)).toContain('AlarmsResumeErrors');
      expect(outputs).toEqual(
        expect.arrayContaining([`${name}FunctionName`, `${name}LogGroupName`, `${name}DeadLettersUrl`]),
      );
    }
    expect(outputs).toContain('OutcomeQueueUrl');
  });

  it.each([
    ['has no `resumes`', synthesize(anAwsEnvironment())],
    ['has empty `resumes`', withResumes([])],
  ])('exist in no environment that %s, nor does anything else for workflows', (_what, templates) => {
    const text = JSON.stringify(templates.gateway.toJSON());
    for (const part of ['Resumption', 'WorkflowTokenKey', 'Resume', 'Outcome']) expect(text).not.toContain(part);
  });
});
