import { alarmReceivers } from './alarm-receivers.ts';
import {
  applicationProcessorsExist,
  applicationsAreNamed,
  invocationTargetsFit,
  oneApplicationPerClient,
  oneOutputPerInvocationTarget,
} from './applications.ts';
import { callbackUrlFits } from './callback-url.ts';
import { carriersHaveGrade } from './carriers.ts';
import {
  clientsHaveUserPool,
  identityProviderOrUserPool,
  signInPageHasPrefix,
  userPoolClientsFit,
  userPoolTokensLiveLong,
} from './cognito.ts';
import { idleWithinSession, operatorRoles } from './console.ts';
import {
  dispatchCanEnd,
  dispatchCarriesTokens,
  dispatchFitsFunction,
  dispatchFitsReservation,
  dispatchFitsStack,
  dispatchHasTime,
  dispatchIsRight,
  dispatchRetriesCanHappen,
} from './dispatch.ts';
import { domainFits, domainHasCertificate } from './domain.ts';
import { encryptedTokens } from './encrypted-tokens.ts';
import { oneNamePerFunction } from './function-names.ts';
import { taskFitsItem } from './item-size.ts';
import { mutualTlsForCertificates, mutualTlsMode } from './mutual-tls.ts';
import { doorConsoleHasPlace, networkDoorHasSettings } from './network-door.ts';
import { privateLinkWithoutCountries, privateLinkWithoutRanges } from './private-link.ts';
import { oneRegion, oneSubnetPerZone } from './region.ts';
import { schemaIsForJson } from './result-schema.ts';
import { workflowsAreReachable, workflowsFitPolicy } from './resumes.ts';
import type { Rule } from './rule.ts';
import { secretsFitPolicy } from './secrets.ts';
import { oneKeySigns, rs256OutsideUrls } from './signing-keys.ts';
import { warmWithinThroughput } from './throughput.ts';
import { tokensInUrls } from './tokens-in-urls.ts';
import { webhookOrigins } from './webhook-origins.ts';

/** Every rule over several entries, in the order of their errors. */
export const RULES: readonly Rule[] = [
  oneRegion,
  oneSubnetPerZone,
  domainFits,
  callbackUrlFits,
  domainHasCertificate,
  identityProviderOrUserPool,
  signInPageHasPrefix,
  userPoolTokensLiveLong,
  networkDoorHasSettings,
  doorConsoleHasPlace,
  mutualTlsMode,
  privateLinkWithoutCountries,
  idleWithinSession,
  operatorRoles,
  oneKeySigns,
  alarmReceivers,
  applicationsAreNamed,
  oneApplicationPerClient,
  clientsHaveUserPool,
  userPoolClientsFit,
  applicationProcessorsExist,
  invocationTargetsFit,
  oneOutputPerInvocationTarget,
  workflowsAreReachable,
  workflowsFitPolicy,
  oneNamePerFunction,
  warmWithinThroughput,
  taskFitsItem,
  secretsFitPolicy,
  carriersHaveGrade,
  schemaIsForJson,
  encryptedTokens,
  dispatchIsRight,
  dispatchCanEnd,
  dispatchCarriesTokens,
  dispatchHasTime,
  dispatchRetriesCanHappen,
  dispatchFitsFunction,
  dispatchFitsStack,
  dispatchFitsReservation,
  mutualTlsForCertificates,
  rs256OutsideUrls,
  privateLinkWithoutRanges,
  tokensInUrls,
  webhookOrigins,
];
