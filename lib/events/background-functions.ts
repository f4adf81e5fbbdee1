import { Duration, Validations } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName, Variables } from '../../lambda/contract/variables.ts';
import { sendsWork } from '../config/dispatches.ts';
import type { Environment } from '../config/environment.ts';
import { resumesWorkflows } from '../config/resumes.ts';
import type { FunctionBundles } from '../functions/bundles.ts';
import type { GatewayFunctions, OptionalFunction } from '../functions/gateway-functions.ts';
import { PosternFunction } from '../functions/postern-function.ts';
import { capitalize, FUNCTION_IDS } from '../names.ts';
import type { State } from '../state/state.ts';
import { AsynchronousCalls } from './asynchronous-calls.ts';
import { ChangeFeed } from './change-feed.ts';
import { ChangeQueuing } from './change-queuing.ts';
import { type DeadLetterFunction, type DeadLetterQueues, grantLook, grantProcess, mapValues } from './dead-letters.ts';
import { Dispatching } from './dispatching.ts';
import { MinuteSchedule } from './minute-schedule.ts';
import { TaskEvents } from './task-events.ts';
import { UploadArrivals } from './upload-arrivals.ts';
import { WorkflowResumption } from './workflow-resumption.ts';

/** Functions without a waiting caller. */
export type BackgroundFunction = DeadLetterFunction | Extract<FunctionName, 'redrive'>;

export interface BackgroundFunctionsProps {
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
  readonly state: Pick<
    State,
    'tasks' | 'lookups' | 'audit' | 'payloads' | 'signingKeys' | 'shortCodeHmacKey' | 'workflowTokenKey' | 'logKey'
  >;
}

/**
 * Functions that run after requests: they publish changes, record uploads, expire overdue tasks, revoke in bulk, resume workflows and
 * send work to processors, and they process again what failed.
 */
export class BackgroundFunctions extends Construct {
  readonly functions: { readonly [F in BackgroundFunction]: PosternFunction<F> } & Pick<
    GatewayFunctions,
    OptionalFunction
  >;
  /** Events that the functions could not process. */
  readonly deadLetters: DeadLetterQueues;
  /** Bus on which changes of tasks are published. */
  readonly eventBus: EventBus;
  /** Outcomes of tasks that wait until their workflow is told. Undefined if no application may resume one. */
  readonly outcomes: IQueue | undefined;
  /** Queues of the processors that work is sent to, by the ids of the processors. */
  readonly dispatches: ReadonlyMap<string, IQueue>;
  readonly #dispatching: Dispatching | undefined;

