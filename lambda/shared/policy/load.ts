import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICIES_FILE, POLICY_CODE_FILE } from '../../contract/policy.ts';
import { once } from '../lazy.ts';
import type { CreatePolicy, Policy } from './policy.ts';

/**
 * Finds the policies beside a function's code.
 * @param folder the folder of the code
 * @returns a function that creates the policies at its first call, or null if the environment has no policies
 */
export const loadPolicy = (folder: string): (() => Policy) | null => {
  const file = join(folder, POLICIES_FILE);
  if (!existsSync(file)) return null;
  return once(() => {
    const { createPolicy } = require(join(folder, POLICY_CODE_FILE)) as { readonly createPolicy: CreatePolicy };
    return createPolicy(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
  });
};
