interface Node<T> {
  children: Map<string, Node<T>> | undefined;
  values: T[] | undefined;
}

/**
 * Values filed under subjects, token by token. Filed under patterns it answers which of them match a subject; filed under
 * concrete subjects it answers which of them a pattern matches. Either way only the branches that can match are walked.
 */
export class SubjectTree<T> {
  readonly #root = newNode<T>();

  add(subject: string, value: T): void {
    let node = this.#root;
    for (const token of subject.split('.')) {
      node.children ??= new Map();
      let child = node.children.get(token);
      if (child === undefined) {
        child = newNode<T>();
        node.children.set(token, child);
      }
      node = child;
    }
    if (node.values === undefined) node.values = [value];
    else node.values.push(value);
  }

  delete(subject: string, value: T): void {
    remove(this.#root, subject.split('.'), 0, value);
  }

  /** Values under patterns that match the concrete `subject`; one that is filed twice may come twice. */
  matching(subject: string): T[] {
    const found: T[] = [];
    collectPatterns(this.#root, subject.split('.'), 0, found);
    return found;
  }

  /** Values under concrete subjects that `pattern` matches. */
  within(pattern: string): T[] {
    const found: T[] = [];
    collectSubjects(this.#root, pattern.split('.'), 0, found);
    return found;
  }
}

function newNode<T>(): Node<T> {
  return { children: undefined, values: undefined };
}

/** Whether `node` is empty afterwards, so that nothing remains of subjects that are gone. */
function remove<T>(node: Node<T>, tokens: readonly string[], depth: number, value: T): boolean {
  if (depth === tokens.length) {
    const at = node.values?.indexOf(value) ?? -1;
    if (at >= 0) node.values!.splice(at, 1);
    if (node.values?.length === 0) node.values = undefined;
  } else {
    const child = node.children?.get(tokens[depth]!);
    if (child !== undefined && remove(child, tokens, depth + 1, value)) node.children!.delete(tokens[depth]!);
    if (node.children?.size === 0) node.children = undefined;
  }
  return node.values === undefined && node.children === undefined;
}

function collectPatterns<T>(node: Node<T>, tokens: readonly string[], depth: number, found: T[]): void {
  if (depth === tokens.length) {
    append(found, node.values);
    return;
  }
  const { children } = node;
  if (children === undefined) return;
  append(found, children.get('>')?.values);
  for (const token of [tokens[depth]!, '*']) {
    const child = children.get(token);
    if (child !== undefined) collectPatterns(child, tokens, depth + 1, found);
  }
}

function collectSubjects<T>(node: Node<T>, tokens: readonly string[], depth: number, found: T[]): void {
  if (depth === tokens.length) {
    append(found, node.values);
    return;
  }
  const token = tokens[depth]!;
  if (token === '>') collectAll(node, found);
  else if (token === '*') {
    for (const child of node.children?.values() ?? []) collectSubjects(child, tokens, depth + 1, found);
  } else {
    const child = node.children?.get(token);
    if (child !== undefined) collectSubjects(child, tokens, depth + 1, found);
  }
}

/** Everything below `node`, itself excluded: `>` stands for at least one token. */
function collectAll<T>(node: Node<T>, found: T[]): void {
  for (const child of node.children?.values() ?? []) {
    append(found, child.values);
    collectAll(child, found);
  }
}

/** Not by spreading: the number of arguments of a call is limited. */
function append<T>(found: T[], values: readonly T[] | undefined): void {
  if (values !== undefined) for (const value of values) found.push(value);
}
