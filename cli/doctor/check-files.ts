import { existsSync, statSync } from 'node:fs';
import { CommandError } from '../command-error.ts';
import { isOpenToOthers } from '../private-files.ts';
import { findProfile } from '../settings/find-profile.ts';
import type { Settings } from '../settings/settings.ts';
import { readPrivateKeyFile } from '../sign-in/private-key-file.ts';
import { signInFile } from '../sign-in/token-store.ts';
import type { Problem } from './problem.ts';

/** Checks the private key of the profile, and the modes of files with secrets. */
export const checkFiles = (settings: Settings): readonly Problem[] => {
  const privateKey = findProfile(settings)?.privateKey;
  const secrets = [
    ...(privateKey === undefined ? [] : [privateKey]),
    settings.stateFolder,
    signInFile(settings, settings.profileName),
  ];
  return [
    ...(privateKey === undefined ? [] : checkPrivateKey(privateKey)),
    ...secrets.flatMap(checkMode),
    ...checkWritable(settings.configFile),
  ];
};

const checkPrivateKey = (file: string): readonly Problem[] => {
  try {
    readPrivateKeyFile(file);
    return [];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const remedy = error.remedy ?? 'Name the right file with "postern login --private-key FILE".';
    return [{ check: 'files', message: error.message, remedy }];
  }
};

const checkMode = (path: string): readonly Problem[] => {
  if (!existsSync(path) || !isOpenToOthers(path)) return [];
  const remedy = `Run: chmod ${statSync(path).isDirectory() ? '700' : '600'} ${path} . If others use this machine, replace the secret.`;
  return [{ check: 'files', message: `${path} has a secret, and others may read it (mode ${modeOf(path)}).`, remedy }];
};

/** A person who can write the file of settings decides where tokens come from. */
const checkWritable = (path: string): readonly Problem[] => {
  if (process.platform === 'win32' || !existsSync(path) || (statSync(path).mode & 0o022) === 0) return [];
  return [
    { check: 'files', message: `Others may write ${path} (mode ${modeOf(path)}).`, remedy: `Run: chmod 600 ${path}` },
  ];
};

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8).padStart(4, '0');
