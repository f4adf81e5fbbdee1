import { Stage } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import type { MetricName } from '../lambda/contract/metrics.ts';
import { MAX_RESUMES } from '../lambda/contract/workflow-limits.ts';
import { GRANTED } from '../lib/config/applications.ts';
import { readConstruct } from '../lib/config/construct.ts';
import { checkDistinctInApp, type PlacedEnvironment } from '../lib/config/distinct.ts';
import type { Environment } from '../lib/config/environment.ts';
import { InvalidEnvironment } from '../lib/config/errors.ts';
import { localFormOf } from '../lib/config/local-form.ts';
import { suggestion } from '../lib/config/near-names.ts';
import { charsInPolicy, MAX_POLICY_CHARS } from '../lib/config/resumes.ts';
import { writeMistakes } from '../lib/describe/write-description.ts';
import { makeStacks } from '../lib/environment-stacks.ts';
import { readBundleFiles } from '../lib/functions/bundle-files.ts';
import type { FunctionBundles } from '../lib/functions/bundles.ts';
import type { InvocationTarget as TargetOfGateway } from '../lib/functions/invocation-targets.ts';
import type { GatewayStack } from '../lib/gateway-stack.ts';
import { localSettingsFor, writeLocalDescription } from '../lib/local-description.ts';
import { defaultStackNames, type StackNames } from '../lib/stack-names.ts';
import type { InvocationTarget } from '../sender/invocation-target.ts';
import type { PosternAlarms } from './alarm-types.ts';
import { alarmsOf } from './alarms.ts';
import { checkTaskRule } from './check-task-rule.ts';
import { findFillIns, refuseDeployment } from './fill-in.ts';
import { type MetricDimensions, metricOf } from './metric.ts';
import { OpenTarget } from './open-target.ts';
import { grantOpen } from './openers.ts';
import type { ApplicationSettings, EnvironmentSettings } from './settings.ts';
import { type OnTaskOptions, type TaskEvent, taskRule } from './task-rule.ts';
import { type Workflow, workflowArn } from './workflow-arn.ts';

/** Settings of an environment. An application's id is a key of `applications`. */
export interface PosternEnvironment<Application extends string = string>
  extends Omit<EnvironmentSettings, 'applications'> {
  /** Name of the environment, at most 14 characters of `[a-z0-9-]`, unique in the account. The names of its resources have it. */
  readonly name: string;
  /**
   * Sending systems by their ids. Each owns its tasks.
   * @default - one application `default` with every client
   */
  readonly applications?: Readonly<Record<Application, ApplicationSettings>>;
}

/** Properties of an environment of Postern. */
export interface PosternProps<Application extends string = string> {
  /** Account and Region of both stacks. Neither may be a token: synth makes no lookup, and a deployment elsewhere fails. */
  readonly env: { readonly account: string; readonly region: string };
  /** Settings of the environment. */
  readonly environment: PosternEnvironment<Application>;
  /**
   * Names of the two stacks. Give those of a deployment that is there to adopt it.
   * @default - the environment's name with a capital, and `-State` and `-Gateway`
   */
  readonly stackNames?: StackNames;
  /**
   * Code of the functions. The app of this repository builds it from the sources.
   * @internal
   */
  readonly bundles?: FunctionBundles;
}

/**
 * An environment of Postern: a secure entry point for callbacks. It makes two stacks in the app or stage of its scope. `State` has
 * what must survive (tables, payloads, keys), `Gateway` what may be replaced (load balancer, functions, events, alarms).
 */
export class Postern<Application extends string = string> extends Construct {
  /**
   * Alarms by their names in docs/operate/runbook.md, for actions of your own. Reading an alarm that the environment does not have, such
   * as `ResumeRefused` without `resumes`, throws. `Object.keys` has only those that exist. With an action, `Gateway` refers to the stack
   * of the topic, so this stack must not refer to `Gateway`.
   */
  readonly alarms: PosternAlarms;
  readonly #gateway: GatewayStack;

