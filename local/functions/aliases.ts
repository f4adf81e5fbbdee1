import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';

export const ALIAS_TYPE = 'AWS::Lambda::Alias';

/** Strict: refuses an alias with weighted versions or provisioned concurrency, which do not exist here. */
const Properties = v.strictObject({
  Name: v.string(),
  FunctionName: v.string(),
  // Here there is one version of everything.
  FunctionVersion: v.string(),
  Description: v.optional(v.string()),
});

/**
 * Names of functions by the ARN of their alias, and by `NAME:ALIAS`.
 * @throws {Error} naming the alias and the property that is wrong or not done here
 */
export const readAliases = (
  resources: readonly (ResolvedResource & { readonly ref: string })[],
): ReadonlyMap<string, string> =>
  new Map(
    resources.flatMap(({ logicalId, properties, ref }) => {
      const parsed = v.safeParse(Properties, properties);
      if (!parsed.success) {
        const issue = parsed.issues[0];
        throw new Error(`Alias ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
      }
      const { FunctionName: name, Name: alias } = parsed.output;
      return [
        [ref, name],
        [`${name}:${alias}`, name],
      ] as const;
    }),
  );
