import { list, object, optional, within } from './containers.ts';
import { expecting, oneOf, text } from './kinds.ts';

/** https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_EmergencyContact.html */
const MAX_CONTACTS = 10;
const CONTACTS = 'Add a contact whom the Shield Response Team can call, or remove `contacts`.';
const MAX_NOTES_CHARS = 1_024;

/** https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response.html */
const MITIGATIONS = ['count', 'block', 'none'] as const;

/** A person that the Shield Response Team can reach. */
export const emergencyContact = object('Write { email, phone, notes }.', {
  /** E-mail address of the contact. */
  email: text(/^\S+@\S+\.\S+$/, 'an e-mail address', 'Correct the address.'),
  /**
   * Phone number in E.164, as `+4930123456`. The team calls, so at least one contact has one.
   * @default none
   */
  phone: optional(text(/^\+[1-9]\d{1,14}$/, 'a phone number in E.164, as +4930123456', 'Correct the number.')),
  /**
   * Notes, for instance the hours when the contact is on duty; at most 1,024 characters.
   * @default none
   */
  notes: optional(
    expecting<string>(
      'string',
      (value) => typeof value === 'string' && value.length <= MAX_NOTES_CHARS,
      `a text of at most ${MAX_NOTES_CHARS} characters`,
      'Shorten the note.',
    ),
  ),
});

const SUBSCRIBE =
  'Subscribe the account to Shield Advanced first (about 3,000 USD a month, for a year): the deployment fails without it.';

/**
 * Shield Advanced. Its resources fail without a subscription of the account, which CloudFormation cannot make, so the
 * environment has to confirm it.
 */
export const shieldAdvanced = object(SUBSCRIBE, {
  /** Always true. */
  advanced: oneOf([true], SUBSCRIBE),
  /** True if the account has subscribed; `false` is refused. */
  subscribed: expecting<boolean>(
    'boolean',
    (value) => value === true,
    'true, because the resources of Shield Advanced fail without a subscription',
    SUBSCRIBE,
  ),
  /**
   * Action of Shield's own rules on requests that look like part of an attack. Begin with `count` and look at what it counts.
   * The rules use 150 capacity units of the web ACL, which stays within the 1,500 that are included. Accounts that
   * subscribed after 2026-03-26 have them only if AWS Support enabled them: `none` omits them, and `antiDdos` replaces them.
   * @default 'count'
   */
  mitigation: optional(
    oneOf(
      MITIGATIONS,
      "Begin with 'count', and use 'block' when it counts the right requests; 'none' if the account has no such rules.",
    ),
    'count',
  ),
  /**
   * People that the Shield Response Team calls during an attack: 1 to 10. It needs Business or Enterprise Support, and an
   * account has one list.
   * @default the team is not asked to call
   */
  contacts: optional(
    within(list(emergencyContact, { of: 'contacts', min: 1, max: MAX_CONTACTS, remedy: CONTACTS }), (contacts) =>
      contacts.some(({ phone }) => phone !== undefined)
        ? []
        : [{ expected: 'one or more contacts with a phone number', remedy: CONTACTS }],
    ),
  ),
});