  /**
   * @param scope an app or a stage
   * @param id first part of the paths of both stacks: `npx cdk deploy 'ID/*'` deploys them
   * @throws {Error} if the environment has mistakes. The message has all of them, each with the expectation and the remedy
   */
  constructor(scope: Construct, id: string, props: PosternProps<Application>) {
    super(scope, id);
    const { bundles = readBundleFiles(BUNDLES) } = props;
    try {
      const local = localSettingsFor(this, props.environment?.name);
      const form = local && localFormOf(this.node.path, props, local);
      const environment = form?.environment ?? readConstruct(this.node.path, props);
      const { stackNames = defaultStackNames(environment.name) } = props;
      compareInApp(this, environment, stackNames);
      const stacks = makeStacks(this, { environment, bundles, stackNames });
      if (form !== undefined) writeLocalDescription(this, form.description, stacks);
      this.#gateway = stacks.gateway;
      this.alarms = alarmsOf(stacks.gateway.alarms, { isLocal: form !== undefined, path: this.node.path });
      refuseDeployment([stacks.state, stacks.gateway], findFillIns(props.environment));
    } catch (error) {
      writeMistakes(this, error);
      // The trace of a mistake has only lines of the app.
      if (error instanceof InvalidEnvironment) Error.captureStackTrace(error, Postern);
      throw error;
    }
  }

