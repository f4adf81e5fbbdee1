import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../template/cloud-assembly.ts';
import { PSEUDO_PARAMETERS } from '../template/physical-ids.ts';
import type { StackResource } from '../template/resolve.ts';
import type { FunctionDefinition } from './function-process.ts';

/** Endpoints of the services on this machine, by the environment variable that the SDK reads. */
export type ServiceEndpoints = Readonly<Record<`AWS_ENDPOINT_URL_${string}`, string>>;

const LAMBDA_DEFAULTS = { timeoutSeconds: 3, memoryMegabytes: 128 };

/**
 * Reads an `AWS::Lambda::Function` of the template.
 * @throws {Error} if its code is not an asset of the assembly, or its handler is not a file of that asset
 */
export const defineFunction = (
  resource: StackResource,
  stacks: readonly Stack[],
  endpoints: ServiceEndpoints,
): FunctionDefinition & { readonly codeDirectory: string } => {
  const properties = resource.properties as {
    readonly Code?: { readonly S3Key?: string };
    readonly Handler?: string;
    readonly Timeout?: number;
    readonly MemorySize?: number;
    readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
  };
  const key = properties.Code?.S3Key ?? '';
  const codeDirectory = stacks.find(({ assets }) => assets.has(key))?.assets.get(key);
  if (codeDirectory === undefined) {
    throw new Error(
      `${resource.stack}, ${resource.logicalId}: its code (${key || 'inline'}) is no asset of the stage.`,
    );
  }
  const [moduleName, handlerName] = splitHandler(properties.Handler ?? '');
  const modulePath = ['.js', '.cjs', '.mjs']
    .map((extension) => join(codeDirectory, moduleName + extension))
    .find(existsSync);
  if (modulePath === undefined) {
    throw new Error(`${resource.stack}, ${resource.logicalId}: ${codeDirectory} has no module "${moduleName}".`);
  }
  const name = resource.ref;
  const region = PSEUDO_PARAMETERS['AWS::Region'] as string;
  const memoryMegabytes = properties.MemorySize ?? LAMBDA_DEFAULTS.memoryMegabytes;
  return {
    name,
    arn: functionArn(name),
    codeDirectory,
    modulePath,
    handlerName,
    timeoutMs: (properties.Timeout ?? LAMBDA_DEFAULTS.timeoutSeconds) * 1000,
    memoryMegabytes,
    environment: {
      ...properties.Environment?.Variables,
      ...endpoints,
      PATH: process.env.PATH ?? '',
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      LAMBDA_TASK_ROOT: codeDirectory,
      _HANDLER: properties.Handler ?? '',
    },
  };
};

const functionArn = (name: string): string =>
  `arn:aws:lambda:${PSEUDO_PARAMETERS['AWS::Region']}:${PSEUDO_PARAMETERS['AWS::AccountId']}:function:${name}`;

const splitHandler = (handler: string): readonly [moduleName: string, handlerName: string] => {
  const dot = handler.lastIndexOf('.');
  return [handler.slice(0, dot), handler.slice(dot + 1)];
};
