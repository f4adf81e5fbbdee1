/** Types that environment files import. The path is public: it stays when files of `lib/config` move. */
export type { AwsEnvironmentInput, LocalEnvironmentInput, ProcessorInput } from './config/environment.ts';
export { secret } from './config/secret-header.ts';
