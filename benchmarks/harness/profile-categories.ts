/** Output of Node's `--cpu-prof`. Times are in microseconds on the clock of `process.hrtime`. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  /** Node of each sample. */
  readonly samples: readonly number[];
  /** Time since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** Start and end of a measured period, in microseconds on the profile's clock. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

type Frame = ProfileNode['callFrame'] & { readonly module: string };
type Matches = (frame: Frame) => boolean;

/** Names with a test for the frames of a sample. The first match counts. */
export type Categories = readonly (readonly [name: string, matches: Matches])[];

const inModule =
  (pattern: RegExp): Matches =>
  ({ module }) =>
    pattern.test(module);
const inFunction =
  (name: string): Matches =>
  ({ functionName }) =>
    functionName === name;

/** Categories of a callback in a warm process, by the innermost function with a file. */
export const CALLBACK_CATEGORIES: Categories = [
  ['signature of the token', inModule(/^node:internal\/crypto\/sig$/)],
  ['keys, hashes, HMACs', inModule(/^node:(internal\/)?crypto/)],
  [
    'HTTP, sockets, streams',
    inModule(
      /^node:(_http|internal\/http|http|net$|internal\/net|stream|internal\/stream|events$|internal\/events|dns)/,
    ),
  ],
  ['promises, timers', inModule(/^node:(internal\/process|internal\/timers|timers|async_hooks|internal\/async)/)],
  ['AWS client', inModule(/^lambda\/shared\/aws\/|\/@aws-sdk\/|\/@smithy\/|^benchmarks\/baselines\/signed-request/)],
  [
    'form and claims of the token',
    inModule(/^lambda\/shared\/callback-token\/|\/aws-jwt-verify\/|^benchmarks\/baselines\/signature/),
  ],
  [
    'log and metrics',
    inModule(
      /^lambda\/shared\/log\/|powertools\/(logger|metrics|commons)\/|^node:(fs|internal\/fs|tty|internal\/console)/,
    ),
  ],
  ['garbage collection', inFunction('(garbage collector)')],
  ['outside of JavaScript', ({ functionName }) => functionName === '(program)' || functionName === '(root)'],
];

/** Categories of a cold start, by any function on the stack. */
export const COLD_START_CATEGORIES: Categories = [
  ['waiting', inFunction('(idle)')],
  ['garbage collection', inFunction('(garbage collector)')],
  ['modules of Node itself', inFunction('compileForInternalLoader')],
  ['compilation of the code', inFunction('wrapSafe')],
  ['public key', inModule(/^lambda\/shared\/(aws\/kms|callback-token\/public-keys)|^node:internal\/crypto\/keys$/)],
  ['signature of the token', inModule(/^node:internal\/crypto\/sig$/)],
  ['requests', inModule(/^lambda\/shared\/aws\/|\/@aws-sdk\/|\/@smithy\/|signed-request|^node:(_http|http|net$)/)],
  ['responses', inModule(/^node:(internal\/(stream_base_commons|streams)|events|stream)/)],
  ['log and metrics', inModule(/^lambda\/shared\/log\/|powertools\/(logger|metrics|commons)\//)],
];

const OTHER = 'everything else';

export const categoryNames = (categories: Categories): readonly string[] => [
  ...categories.map(([name]) => name),
  OTHER,
];

/** Module of each line of a bundle. */
export type ModulesByLine = readonly string[];

/** @param code not minified, so that esbuild names each module in a comment before it */
export const modulesOf = (code: string): ModulesByLine => {
  let module = '';
  return code.split('\n').map((line) => {
    module = /^\/\/ ([\w@./-]+\.[cm]?[jt]s)$/.exec(line)?.[1] ?? module;
    return module;
  });
};

/** True for frames of V8 itself, which have neither a file nor a name in parentheses. */
const isInternal = ({ functionName, url }: Frame): boolean => url === '' && !functionName.startsWith('(');

/**
 * Sums up the microseconds of the samples in the given periods, by category.
 * @param scope `own` looks at the innermost function with a file, and omits idle time; `stack` looks at all functions
 * @param modules of the bundle that was profiled
 */
export const sumByCategory = (
  { nodes, samples, startTime, timeDeltas }: CpuProfile,
  periods: readonly Period[],
  modules: ModulesByLine,
  categories: Categories,
  scope: 'own' | 'stack',
): Readonly<Record<string, number>> => {
  const callers = new Map(nodes.flatMap(({ children = [], id }) => children.map((child) => [child, id])));
  const frames = new Map(
    nodes.map(({ callFrame, id }): [number, Frame] => {
      const { lineNumber, url } = callFrame;
      const isFile = url.startsWith('file:') || url.startsWith('/');
      return [id, { ...callFrame, module: isFile ? (modules[lineNumber] ?? '') : url }];
    }),
  );
  const stackOf = (id: number | undefined): readonly Frame[] => {
    const frame = id === undefined ? undefined : frames.get(id);
    return id === undefined || frame === undefined ? [] : [frame, ...stackOf(callers.get(id))];
  };
  const categoryOf = (id: number): string | undefined => {
    const stack = stackOf(id);
    if (scope === 'own' && stack[0]?.functionName === '(idle)') return undefined;
    const own = stack.find((frame) => !isInternal(frame));
    const considered = scope === 'stack' ? stack : own === undefined ? [] : [own];
    return categories.find(([, matches]) => considered.some(matches))?.[0] ?? OTHER;
  };
  const categoryByNode = new Map(nodes.map(({ id }) => [id, categoryOf(id)]));

  const sums = Object.fromEntries(categoryNames(categories).map((name) => [name, 0]));
  let at = startTime;
  for (const [i, id] of samples.entries()) {
    at += timeDeltas[i] ?? 0;
    const end = at + (timeDeltas[i + 1] ?? 0);
    const category = categoryByNode.get(id);
    if (category === undefined) continue;
    for (const { from, to } of periods) {
      sums[category] = (sums[category] ?? 0) + Math.max(0, Math.min(end, to) - Math.max(at, from));
    }
  }
  return sums;
};
