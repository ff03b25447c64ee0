import { type ErrorCode, TocsinError } from '../model/errors.js';
import type { ClientMessage, Topic } from '../model/wire.js';
import { checkFilter } from './filter.js';
import { checkPlain, isMap, isUint32 } from './plain.js';

const topics: readonly Topic[] = ['metrics', 'alerts', 'stats'];

type Fields = Record<string, unknown>;
type Check = (message: Fields) => void;

/** What each operation knows; `true` marks the fields that it needs. */
const operations: Readonly<
  Record<string, { readonly fields: Readonly<Record<string, boolean>>; readonly check: Check }>
> = {
  subscribe: {
    fields: { id: true, topic: true, subjects: false, filter: false, maxHz: false, snapshot: false, from: false },
    check: checkSubscribe,
  },
  update: { fields: { id: true, maxHz: false, filter: false }, check: checkUpdate },
  unsubscribe: { fields: { id: true }, check: checkId },
  command: { fields: { ref: true, name: true, args: false }, check: checkCommand },
  seen: { fields: { frame: true, lagMs: false }, check: checkSeen },
};

/**
 * Checks one message of a client by hand: known keys, right types, finite numbers, bounded depth. Throws `bad_message`,
 * `op_unknown`, `topic_unknown`, `field_missing` or `field_invalid`; a filter is checked by the subscription that it is for.
 */
export function checkClientMessage(input: unknown): ClientMessage {
  if (!isMap(input)) throw refuse('bad_message', 'a message must be an object with an `op`');
  const op = input['op'];
  const operation = typeof op === 'string' && Object.hasOwn(operations, op) ? operations[op] : undefined;
  if (operation === undefined) {
    throw refuse('op_unknown', `unknown op; known: ${Object.keys(operations).join(', ')}`, 'op', op);
  }
  checkPlain(input);
  for (const [name, needed] of Object.entries(operation.fields)) {
    if (needed && input[name] === undefined) throw refuse('field_missing', `${op} needs \`${name}\``, name);
  }
  for (const name of Object.keys(input)) {
    if (name !== 'op' && !Object.hasOwn(operation.fields, name)) {
      const known = Object.keys(operation.fields).join(', ');
      throw refuse('field_invalid', `${op} has no field \`${name}\`; known: ${known}`, name, input[name]);
    }
  }
  operation.check(input);
  return input as ClientMessage;
}

/** The address that an error about `input` goes back to, as far as it has one. */
export function addressOf(input: unknown): { readonly id?: number; readonly ref?: number } {
  if (!isMap(input)) return {};
  if (isUint32(input['ref'])) return { ref: input['ref'] };
  return isUint32(input['id']) ? { id: input['id'] } : {};
}

function checkSubscribe(message: Fields): void {
  checkId(message);
  const { topic, subjects, snapshot, from } = message;
  if (!(topics as readonly unknown[]).includes(topic)) {
    throw refuse('topic_unknown', `unknown topic; known: ${topics.join(', ')}`, 'topic', topic);
  }
  expect(snapshot === undefined || typeof snapshot === 'boolean', 'snapshot', snapshot, 'true or false');
  expect(from === undefined || isPosition(from), 'from', from, 'an object with the text `epoch` and the number `seq`');
  if (subjects !== undefined) {
    expect(topic === 'metrics', 'subjects', subjects, 'with the topic metrics only');
    expect(isTextList(subjects), 'subjects', subjects, 'a list of at least one subject pattern');
  }
  checkMaxHz(message);
  if (message['filter'] !== undefined) checkFilter(message['filter'], topic as Topic);
}

function checkUpdate(message: Fields): void {
  checkId(message);
  checkMaxHz(message);
}

function checkId({ id }: Fields): void {
  expect(isUint32(id), 'id', id, 'an integer from 0 to 4294967295');
}

function checkMaxHz({ maxHz }: Fields): void {
  expect(maxHz === undefined || (typeof maxHz === 'number' && maxHz >= 0), 'maxHz', maxHz, 'a number from 0 on');
}

function checkCommand({ ref, name, args }: Fields): void {
  expect(isUint32(ref), 'ref', ref, 'an integer from 0 to 4294967295');
  expect(
    typeof name === 'string' && name.length > 0 && name.length <= 64,
    'name',
    name,
    'a text of 1 to 64 characters',
  );
  expect(args === undefined || (typeof args === 'object' && args !== null), 'args', args, 'an object');
}

function checkSeen({ frame, lagMs }: Fields): void {
  expect(Number.isSafeInteger(frame) && (frame as number) >= 0, 'frame', frame, 'the number of a frame');
  expect(lagMs === undefined || (typeof lagMs === 'number' && lagMs >= 0), 'lagMs', lagMs, 'milliseconds');
}

function isPosition(from: unknown): boolean {
  if (!isMap(from) || Object.keys(from).some((key) => key !== 'epoch' && key !== 'seq')) return false;
  return typeof from['epoch'] === 'string' && Number.isSafeInteger(from['seq']) && (from['seq'] as number) >= 0;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

function expect(sound: boolean, field: string, value: unknown, allowed: string): void {
  if (!sound) throw refuse('field_invalid', `\`${field}\` must be ${allowed}`, field, value);
}

function refuse(code: ErrorCode, message: string, field?: string, value?: unknown): TocsinError {
  return new TocsinError(code, message, { ...(field === undefined ? {} : { field }), value });
}
