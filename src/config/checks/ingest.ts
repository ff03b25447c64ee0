import { subjectsOverlap } from '../../model/subject.js';
import { defaultConfig } from '../defaults.js';
import { type Finding, formatPath, type Path, quote } from '../problems.js';
import { type Check, type ConfigView, itemsOf } from './check.js';

interface Input {
  readonly subject: string;
  readonly path: Path;
}

/** No message is taken in twice, and none of the engine's own or the server's is taken in at all. */
export const overlappingSubjects: Check = (view) => {
  const inputs = inputsOf(view);
  const own = `${view.prefix ?? defaultConfig.prefix}.>`;
  return inputs.flatMap((input, i) => {
    const other = inputs.slice(0, i).find((earlier) => subjectsOverlap(earlier.subject, input.subject));
    const reserved = [own, '$SYS.>', '$JS.>', '$KV.>', '_INBOX.>'].find((taken) =>
      subjectsOverlap(taken, input.subject),
    );
    return [
      ...(other === undefined ? [] : [overlap(input, `${quote(other.subject)} of ${formatPath(other.path)}`)]),
      ...(reserved === undefined ? [] : [overlap(input, `${quote(reserved)}, which is not for input`)]),
    ];
  });
};

function inputsOf({ ingest }: ConfigView): Input[] {
  const { metrics, alerts } = defaultConfig.ingest;
  return [
    ...subjectsOf(ingest?.metrics ?? metrics, ['ingest', 'metrics']),
    ...subjectsOf(ingest?.alerts ?? alerts, ['ingest', 'alerts']),
  ];
}

function subjectsOf(list: readonly ({ readonly subject?: string | undefined } | undefined)[], at: Path): Input[] {
  return itemsOf(list, at).flatMap(({ item, path }) =>
    item.subject === undefined ? [] : [{ subject: item.subject, path: [...path, 'subject'] }],
  );
}

function overlap({ subject, path }: Input, other: string): Finding {
  return { code: 'CFG309', message: `${formatPath(path)} ${quote(subject)} overlaps with ${other}`, path };
}

/** The tokens of a mapping can all be filled, each from one place. */
export const unfittingTokens: Check = (view) =>
  itemsOf(view.ingest?.metrics, ['ingest', 'metrics']).flatMap(({ item, path }): Finding[] => {
    const at = [...path, 'tokens'];
    const problem =
      item.tokens &&
      tokensProblem(
        item.tokens.map((token) => token ?? '_'),
        item.subject,
      );
    return problem === undefined ? [] : [{ code: 'CFG310', message: `${formatPath(at)} ${problem}`, path: at }];
  });

function tokensProblem(tokens: readonly string[], subject: string | undefined): string | undefined {
  const rest = tokens.indexOf('name...');
  if (rest >= 0 && rest !== tokens.length - 1) return 'may have name... only at the end';
  const given = tokens.filter((token) => token !== '_').map((token) => (token === 'name...' ? 'name' : token));
  const twice = given.find((token, i) => given.indexOf(token) !== i);
  if (twice !== undefined) return `give ${quote(twice)} twice`;
  if (subject === undefined || subject.endsWith('>')) return undefined;
  const count = subject.split('.').length;
  return tokens.length > count ? `need ${tokens.length} tokens, but ${quote(subject)} has ${count}` : undefined;
}
