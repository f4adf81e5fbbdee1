/** Heading of the notes of what main has and no release. */
const UNRELEASED = 'Unreleased';

/** The section that each version begins with. */
export const CLOUDFORMATION = 'What CloudFormation will do';

/** Sections of a version after the first one, in their order: https://keepachangelog.com/en/1.1.0/. */
const SECTIONS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'] as const;

/** Notes of one version. */
export interface VersionNotes {
  /** `Unreleased`, or a number. */
  readonly version: string;
  /** Date of the release, as YYYY-MM-DD. */
  readonly date: string | undefined;
  /** Texts by the titles of their sections, in the order of the file. */
  readonly sections: ReadonlyMap<string, string>;
}

/** Reads the versions of a changelog, the newest first. */
export const readChangelog = (text: string): readonly VersionNotes[] =>
  text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      const [version = '', date] = heading.split(' - ');
      const sections = lines
        .join('\n')
        .split(/^### /m)
        .slice(1)
        .map((section) => {
          const [title = '', ...content] = section.split('\n');
          return [title, content.join('\n').trim()] as const;
        });
      return { version, date, sections: new Map(sections) };
    });

/**
 * Lists the mistakes of a changelog: what must be there, what may be there, and in which order.
 * @param packageVersion the number in `package.json`, which is the newest release
 */
export const changelogMistakes = (text: string, packageVersion: string): readonly string[] => {
  const versions = readChangelog(text);
  const [first, newest] = versions;
  return [
    ...(first?.version === UNRELEASED && first.date === undefined ? [] : [`The first version is not "${UNRELEASED}".`]),
    ...(newest?.version === packageVersion ? [] : [`The newest release is not ${packageVersion}, as in package.json.`]),
    ...versions.slice(1).flatMap((notes, i) => headingMistakes(notes, versions[i])),
    ...versions.flatMap(sectionMistakes),
  ];
};

const headingMistakes = ({ date, version }: VersionNotes, newer: VersionNotes | undefined): readonly string[] => {
  if (!isVersion(version)) return [`"${version}" is not a version; expected for instance 1.2.3.`];
  if (date === undefined || !isDate(date)) return [`${version} has no date; expected "${version} - YYYY-MM-DD".`];
  if (newer === undefined || newer.version === UNRELEASED) return [];
  return [
    ...(isNewer(newer.version, version) ? [] : [`${newer.version} is above ${version}; expected the newest first.`]),
    ...((newer.date ?? '') < date ? [`${newer.version} has an earlier date than ${version}.`] : []),
  ];
};

const sectionMistakes = ({ sections, version }: VersionNotes): readonly string[] => {
  const titles = [...sections.keys()];
  const known = titles.filter((title) => [CLOUDFORMATION, ...SECTIONS].includes(title));
  const expected = [CLOUDFORMATION, ...SECTIONS].filter((title) => known.includes(title));
  return [
    ...(titles[0] === CLOUDFORMATION ? [] : [`${version} does not begin with the section "${CLOUDFORMATION}".`]),
    ...titles
      .filter((title) => !known.includes(title))
      .map((title) => `${version} has the unknown section "${title}".`),
    ...(String(known) === String(expected)
      ? []
      : [`${version} has its sections in another order: ${known.join(', ')}.`]),
    ...titles.filter((title) => sections.get(title) === '').map((title) => `${version} says nothing below "${title}".`),
  ];
};

/** True for a number of Semantic Versioning. Versions before a release (`1.0.0-beta.1`) are not made here. */
export const isVersion = (text: string): boolean => /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(text);

/** True if the first version has higher numbers than the second one. */
export const isNewer = (one: string, other: string): boolean => {
  const [numbers, others] = [one, other].map((text) => text.split('.').map(Number));
  const i = [0, 1, 2].find((place) => numbers?.[place] !== others?.[place]);
  return i !== undefined && (numbers?.[i] ?? 0) > (others?.[i] ?? 0);
};

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(text).toISOString().startsWith(text);

/** Gives the notes of `Unreleased` the heading of a version, and starts new ones. */
export const withRelease = (text: string, version: string, date: string): string =>
  text.replace(
    `## ${UNRELEASED}\n`,
    `## ${UNRELEASED}\n\n### ${CLOUDFORMATION}\n\nNothing yet.\n\n## ${version} - ${date}\n`,
  );
