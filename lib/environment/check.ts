import type { EnvironmentInput } from '../environment.ts';

export const checkEnvironment = (_name: string, _input: EnvironmentInput): void => {};