  /**
   * Sends events of tasks to a target: a queue, a function, a state machine, a topic or another target of EventBridge. The rule is made
   * in the stack of the target's resource, which must have the account and Region of the environment. This stack is deployed after
   * `Gateway`. Give the target a `deadLetterQueue`: EventBridge drops an event that it could not deliver in 24 hours. An event may come
   * twice, and events of a task may come in another order.
   * @param types changes of a task, one or more: `succeeded` is the event `Task Succeeded`
   * @throws {Error} if a type, an application or a processor is not known, if the stack of the target is in another account, Region or
   * stage, if the target's resource is not found, or if it has a rule for the same events
   */
  onTask(
    types: readonly [TaskEvent, ...TaskEvent[]],
    target: IRuleTarget,
    options: OnTaskOptions<Application> = {},
  ): Rule {
    checkTaskRule(this.node.path, types, target, options);
    for (const application of [options.application ?? []].flat()) this.expectKnown('application', application);
    for (const processor of [options.processor ?? []].flat()) this.expectKnown('processor', processor);
    const { name: environmentName } = this.#gateway.settings;
    return taskRule({ ...options, environmentName, gateway: this.#gateway, types, target });
  }

  /**
   * Lets code with a role create tasks of an application by invoking its target. The application has `invokers`: `'granted'`, or a
   * list to which the role is added.
   *
   * The policy of the target must name the role before the role exists. If the role has a `roleName`, or is imported, it does so by the
   * ARN. Otherwise the role gets the path `/postern-openers/ENVIRONMENT/APPLICATION/`. CloudFormation replaces a deployed role that
   * gets a path. An imported role must exist before `Gateway` is deployed.
   * @param grantee a role, or a construct that runs with one, as a function or a state machine
   * @throws {Error} if the application has no `invokers`, if the grantee has no role, or if the role is in another account or Region
   */
  grantOpen(application: Application, grantee: IGrantable): Grant {
    return grantOpen(this.#gateway.settings.name, this.target(application), grantee);
  }

  /**
   * Returns the invocation target of an application, for example for the variables of a function. `grantOpen` of the target is the
   * same as `grantOpen` of this class.
   * @throws {Error} if the application has no `invokers`
   */
  invocationTarget(application: Application): InvocationTarget {
    return new OpenTarget(this.target(application).arn, (grantee) => this.grantOpen(application, grantee));
  }

  /**
   * Lets tasks of an application resume a workflow of the environment's account. The application has `resumes`: `'granted'`, or a list
   * with workflows to which this one is added. The workflow must have a name that synth knows: `stateMachineName` or `functionName`.
   * @param workflow a Standard state machine, or a durable function, its version or its alias
   * @throws {Error} if the application has no `resumes`, if synth does not know the ARN of the workflow, or if the workflow cannot wait
   */
  allowResume(application: Application, workflow: Workflow): void {
    this.expectKnown('application', application);
    const { account, resumeTargets } = this.#gateway.settings;
    const known = Object.hasOwn(resumeTargets, application) ? resumeTargets[application] : undefined;
    if (known === undefined) {
      throw this.error(
        `the application ${application} may resume no workflow. Write resumes: '${GRANTED}' into applications.${application} of the ` +
          'environment.',
      );
    }
    const arn = workflowArn(workflow, account);
    const isNew = !known.some((one) => one.arn === arn);
    if (isNew && known.length === MAX_RESUMES) {
      throw this.error(
        `${workflow.node.path} is workflow ${known.length + 1} of the application ${application}; expected at most ${MAX_RESUMES}. ` +
          'Let several parts of the application share a workflow.',
      );
    }
    const all = Object.values(resumeTargets).flat();
    const chars = charsInPolicy([...all.map((one) => one.roleArn ?? one.arn), arn]);
    if (isNew && chars > MAX_POLICY_CHARS) {
      throw this.error(
        `with ${workflow.node.path}, the ARNs of all workflows have ${chars} characters together; expected at most ${MAX_POLICY_CHARS}, ` +
          'because one policy names all of them. Shorten the names of the workflows.',
      );
    }
    this.#gateway.allowResume(application, { arn });
  }

  /**
   * Returns a metric of the environment, in the namespace `Postern`.
   * @param dimensions the second dimension of the metric, if it has one. Without it, the metric counts all of its values together
   * @param options as of every metric of the CDK. The default statistic is the sum, of latencies p99 (milliseconds), and of
   * `NextSigningKeys` the maximum. The default period is 5 minutes.
   * @throws {Error} if the environment writes no such metric, or not with these dimensions
   */
  metric<M extends MetricName>(
    name: M,
    dimensions: MetricDimensions<M, Application> = {},
    options: MetricOptions = {},
  ): Metric {
    // A stack in another place that uses the metric must name account and Region.
    return metricOf(this.#gateway.settings, this.node.path, name, dimensions, options).attachTo(this.#gateway);
  }

  private target(application: Application): TargetOfGateway {
    this.expectKnown('application', application);
    const target = this.#gateway.invocationTargets.find((one) => one.application === application);
    if (target === undefined) {
      throw this.error(
        `the application ${application} has no invocation target. Write invokers: '${GRANTED}' into applications.${application} of ` +
          'the environment.',
      );
    }
    return target;
  }

  private expectKnown(kind: 'application' | 'processor', id: string): void {
    const { applications, registry } = this.#gateway.settings;
    const ids = Object.keys(kind === 'application' ? applications : registry);
    if (ids.includes(id)) return;
    throw this.error(`there is no ${kind} "${id}"; expected one of ${ids.join(', ')}. ${suggestion(id, ids)}`.trim());
  }

  private error(problem: string): Error {
    return new Error(`${this.node.path}: ${problem}`);
  }
}

/** Environments of each app. */
const environmentsByApp = new WeakMap<IConstruct, readonly PlacedEnvironment[]>();

/** @throws {InvalidEnvironment} if another environment of the app has the same name, domain or stacks */
const compareInApp = (scope: Construct, environment: Environment, stackNames: StackNames): void => {
  const { path, root } = scope.node;
  const others = environmentsByApp.get(root) ?? [];
  const added = { path, folder: Stage.of(scope)?.outdir, environment, stackNames };
  checkDistinctInApp(added, others);
  environmentsByApp.set(root, [...others, added]);
};

/** Folder of the package with the code of the functions. */
const BUNDLES = new URL('functions/', import.meta.url);
