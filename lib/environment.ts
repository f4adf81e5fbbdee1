/** Types that environment files import. The path is public: it stays when files of `lib/config` move. */
export type {
  AwsEnvironmentInput,
  LocalEnvironmentInput,
  LoopbackOrigin,
  ProcessorInput,
} from './config/environment.ts';
export type { PublicJwk } from './config/keys.ts';
