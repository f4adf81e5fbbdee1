import type { ConformanceCaseId } from '../../../lambda/contract/conformance.ts';

export declare const DEFECTS: Readonly<Record<ConformanceCaseId, readonly string[]>>;
