import * as v from 'valibot';
import { INVOCATION_ALIAS_PREFIX } from '../../lambda/contract/applications.ts';
import type { ResolvedResource } from '../resource.ts';
import type { Qualified } from './function-process.ts';

export const ALIAS_TYPE = 'AWS::Lambda::Alias';

/** Strict: refuses an alias with weighted versions or provisioned concurrency, which do not exist here. */
const Properties = v.strictObject({
  Name: v.string(),
  FunctionName: v.string(),
  // Here there is one version of everything.
  FunctionVersion: v.string(),
  Description: v.optional(v.string()),
});

/** An alias, as the function that it calls sees it. */
export interface Alias extends Qualified {
  readonly functionName: string;
  readonly name: string;
}

/**
 * Aliases by their ARN, and by `NAME:ALIAS`.
 * @throws {Error} naming the alias and the property that is wrong or not done here
 */
export const readAliases = (
  resources: readonly (ResolvedResource & { readonly ref: string })[],
): ReadonlyMap<string, Alias> =>
  new Map(
    resources.flatMap(({ logicalId, properties, ref }) => {
      const parsed = v.safeParse(Properties, properties);
      if (!parsed.success) {
        const issue = parsed.issues[0];
        throw new Error(`Alias ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
      }
      const { FunctionName: functionName, FunctionVersion: version, Name: name } = parsed.output;
      const alias = { functionName, name, arn: ref, version };
      return [
        [ref, alias],
        [`${functionName}:${name}`, alias],
      ] as const;
    }),
  );

/** ARN of the alias that each application invokes to open tasks, by the id of the application. */
export const invocationTargetsOf = (aliases: ReadonlyMap<string, Alias>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...aliases.values()]
      .filter(({ name }) => name.startsWith(INVOCATION_ALIAS_PREFIX))
      .map(({ arn, name }) => [name.slice(INVOCATION_ALIAS_PREFIX.length), arn]),
  );
