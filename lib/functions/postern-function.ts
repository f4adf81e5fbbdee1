import { Duration, RemovalPolicy, Tags, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IAlias, IVersion } from 'aws-cdk-lib/aws-lambda';
import {
  Alias,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { APPLICATIONS_FILE } from '../../lambda/contract/applications.ts';
import { CONSOLE_SCRIPT_FILE, CONSOLE_STYLE_FILE, PAGE_STYLE_FILE } from '../../lambda/contract/pages.ts';
import { CEDAR_FILE, POLICIES_FILE, POLICY_CODE_FILE, POLICY_MODULE_FILE } from '../../lambda/contract/policy.ts';
import { CHECKED_PROOFS, type CheckedProofName, proofFile } from '../../lambda/contract/proofs.ts';
import { PAYLOAD_BUCKET_FILE, REGISTRY_FILE, type Registry, SCHEMAS_FILE } from '../../lambda/contract/registry.ts';
import { RESUME_TARGETS_FILE } from '../../lambda/contract/resume.ts';
import { TOKEN_DECRYPTION_FILE } from '../../lambda/contract/token-encryption.ts';
import type { FunctionName, Variables } from '../../lambda/contract/variables.ts';
import { renderVariables } from '../../lambda/contract/variables.ts';
import type { Environment } from '../config/environment.ts';
import { functionRolePath } from '../names.ts';
import { FUNCTION_TAG } from '../state/data-access-policy.ts';
import type { LogKey } from '../state/log-key.ts';
import { acceptFindingsOfCheckov, NOT_IN_A_NETWORK } from '../validation/checkov.ts';
import type { FunctionBundles } from './bundles.ts';
import { FunctionCode } from './function-code.ts';
import { compileSchemas } from './schemas.ts';

/** Marks `index.js` as CommonJS. With `npm start` the folder is inside a package of ES modules. */
const COMMONJS = { 'package.json': '{"type":"commonjs"}\n' } as const;

/** Variables that every function has. */
type EnvironmentVariables = 'POSTERN_ENVIRONMENT' | 'POSTERN_ORIGIN';

export interface PosternFunctionProps<F extends FunctionName> {
  readonly name: F;
  readonly description: string;
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
  /** Encryption key of its log. */
  readonly logKey: LogKey;
  /**
   * Grants the function its permissions and returns the variables that go with them. A missing variable does not compile.
   */
  readonly connect: (grantee: Role) => Omit<Variables<F>, EnvironmentVariables>;
  /**
   * Name of the function, unique in the account and Region.
   * @default - CloudFormation makes one
   */
  readonly functionName?: string;
  /** @default Duration.seconds(15) */
  readonly timeout?: Duration;
  /**
   * Megabytes. CPU time is proportional: 1,769 MB are one vCPU.
   * @default 512
   */
  readonly memorySize?: number;
}

/** Name of the alias that callers of a function use, except for applications that invoke `create-task`. */
export const ALIAS = 'live';

/** Makes further files of a function's package, by file name. */
type MakeFiles = (environment: Environment, bundles: FunctionBundles) => Record<string, string | Uint8Array>;

/** Files of the functions that serve operators. */
const operatorFiles: MakeFiles = ({ applications, policies, registry }, { policy }) => ({
  [APPLICATIONS_FILE]: JSON.stringify(applications),
  [REGISTRY_FILE]: JSON.stringify(registry),
  ...policyFiles(policies, policy),
});

/** Further files in a function's package. */
const BUNDLE_ASSETS: Partial<Record<FunctionName, MakeFiles>> = {
  receive: (
    { policies, registry, tokenEncryption },
    { payloadBucket, policy, proofs, schemaRuntime, tokenDecryption },
  ) => ({
    [REGISTRY_FILE]: JSON.stringify(registry),
    [SCHEMAS_FILE]: compileSchemas(registry, schemaRuntime),
    [PAYLOAD_BUCKET_FILE]: payloadBucket,
    ...Object.fromEntries(proofsOf(registry).map((name) => [proofFile(name), proofs[name]])),
    ...(tokenEncryption !== undefined && { [TOKEN_DECRYPTION_FILE]: tokenDecryption }),
    ...policyFiles(policies, policy),
  }),
  'create-task': ({ applications, policies, registry }, { policy }) => ({
    [APPLICATIONS_FILE]: JSON.stringify(applications),
    [REGISTRY_FILE]: JSON.stringify(registry),
    ...policyFiles(policies, policy),
  }),
  tasks: ({ applications, policies }, { policy }) => ({
    [APPLICATIONS_FILE]: JSON.stringify(applications),
    ...policyFiles(policies, policy),
  }),
  console: (environment, bundles) => ({ ...operatorFiles(environment, bundles), ...consoleFiles(bundles) }),
  'operator-api': operatorFiles,
  'reveal-payload': ({ policies }, bundles) => ({ ...policyFiles(policies, bundles.policy), ...consoleFiles(bundles) }),
  metadata: (_, { pages }) => ({ [PAGE_STYLE_FILE]: pages.style }),
  'revoke-callbacks': ({ registry }) => ({ [REGISTRY_FILE]: JSON.stringify(registry) }),
  handshake: ({ registry }) => ({ [REGISTRY_FILE]: JSON.stringify(registry) }),
  dispatch: ({ registry }) => ({ [REGISTRY_FILE]: JSON.stringify(registry) }),
  'queue-outcomes': ({ registry }) => ({ [REGISTRY_FILE]: JSON.stringify(registry) }),
  resume: ({ registry, resumeTargets }) => ({
    [REGISTRY_FILE]: JSON.stringify(registry),
    [RESUME_TARGETS_FILE]: JSON.stringify(resumeTargets),
  }),
};

const consoleFiles = ({ pages }: FunctionBundles): Record<string, string> => ({
  [CONSOLE_STYLE_FILE]: pages.consoleStyle,
  [CONSOLE_SCRIPT_FILE]: pages.consoleScript,
});

/** Files for policies; none if the environment has no policies. Cedar has some megabytes, so a package with a module does not have it. */
const policyFiles = (
  policies: Environment['policies'],
  bundles: FunctionBundles['policy'],
): Record<string, string | Uint8Array> => {
  if (policies === undefined) return {};
  if (policies instanceof Uint8Array) return { [POLICY_MODULE_FILE]: policies, [POLICY_CODE_FILE]: bundles.rego };
  const { cedar, code } = bundles;
  return { [POLICIES_FILE]: JSON.stringify(policies), [POLICY_CODE_FILE]: code, [CEDAR_FILE]: cedar };
};

/** Proofs that the environment's processors use. Code of other proofs is not shipped. */
const proofsOf = (registry: Registry): readonly CheckedProofName[] =>
  CHECKED_PROOFS.filter((name) => Object.values(registry).some(({ proof }) => proof.kind === name));

/**
 * A function of Postern: its bundle and further files, its log group, and a role that may only write this log and do what
 * `connect` granted. Callers use its alias, so that a deployment can shift traffic to new code step by step.
 */
export class PosternFunction<F extends FunctionName> extends Construct implements IGrantable {
  readonly function: LambdaFunction;
  /** The version that this deployment publishes. */
  readonly version: IVersion;
  /** Alias of the live version. */
  readonly alias: IAlias;
  readonly role: Role;
  readonly logGroup: LogGroup;
  readonly timeout: Duration;

  constructor(scope: Construct, id: string, props: PosternFunctionProps<F>) {
    super(scope, id);
    const { name, environment } = props;
    this.timeout = props.timeout ?? Duration.seconds(15);
    this.logGroup = new LogGroup(this, 'Log', {
      retention: environment.logRetention,
      encryptionKey: props.logKey.key,
      removalPolicy: environment.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    // An explicit role: the one that the CDK creates may write every log of the account.
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      path: functionRolePath(environment.name),
    });
    Tags.of(this.role).add(FUNCTION_TAG, name);
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resourceArns: [this.logGroup.logGroupArn],
    });
    const reserved = environment.reservedConcurrency[name];
    const values = {
      POSTERN_ENVIRONMENT: environment.name,
      POSTERN_ORIGIN: environment.origin,
      ...props.connect(this.role),
    } as Variables<F>;
    this.function = new LambdaFunction(this, 'Resource', {
      description: props.description,
      ...(props.functionName !== undefined && { functionName: props.functionName }),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: new FunctionCode(name, () => ({
        'index.js': props.bundles.functions[name],
        ...COMMONJS,
        ...BUNDLE_ASSETS[name]?.(environment, props.bundles),
      })),
      environment: renderVariables(name, values),
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      // Omits the system's line for a successful invocation. The function's own line has more detail.
      systemLogLevelV2: SystemLogLevel.WARN,
      memorySize: props.memorySize ?? 512,
      timeout: this.timeout,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      tracing: environment.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      // The previous version must exist for a rollback.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    this.acknowledgeFindings();
    this.version = this.function.currentVersion as IVersion;
    this.alias = new Alias(this, 'Alias', { aliasName: ALIAS, version: this.version }) as IAlias;
  }

  /**
   * ARN of the alias, for functions that call this function. It does not depend on the alias: the alias depends on a
   * deployment, which depends on alarms, which depend on every function.
   */
  get liveArn(): string {
    return `${this.function.functionArn}:${ALIAS}`;
  }

  /** Lets a function invoke the live version of this one, and no other version. */
  grantInvoke(grantee: IGrantable): void {
    Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [this.liveArn] });
  }

  get grantPrincipal(): Role {
    return this.role;
  }

  private acknowledgeFindings(): void {
    const reason =
      'A synchronous caller gets the error. Asynchronous calls have a failure destination, or lose nothing when they fail.';
    Validations.of(this.function).acknowledge(
      { id: 'Serverless-LambdaDLQ', reason },
      { id: 'Serverless-LambdaTracing', reason: 'The environment switches tracing on or off with `tracing`.' },
    );
    acceptFindingsOfCheckov(
      this.function,
      {
        id: 'CKV_AWS_115',
        reason:
          'The environment reserves concurrency (`reservedConcurrency`). Reserved concurrency is taken from all other functions.',
      },
      // A failure destination is a separate resource, which the rule does not see.
      { id: 'CKV_AWS_116', reason },
      NOT_IN_A_NETWORK,
      { id: 'CKV_AWS_173', reason: 'Its variables contain no secret, and are encrypted with the AWS managed key.' },
    );
  }
}
