import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { findProfile } from '../settings/find-profile.ts';
import { LOCAL_PROFILE, type Settings } from '../settings/settings.ts';
import { type LocalGateway, readLocalGateway } from '../sign-in/local-gateway.ts';
import { type AddressCheck, checkAddress } from './check-address.ts';
import { checkFiles } from './check-files.ts';
import { checkGateway } from './check-gateway.ts';
import { checkProvider } from './check-provider.ts';
import { checkSignIn } from './check-sign-in.ts';
import { CHECKS, type Problem } from './problem.ts';

/** Looks for everything that can be wrong between this machine and the gateway of the profile in use. */
export const examine = async (context: Context): Promise<readonly Problem[]> => {
  const { io, now, settings } = context;
  const { issuer, origin, problems } = findTarget(settings);
  io.showProgress('Checking the gateway and the issuer …');
  const [atGateway, atIssuer] = await Promise.all([
    examineAddress('gateway', origin, now, (address) => checkGateway(context, address)),
    examineAddress('issuer', issuer, now, (address) => checkProvider(context, address)),
  ]);
  const well = { gateway: isWell(atGateway), issuer: isWell(atIssuer) };
  const atSignIn = origin === undefined || problems.length > 0 ? [] : await checkSignIn(context, well);
  io.showProgress('');
  return inOrder([...problems, ...checkFiles(settings), ...atGateway.problems, ...atIssuer.problems, ...atSignIn]);
};

/** What the profile and the flags lead to. */
const findTarget = (
  settings: Settings,
): { readonly origin?: string; readonly issuer?: string; readonly problems: readonly Problem[] } => {
  const { configFile, profileName } = settings;
  const local = profileName === LOCAL_PROFILE ? findLocalGateway(settings) : undefined;
  const profile = findProfile(settings);
  const origin = settings.origin ?? profile?.origin ?? local?.gateway;
  const issuer = settings.issuer ?? profile?.issuer ?? local?.idp.issuer;
  const found = { ...(origin !== undefined && { origin }), ...(issuer !== undefined && { issuer }) };
  if (profileName === LOCAL_PROFILE && local?.gateway !== origin) {
    const message = `No profile is signed in at ${origin}.`;
    const remedy = `Sign in with "postern login --profile NAME --origin ${origin} --issuer ${issuer ?? 'URL'} --client-id ID".`;
    return { ...found, problems: [{ check: 'sign-in', message, remedy }] };
  }
  if (origin === undefined) {
    const isLocal = profileName === LOCAL_PROFILE;
    const problem: Problem = {
      check: 'settings',
      message: isLocal
        ? `No gateway runs on this machine: there is no ${settings.readyFile}.`
        : `There is no profile "${profileName}" in ${configFile}.`,
      remedy: isLocal
        ? 'Start one with "postern dev", or name another gateway with --profile.'
        : `"postern profile list" shows the profiles. "postern login --profile ${profileName}" makes one.`,
    };
    return { ...found, problems: [problem] };
  }
  if (issuer === undefined) {
    const message = `The profile "${profileName}" in ${configFile} has no issuer.`;
    return {
      ...found,
      problems: [{ check: 'settings', message, remedy: 'Sign in with "postern login --issuer URL".' }],
    };
  }
  return { ...found, problems: [] };
};

const findLocalGateway = ({ readyFile }: Settings): LocalGateway | undefined => {
  try {
    return readLocalGateway(readyFile);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
};

/** Checks what answers at an address, if it can be reached. */
const examineAddress = async (
  role: string,
  address: string | undefined,
  now: () => number,
  examineAnswers: (address: string) => Promise<readonly Problem[]>,
): Promise<AddressCheck> => {
  if (address === undefined) return { problems: [], isReachable: false };
  const { isReachable, problems } = await checkAddress(role, address, now);
  if (!isReachable) return { problems, isReachable };
  return { isReachable, problems: [...problems, ...(await examineAnswers(address))] };
};

/** True if requests to the address have the answers that they should have. */
const isWell = ({ isReachable, problems }: AddressCheck): boolean =>
  isReachable && problems.every(({ check }) => check !== 'health' && check !== 'discovery');

/** The problems in the order of the checks. Both addresses see the same clock, so it is named once. */
const inOrder = (problems: readonly Problem[]): readonly Problem[] => {
  const isFirstClock = ({ check }: Problem, at: number): boolean =>
    check !== 'clock' || problems.findIndex((other) => other.check === 'clock') === at;
  return problems.filter(isFirstClock).toSorted((a, b) => CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check));
};
