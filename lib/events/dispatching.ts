import { Duration } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { SweepRequest } from '../../lambda/contract/dispatch.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import { dispatchedProcessors, dispatchSecrets } from '../config/dispatch.ts';
import { dispatchesShortCodes, leaseSecondsOf } from '../config/dispatches.ts';
import type { Environment } from '../config/environment.ts';
import type { FunctionBundles } from '../functions/bundles.ts';
import { PosternFunction } from '../functions/postern-function.ts';
import { grantReadNamed } from '../functions/secrets.ts';
import { capitalize, FUNCTION_IDS } from '../names.ts';
import type { State } from '../state/state.ts';
import { DispatchQueues } from './dispatch-queues.ts';
import { MinuteSchedule } from './minute-schedule.ts';

export interface DispatchingProps {
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
  readonly state: Pick<State, 'tasks' | 'lookups' | 'signingKeys' | 'shortCodeHmacKey' | 'logKey'>;
}

/** Seconds by which the function ends before the lease of an attempt: it has this time less for all but the request. */
const ENDS_BEFORE_LEASE_SECONDS = 5;

/**
 * Sends the work of tasks to processors. Each processor has a queue, whose mapping limits the attempts at the same time. A schedule
 * finds the tasks that are due and have no message, so that no crash and no lost message loses a task. Only this function and
 * `create-task` can sign callback tokens.
 */
export class Dispatching extends Construct {
  readonly function: PosternFunction<'dispatch'>;
  readonly queues: DispatchQueues;

  constructor(scope: Construct, id: string, { bundles, environment, state }: DispatchingProps) {
    super(scope, id);
    const { lookups, shortCodeHmacKey, signingKeys, tasks } = state;
    const leaseSeconds = leaseSecondsOf(environment);
    const makesCodes = dispatchesShortCodes(environment);
    this.queues = new DispatchQueues(this, 'Queues', {
      environmentName: environment.name,
      processors: dispatchedProcessors(environment.registry),
      leaseSeconds,
    });
    this.function = new PosternFunction(this, capitalize(FUNCTION_IDS.dispatch), {
      environment,
      bundles,
      logKey: state.logKey,
      name: 'dispatch',
      description: 'Sends the work of tasks to processors',
      timeout: Duration.seconds(leaseSeconds - ENDS_BEFORE_LEASE_SECONDS),
      // It waits for the processor most of the time, and memory is paid for while it waits. So it has the default of 512 MB.
      connect: (grantee) => {
        this.queues.grantWork(grantee);
        grantReadNamed(this, dispatchSecrets(environment.registry), grantee);
        return {
          ...tasks.grantDispatch(grantee),
          ...lookups.grantDispatch(grantee, makesCodes),
          ...signingKeys.grantSign(grantee),
          ...(makesCodes ? shortCodeHmacKey.grantDerive(grantee) : shortCodeHmacKey.variables()),
          ...this.queues.grantSend(grantee),
          OWNER_CLAIM: environment.ownerClaim,
          TOKEN_ENCRYPTION_KEY: environment.tokenEncryption?.publicJwk,
          INDEX_SHARDS: environment.indexShards,
          LEASE_SECONDS: leaseSeconds,
          EGRESS: environment.egress,
        };
      },
    });
    this.queues.feed(this.function);
    new MinuteSchedule(this, 'Sweep', {
      name: `postern-${environment.name}-dispatch`,
      description: 'Finds tasks whose work is overdue to be sent',
      function: this.function,
      input: { sweep: true } satisfies SweepRequest,
      deadLetters: this.queues.deadLetters,
    });
  }

  /** Lets a function send what is due of a processor at once. */
  grantSweep(grantee: IGrantable): Pick<Variables<'operator-api'>, 'DISPATCH_FUNCTION'> {
    this.function.grantInvoke(grantee);
    return { DISPATCH_FUNCTION: this.function.liveArn };
  }
}
