import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICIES_FILE, POLICY_CODE_FILE } from '../../contract/policy.ts';
import { once } from '../lazy.ts';
import type { CreatePolicy, Policy } from './policy.ts';

/**
 * The policies that lie beside a function's code.
 * @param folder of the code
 * @returns what makes them when they are first asked, or null where the environment has none
 */
export const loadPolicy = (folder: string): (() => Policy) | null => {
  const file = join(folder, POLICIES_FILE);
  if (!existsSync(file)) return null;
  return once(() => {
    const { createPolicy } = require(join(folder, POLICY_CODE_FILE)) as { readonly createPolicy: CreatePolicy };
    return createPolicy(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
  });
};