  constructor(scope: Construct, id: string, { environment, bundles, state }: BackgroundFunctionsProps) {
    super(scope, id);
    const { audit, lookups, tasks, payloads, workflowTokenKey: key } = state;
    const shared = { environment, bundles, logKey: state.logKey };

    const events = new TaskEvents(this, 'Events', {
      environmentName: environment.name,
      ruleAccounts: environment.eventRuleAccounts,
    });
    const changes = new ChangeFeed(this, 'Changes', { tasks, audit });
    const publish = new PosternFunction(this, 'Publish', {
      ...shared,
      name: 'publish',
      description: 'Publishes changes of tasks and actions of operators',
      timeout: Duration.seconds(60),
      connect: (grantee) => ({ ...events.grantPublish(grantee), ...changes.grantSendToDeadLetters(grantee) }),
    });
    changes.feed(publish);

    const completeUpload = new PosternFunction(this, capitalize(FUNCTION_IDS['complete-upload']), {
      ...shared,
      name: 'complete-upload',
      description: 'Records uploaded results',
      timeout: Duration.seconds(30),
      connect: (grantee) => ({
        ...tasks.grantReadAndChange(grantee),
        ...payloads.grantInspectUploads(grantee),
        QUARANTINE_LIMIT: environment.quarantineLimit,
      }),
    });
    const arrivals = new UploadArrivals(this, 'Arrivals', { payloads, completeUpload });

    const expire = new PosternFunction(this, 'Expire', {
      ...shared,
      name: 'expire',
      description: 'Expires overdue tasks',
      timeout: Duration.seconds(55),
      // One vCPU: each task needs a write, and a run handles all tasks that became due within a minute.
      memorySize: 1_769,
      connect: (grantee) => ({
        ...tasks.grantExpire(grantee),
        ...lookups.grantKeepDueProgress(grantee),
        INDEX_SHARDS: environment.indexShards,
      }),
    });
    const expiry = new MinuteSchedule(this, 'Expiry', {
      name: `postern-${environment.name}-expire`,
      description: 'Expires overdue tasks',
      function: expire,
    });

    const revoke = new PosternFunction(this, capitalize(FUNCTION_IDS['revoke-callbacks']), {
      ...shared,
      name: 'revoke-callbacks',
      description: 'Revokes the callbacks of all pending tasks of a processor',
      // The longest timeout of Lambda: a job works at a pace. A later run continues it.
      timeout: Duration.minutes(15),
      connect: (grantee) => ({
        ...tasks.grantRevoke(grantee),
        ...lookups.grantWorkOnJobs(grantee),
        ...(sendsWork(environment) && lookups.grantSendAgain(grantee)),
        ...audit.grantAppendOnce(grantee),
        AUDIT_RETENTION_SECONDS: environment.auditRetention.toSeconds(),
      }),
    });
    // A job begins with a call of its own. The schedule continues a job whose worker has crashed or has no time left.
    const revocations = new MinuteSchedule(this, 'Revocations', {
      name: `postern-${environment.name}-revoke`,
      description: 'Continues bulk revocations',
      function: revoke,
    });

    const resumption =
      key !== undefined && resumesWorkflows(environment)
        ? new WorkflowResumption(this, 'Resumption', { environment, bundles, state, key })
        : undefined;
    const dispatching = sendsWork(environment)
      ? new Dispatching(this, 'Dispatching', { environment, bundles, state })
      : undefined;
    // The function came with the resumption of workflows, and its logical ids begin with it. `Default` is in no logical id.
    const queuing =
      resumption === undefined && dispatching === undefined
        ? undefined
        : new ChangeQueuing(resumption ?? new Construct(this, 'Resumption'), 'Default', {
            environment,
            bundles,
            state,
            outcomes: resumption?.outcomes,
            dispatchQueues: dispatching?.queues,
          });

    this.deadLetters = {
      publish: changes.deadLetters,
      expire: expiry.deadLetters,
      'complete-upload': arrivals.deadLetters,
      'revoke-callbacks': revocations.deadLetters,
      ...(queuing && { 'queue-outcomes': queuing.deadLetters }),
      ...(resumption && { resume: resumption.deadLetters }),
      ...(dispatching && { dispatch: dispatching.queues.deadLetters }),
    };
    const deadLetterFunctions = {
      publish,
      expire,
      'complete-upload': completeUpload,
      'revoke-callbacks': revoke,
      ...(queuing && { 'queue-outcomes': queuing.function }),
      ...(resumption && { resume: resumption.function }),
      ...(dispatching && { dispatch: dispatching.function }),
    };
    const redrive = new PosternFunction(this, 'Redrive', {
      ...shared,
      name: 'redrive',
      description: 'Processes dead letters again',
      // The longest timeout of Lambda: a queue may have thousands of letters, which are processed at a limited pace.
      timeout: Duration.minutes(15),
      connect: (grantee) => {
        for (const one of Object.values(deadLetterFunctions)) one.grantInvoke(grantee);
        audit.grantReadAgain(grantee);
        return {
          ...grantProcess(this.deadLetters, grantee),
          ...tasks.grantReadAgain(grantee),
          DEAD_LETTER_FUNCTIONS: mapValues(deadLetterFunctions, ({ liveArn }) => liveArn),
        };
      },
    });
    const redriveCalls = new AsynchronousCalls(this, 'RedriveCalls', {
      function: redrive,
      retryAttempts: 2,
      maxEventAge: Duration.minutes(15),
    });
    Validations.of(redriveCalls).acknowledge({
      id: 'Serverless-LambdaAsyncFailureDestination',
      reason: 'A run that fails loses nothing: its letters remain in their queues, whose alarms remain raised.',
    });

    this.functions = { ...deadLetterFunctions, redrive };
    this.eventBus = events.bus;
    this.outcomes = resumption?.outcomes;
    this.dispatches = dispatching?.queues.queues ?? new Map();
    this.#dispatching = dispatching;
  }

  /** Lets a function look at dead letters, and start to process them again. */
  grantRedrive(grantee: IGrantable): Pick<Variables<'operator-api'>, 'DEAD_LETTER_QUEUES' | 'REDRIVE_FUNCTION'> {
    const { redrive } = this.functions;
    redrive.grantInvoke(grantee);
    return { ...grantLook(this.deadLetters, grantee), REDRIVE_FUNCTION: redrive.liveArn };
  }

  /** Lets a function send what is due of a processor at once, if the environment sends work. */
  grantSweep(grantee: IGrantable): Pick<Variables<'operator-api'>, 'DISPATCH_FUNCTION'> {
    return this.#dispatching?.grantSweep(grantee) ?? { DISPATCH_FUNCTION: undefined };
  }

  /** Lets a function begin bulk revocations at once. */
  grantStartRevocations(grantee: IGrantable): Pick<Variables<'operator-api'>, 'REVOKE_FUNCTION'> {
    const { 'revoke-callbacks': revoke } = this.functions;
    revoke.grantInvoke(grantee);
    return { REVOKE_FUNCTION: revoke.liveArn };
  }
}
