import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedIn, type LocalDescription } from '../../lib/config/local-settings.ts';

/** An environment in a cloud assembly. */
export interface DescribedEnvironment {
  /** Folder with its templates: that of the assembly, or of a stage in it. */
  readonly folder: string;
  readonly description: LocalDescription;
}

/** The environments that took their local form in a synthesis, by their names. */
export const describedEnvironments = (assembly: string): readonly DescribedEnvironment[] =>
  readdirSync(assembly, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && describedIn(entry.name) !== undefined)
    .map(({ name, parentPath }) => ({
      folder: parentPath,
      description: JSON.parse(readFileSync(join(parentPath, name), 'utf8')) as LocalDescription,
    }))
    .sort((a, b) => (a.description.environment < b.description.environment ? -1 : 1));
