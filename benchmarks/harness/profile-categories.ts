import type { Place } from './contender-process.ts';

/** What a place belongs to, the first that fits. */
const GROUPS: readonly (readonly [group: string, places: RegExp])[] = [
  ['signature of the token', /^node:internal\/crypto\/sig$/],
  ['keys, hashes, HMACs', /^node:(internal\/)?crypto/],
  [
    'HTTP, sockets, streams',
    /^node:(_http|internal\/http|http|net$|internal\/net|stream|internal\/stream|events$|internal\/events|dns)/,
  ],
  ['promises, timers', /^node:(internal\/process|internal\/timers|timers|async_hooks|internal\/async)/],
  ['AWS client', /^lambda\/aws\/|\/@aws-sdk\/|\/@smithy\/|^benchmarks\/peers\/signed-request/],
  ['form and claims of the token', /^lambda\/token\/|\/aws-jwt-verify\/|^benchmarks\/peers\/signature/],
  [
    'log and metrics',
    /^lambda\/observe\/|powertools\/(logger|metrics|commons)\/|^node:(fs|internal\/fs|tty|internal\/console)/,
  ],
  ['garbage collection', /^\(garbage collector\)$/],
  ['outside of JavaScript', /^\((program|root)\)$/],
];
const OTHER = 'everything else';

/** Time that is nobody's: waiting, and the profiler's own. */
const NOT_COUNTED = /^\(idle\)$|^node:(internal\/)?inspector/;

export const GROUP_NAMES: readonly string[] = [...GROUPS.map(([group]) => group), OTHER];

/**
 * Microseconds by group.
 * @param code of the bundle that the places are in, not minified
 */
export const groupPlaces = (places: readonly Place[], code: string): Readonly<Record<string, number>> => {
  const modules = modulesOf(code);
  const sums = Object.fromEntries(GROUP_NAMES.map((group) => [group, 0]));
  for (const { line, microseconds, url } of places) {
    const module = moduleOf({ url, line }, modules);
    if (NOT_COUNTED.test(module)) continue;
    const group = GROUPS.find(([, fits]) => fits.test(module))?.[0] ?? OTHER;
    sums[group] = (sums[group] ?? 0) + microseconds;
  }
  return sums;
};

/** Module of each line of a bundle. */
export type ModulesByLine = readonly string[];

/** What is in a file is in the bundle; anything else says itself where it is. */
export const moduleOf = ({ line, url }: Pick<Place, 'line' | 'url'>, modules: ModulesByLine): string =>
  url.startsWith('file:') || url.startsWith('/') ? (modules[line - 1] ?? '') : url;

/** @param code not minified: esbuild says before each module which it is */
export const modulesOf = (code: string): ModulesByLine => {
  let module = '';
  return code.split('\n').map((line) => {
    module = /^\/\/ ([\w@./-]+\.[cm]?[jt]s)$/.exec(line)?.[1] ?? module;
    return module;
  });
};
