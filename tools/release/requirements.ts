import { readPackages } from '../pack/packages.ts';
import { isNewer } from './changelog.ts';

/** Ranges of the peers and of Node, by package and by what it requires. */
export type Requirements = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What each package requires now. */
export const requirementsNow = (): Requirements =>
  Object.fromEntries(
    readPackages().map(({ manifest: { engines, name, peerDependencies } }) => [
      name,
      { node: engines.node ?? '', ...peerDependencies },
    ]),
  );

/** Lists what a package requires now and did not require before: a user would have to update or install it. */
export const raisedRequirements = (before: Requirements, now: Requirements): readonly string[] =>
  Object.entries(before).flatMap(([name, ranges]) =>
    Object.entries(now[name] ?? {}).flatMap(([peer, range]): readonly string[] => {
      const then = ranges[peer];
      if (then === undefined) return [`${name} requires ${peer} ${range}, and required no ${peer} before.`];
      return isNewer(lowestOf(range), lowestOf(then)) ? [`${name} requires ${peer} ${range}; expected ${then}.`] : [];
    }),
  );

/** `^2.276.0` → `2.276.0`, `>=20.19` → `20.19.0` */
const lowestOf = (range: string): string => {
  const [, major = '0', minor = '0', patch = '0'] = /^(?:\^|>=)?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(range) ?? [];
  return [major, minor, patch].join('.');
};
