import { type ConfigProblem, position } from './problems.js';

export interface RenderOptions {
  readonly color: boolean;
}

const widestLine = 120;

/** All problems as a terminal shows them, a blank line between each two. Ends without a line break. */
export function renderProblems(problems: readonly ConfigProblem[], options: RenderOptions): string {
  return problems.map((problem) => renderProblem(problem, options)).join('\n\n');
}

/** Code, place and message; the line at fault with the one before it, underlined; what would be right. */
export function renderProblem(problem: ConfigProblem, { color }: RenderOptions): string {
  const paint = (style: number, text: string) => (color ? `\x1b[${style}m${text}\x1b[0m` : text);
  const code = paint(problem.code.startsWith('CFG4') ? 33 : 31, problem.code);
  const advice = adviceOf(problem);
  return [
    [code, position(problem), printable(problem.message)].filter((part) => part !== '').join('  '),
    ...frame(problem, (carets) => paint(31, carets)),
    ...(advice === '' ? [] : [`   ${paint(36, printable(advice))}`]),
  ].join('\n');
}

function adviceOf({ hint, allowed }: ConfigProblem): string {
  const choice = typeof allowed === 'object' ? `one of: ${allowed.join(', ')}` : allowed && `allowed: ${allowed}`;
  return [hint, choice].filter((part) => part !== undefined && part !== '').join('  ');
}

function frame(problem: ConfigProblem, underline: (carets: string) => string): string[] {
  const { line, excerpt } = problem;
  if (line === undefined || excerpt === undefined) return [];
  const { column = 1, length = 1 } = problem.inExcerpt ?? problem;
  // A very long line is shown from shortly before the fault.
  const cut = column + length > widestLine ? Math.max(0, column - 40) : 0;
  const width = Math.max(4, String(line).length);
  const numbered = excerpt.map((text, i) => {
    const number = String(line - excerpt.length + 1 + i).padStart(width);
    return `${number} │ ${printable(text.slice(cut, cut + widestLine))}`.trimEnd();
  });
  const carets = '^'.repeat(Math.min(length, widestLine - 40));
  return [...numbered, `${' '.repeat(width)} │ ${' '.repeat(column - 1 - cut)}${underline(carets)}`];
}

/** Without the characters that a terminal would obey; the width stays. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
