import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { paces } from '../../src/gateway/pace.js';
import { problemOf } from '../../src/gateway/problem.js';
import { commandNames } from '../../src/model/command.js';
import { type ErrorCode, errorCodes, TocsinError } from '../../src/model/errors.js';
import { defaultGatewayLimits } from '../../src/model/limits.js';
import { closeCodes, subprotocols } from '../../src/model/wire.js';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('PROTOCOL.md', root), 'utf8');
const gateway = readdirSync(new URL('src/gateway/', root))
  .map((name) => readFileSync(new URL(`src/gateway/${name}`, root), 'utf8'))
  .join('\n');

/** Cells of the table rows under a heading, without its head. */
function rowsUnder(heading: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('PROTOCOL.md', () => {
  it('lists every error code with its meaning and its HTTP status, and no other', () => {
    const listed = rowsUnder('Error codes').map(([code, meaning, status]) => [
      code!.replaceAll('`', ''),
      meaning,
      status,
    ]);
    const known = Object.entries(errorCodes).map(([code, meaning]) => {
      const { status } = problemOf(new TocsinError(code as ErrorCode, ''));
      return [code, meaning, status === 400 ? '' : String(status)];
    });
    expect(listed).toEqual(known);
  });

  it('lists every close code that the gateway uses, by its name', () => {
    const listed = rowsUnder('Close codes').map(([code, name]) => [name, Number(code)]);
    const used = Object.entries(closeCodes).filter(([name]) => gateway.includes(`closeCodes.${name}`));
    expect(listed).toEqual(used);
  });

  it('describes every operation, command and subprotocol', () => {
    const server = [
      'hello',
      'subscribed',
      'snapshot',
      'series',
      'metrics',
      'alert',
      'stats',
      'gap',
      'ok',
      'error',
      'heartbeat',
      'goaway',
    ];
    const client = ['subscribe', 'update', 'unsubscribe', 'command', 'seen'];
    for (const word of [...server, ...client, ...commandNames]) expect(text).toContain(`| \`${word}\` |`);
    for (const name of subprotocols) expect(text).toContain(`\`${name}\``);
  });

  it('names every limit', () => {
    for (const name of Object.keys(defaultGatewayLimits)) expect(text).toContain(`\`${name}\``);
  });

  it('tells the rates that a subscription can have', () => {
    expect(text.replaceAll(/\s+/g, ' ')).toContain(paces.join(', ').replace(/, 0\.1$/, ' or 0.1'));
  });
});
