import type { Synthesis } from '../../test/support/installed-app.ts';

/** Logical ids of functions whose code is the CDK's: the providers of its custom resources. */
const FUNCTION_OF_CDK = /^(Custom|AWSCDK)\w+CustomResourceProviderHandler[0-9A-F]{8}$/;

/** What newer versions of the CDK write into the texts of a dashboard. */
const BACKGROUND = ',"background":"transparent"';

/**
 * Lists what is different between two syntheses of one environment by two versions of the CDK, apart from what decision 0084
 * permits: the background of texts in the dashboard, and the code of the CDK's own custom resources.
 */
export const differences = (one: Synthesis, other: Synthesis): readonly string[] => {
  const [former, latter] = [comparable(one), comparable(other)];
  const paths = new Set([...former.keys(), ...latter.keys()]);
  return [...paths]
    .filter((path) => former.get(path) !== latter.get(path))
    .map(
      (path) =>
        `${path} is ${former.get(path) ?? 'absent'} with one version and ${latter.get(path) ?? 'absent'} with the other`,
    );
};

/** Every value of both templates, and the hash of every asset, by path. */
const comparable = ({ assets, gateway, state }: Synthesis): ReadonlyMap<string, string> => {
  const values = new Map<string, string>();
  const permitted = new Set<string>();
  const collect = (path: readonly string[], value: unknown): void => {
    const [, , id = '', ...property] = path;
    if (FUNCTION_OF_CDK.test(id) && property.join('.') === 'Properties.Code.S3Key') {
      permitted.add(`asset.${String(value).replace(/\.zip$/, '')}`);
    } else if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
      for (const [name, member] of Object.entries(value)) collect([...path, name], member);
    } else {
      const text =
        typeof value === 'string' && property[1] === 'DashboardBody' ? value.replaceAll(BACKGROUND, '') : value;
      values.set(path.join('.'), JSON.stringify(text));
    }
  };
  collect(['State'], state);
  collect(['Gateway'], gateway);
  for (const [name, hash] of Object.entries(assets)) if (!permitted.has(name)) values.set(name, hash);
  return values;
};
