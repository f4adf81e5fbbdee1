import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICIES_FILE, POLICY_CODE_FILE, POLICY_MODULE_FILE, type Policies } from '../../contract/policy.ts';
import { once } from '../lazy.ts';
import type { CreatePolicy, Policy } from './policy.ts';

/**
 * Finds the policies beside a function's code: those in Cedar, or the module of those in Rego.
 * @param folder the folder of the code
 * @returns a function that creates the policies at its first call, or null if the environment has no policies
 */
export const loadPolicy = (folder: string): (() => Policy) | null => {
  const create = <Source>(policies: Source): Policy => {
    const { createPolicy } = require(join(folder, POLICY_CODE_FILE)) as {
      readonly createPolicy: CreatePolicy<Source>;
    };
    return createPolicy(policies);
  };
  const cedar = join(folder, POLICIES_FILE);
  if (existsSync(cedar)) return once(() => create(JSON.parse(readFileSync(cedar, 'utf8')) as Policies));
  const module = join(folder, POLICY_MODULE_FILE);
  if (existsSync(module)) return once(() => create<Uint8Array>(readFileSync(module)));
  return null;
};
