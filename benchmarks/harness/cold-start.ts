import { type ModulesByLine, moduleOf } from './profile-categories.ts';

/** What Node writes with `--cpu-prof`; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  /** Of each sample, its node. */
  readonly samples: readonly number[];
  /** Since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** A stretch of time on the profile's clock, in microseconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

type Frame = ProfileNode['callFrame'] & { readonly module: string };
type Fits = (frame: Frame) => boolean;

const inModule = (pattern: RegExp): Fits => {
  return ({ module }) => pattern.test(module);
};

/** What a moment belongs to: the first that any function under way then fits. */
const GROUPS: readonly (readonly [group: string, fits: Fits])[] = [
  ['waiting', ({ functionName }) => functionName === '(idle)'],
  ['garbage collection', ({ functionName }) => functionName === '(garbage collector)'],
  ['modules of Node itself', ({ functionName }) => functionName === 'compileForInternalLoader'],
  ['code, compiled', ({ functionName }) => functionName === 'wrapSafe'],
  ['public key', inModule(/^lambda\/(aws\/kms|token\/public-keys)|^node:internal\/crypto\/keys$/)],
  ['signature of the token', inModule(/^node:internal\/crypto\/sig$/)],
  ['requests', inModule(/^lambda\/aws\/|\/@aws-sdk\/|\/@smithy\/|signed-request|^node:(_http|http|net$)/)],
  ['answers', inModule(/^node:internal\/(stream_base_commons|streams)|^node:(events|stream)/)],
  ['log and metrics', inModule(/^lambda\/observe\/|powertools\/(logger|metrics|commons)\//)],
];
const OTHER = 'everything else';

export const COLD_START_GROUPS: readonly string[] = [...GROUPS.map(([group]) => group), OTHER];

/**
 * Microseconds by group, of what was under way in the given stretches.
 * @param modules of the bundle that was profiled
 */
export const groupColdStart = (
  { nodes, samples, startTime, timeDeltas }: CpuProfile,
  stretches: readonly Stretch[],
  modules: ModulesByLine,
): Readonly<Record<string, number>> => {
  const callers = new Map(nodes.flatMap(({ children = [], id }) => children.map((child) => [child, id])));
  const frames = new Map(
    nodes.map(({ callFrame, id }) => [
      id,
      { ...callFrame, module: moduleOf({ url: callFrame.url, line: callFrame.lineNumber + 1 }, modules) },
    ]),
  );
  const stackOf = (id: number | undefined): readonly Frame[] => {
    const frame = id === undefined ? undefined : frames.get(id);
    return id === undefined || frame === undefined ? [] : [frame, ...stackOf(callers.get(id))];
  };
  const groups = new Map<number, string>();
  const groupOf = (id: number): string => {
    const known = groups.get(id);
    if (known !== undefined) return known;
    const stack = stackOf(id);
    const group = GROUPS.find(([, fits]) => stack.some(fits))?.[0] ?? OTHER;
    groups.set(id, group);
    return group;
  };

  const sums = Object.fromEntries(COLD_START_GROUPS.map((group) => [group, 0]));
  let at = startTime;
  for (const [i, id] of samples.entries()) {
    at += timeDeltas[i] ?? 0;
    const end = at + (timeDeltas[i + 1] ?? 0);
    const group = groupOf(id);
    for (const { from, to } of stretches) {
      sums[group] = (sums[group] ?? 0) + Math.max(0, Math.min(end, to) - Math.max(at, from));
    }
  }
  return sums;
};
