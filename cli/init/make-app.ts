import { DOMAIN_PREFIX } from '../../lambda/contract/environments.ts';
import { readAppFiles } from './app-files.mjs';
import type { AppSettings } from './app-settings.ts';
import { makeCdkJson, makeManifest } from './manifest.ts';
import { type PackageVersions, updateSteps } from './packages.ts';

/** Returns the files of a new app by their paths, without its lock file. */
export const makeApp = (settings: AppSettings, packages: PackageVersions): ReadonlyMap<string, string> => {
  const values: Readonly<Record<string, string>> = {
    __NAME__: settings.name,
    __DOMAIN__: settings.domain,
    __ACCOUNT__: settings.account,
    __REGION__: settings.region,
    __ZONE__: zoneOf(settings.domain),
    __PREFIX__: signInPrefixOf(settings),
    __STACKS__: stackPrefixOf(settings.name),
    __UPDATE__: updateSteps(packages),
  };
  const fill = (text: string): string => text.replaceAll(/__[A-Z]+__/g, (marker) => values[marker] ?? marker);
  return new Map([
    ...Object.entries(readAppFiles()).map(([path, text]): [string, string] => [fill(path), fill(text)]),
    ['package.json', toJson(makeManifest(settings, stackPrefixOf(settings.name), packages))],
    ['cdk.json', toJson(makeCdkJson())],
  ]);
};

/** Id of the environment's construct, and beginning of the names of its stacks: `prod` → `Prod`. */
const stackPrefixOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * Beginning of the address of the sign-in page: `callbacks.example.com` → `callbacks-example-com`. Cognito refuses some names, so
 * there are two more, which nobody else has.
 */
const signInPrefixOf = ({ account, domain, name }: AppSettings): string => {
  const prefixes = [domain.replaceAll('.', '-'), `postern-${name}-${account}`, `postern-${account}`];
  return prefixes.find((prefix) => DOMAIN_PREFIX.test(prefix)) ?? '';
};

/** Two short labels, such as `co.uk`. A registry has this name, so no team has the zone. */
const REGISTRY = /^[a-z]{2,3}\.[a-z]{2}$/;

/** The usual zone of a domain: `callbacks.example.com` → `example.com`. It is a guess, which the settings say. */
const zoneOf = (domain: string): string => {
  const parent = domain.slice(domain.indexOf('.') + 1);
  return parent.includes('.') && !REGISTRY.test(parent) ? parent : domain;
};

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
