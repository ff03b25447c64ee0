import { BehaviorSubject, type Observable } from 'rxjs';
import {
  amend,
  checkChange,
  differences,
  type EngineConfig,
  type ItemChange,
  type ItemKind,
  isSame,
  itemName,
  itemsOfKind,
  type ResolveOptions,
  type SetAside,
  writtenOf,
} from '../config/index.js';
import { type ErrorCode, errorCodes, TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import { defaultRoutes, type Route } from '../model/routing.js';
import type { ConfigStatus } from '../model/wire.js';
import { type ConfigEntry, ConfigLog } from '../streams/config-log.js';
import type { Clock, EventLog } from '../streams/ports.js';
import { Overlay, type RouteCondition } from './overlay.js';
import { asRunning, needsRestart, type Overlaid, type ReloadReport, sharing } from './reload-report.js';

export interface LiveConfigDeps {
  /** What the engine starts with. */
  readonly config: EngineConfig;
  /** Names of the channels that exist without being declared. */
  readonly extraChannels: () => Iterable<string>;
  /** Whether somebody makes the channels that a reload declares. */
  readonly channelsAreLive: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who changes something, and on which way. */
export interface Author {
  readonly by: string;
  readonly onBehalfOf?: string;
  readonly via: string;
}

/** Makes a configuration beside what there is in code. */
export type MakeConfig = (known: ResolveOptions) => EngineConfig;

/** Where an item comes from. */
export type ItemOrigin =
  | { readonly from: 'file' | 'preset' | 'default' | 'code' }
  | { readonly from: 'command'; readonly by: string; readonly at: number };

/** What became of an item. */
export interface ItemAnswer {
  readonly id: string;
  readonly status: 'added' | 'changed' | 'removed' | 'restored';
}

/** What commands may add; each look at the configuration costs its size. */
const maxChanges = 2_000;
/** Of a reload that failed, as the statistics tell it every second. */
const maxErrorChars = 2_000;

/** What the deletion of something that is not there answers with. */
const unknownCodes = {
  rule: 'rule_unknown',
  route: 'route_unknown',
  template: 'template_unknown',
} as const satisfies Record<ItemKind, ErrorCode>;

/**
 * The configuration as it is now: the file, and what commands have put over it. The same file and the same commands
 * always make the same configuration, whatever the order in which they came.
 */
export class LiveConfig {
  readonly #deps: LiveConfigDeps;
  readonly #overlay = new Overlay();
  readonly #config$: BehaviorSubject<EngineConfig>;
  #file: EngineConfig;
  #log: ConfigLog | undefined = undefined;
  #setAside: readonly SetAside<ItemChange>[] = [];
  #status: ConfigStatus;
  /** Changes are checked against those before them, so one waits for the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: LiveConfigDeps) {
    this.#deps = deps;
    this.#file = deps.config;
    this.#config$ = new BehaviorSubject(deps.config);
    const at = deps.clock.wall();
    this.#status = { ok: true, at, succeededAt: at };
  }

  /** The present one, then each that follows it. Parts that are equal to those before are the same objects. */
  get config$(): Observable<EngineConfig> {
    return this.#config$;
  }

  get current(): EngineConfig {
    return this.#config$.value;
  }

  /** Those that apply, configured or not, in the order in which they are looked at. */
  get routes(): readonly Route[] {
    const { routes, defaultChannels } = this.current;
    return routes ?? defaultRoutes(defaultChannels);
  }

  get status(): ConfigStatus {
    return this.#status;
  }

  /** For a person: how the last reload ended, and what does not count. */
  get detail(): string {
    const { ok, error = '' } = this.#status;
    const loaded = ok ? 'loaded' : `the last reload failed, the configuration before it goes on: ${error}`;
    const aside = this.#setAside.map(({ change: { kind, id } }) => itemName(kind, id));
    return aside.length === 0 ? loaded : `${loaded}; put by commands, but not fitting: ${aside.join(', ')}`;
  }

  /** Reads what commands have said before. Rejects with `log_unavailable`. */
  async load(log: EventLog): Promise<void> {
    const { clock, logger } = this.#deps;
    const configLog = new ConfigLog({
      log,
      onError: (err) => logger.error({ err }, 'changes of the configuration can no longer be followed'),
    });
    const loading = configLog.entries$.subscribe((entry) => this.#overlay.take(entry));
    await configLog.load(clock.wall());
    loading.unsubscribe();
    this.#log = configLog;
    this.#update();
    for (const { kind, id, by } of this.#overlaid())
      logger.info({ by }, `${itemName(kind, id)} of the file is overlaid by a command`);
  }

  /** What comes from now on, from this engine and others. Returns what ends it. */
  follow(): () => void {
    const log = this.#log!;
    const taking = log.entries$.subscribe((entry) => {
      this.#overlay.take(entry);
      this.#update();
    });
    const unfollow = log.follow();
    return () => {
      unfollow();
      taking.unsubscribe();
    };
  }

  /** Takes over another file. When `make` throws, everything goes on as it was, the failure is remembered, and thrown. */
  reload(make: EngineConfig | MakeConfig, by: string): ReloadReport {
    const { clock, logger } = this.#deps;
    const at = clock.wall();
    try {
      const file = typeof make === 'function' ? make({ channels: this.#deps.extraChannels() }) : make;
      const changed = differences(this.#file, file);
      this.#file = file;
      this.#update();
      this.#status = { ok: true, at, succeededAt: at };
      const report = { changed, needsRestart: needsRestart(this.#deps, file), ...this.#overrides() };
      logger.info({ by, changes: changed.length, needsRestart: report.needsRestart }, 'configuration reloaded');
      return report;
    } catch (error) {
      const message = (error instanceof Error ? error.message : String(error)).slice(0, maxErrorChars);
      this.#status = { ok: false, at, succeededAt: this.#status.succeededAt, error: message };
      logger.error({ by, code: codeOf(error) }, 'the configuration was not reloaded: the one before goes on');
      throw error;
    }
  }

  /** Puts an item in place of another of its id, or beside the others. Rejects with all that is wrong with it. */
  put(kind: ItemKind, id: string, given: object, author: Author): Promise<ItemAnswer> {
    return this.#inTurn(async () => {
      const item = itemOf(kind, id, given);
      const change = { kind, id, item };
      const status = this.#runs(change) ? 'changed' : 'added';
      this.#check(change);
      if (this.#overlay.find(change) === undefined && this.#overlay.size >= maxChanges) throw tooMany();
      await this.#write(change, { item }, author);
      if (kind === 'route' && this.#overlay.deleteInCode(id)) this.#update();
      return { id, status };
    });
  }

  /** A route with a condition that only code can say: it is kept in this process and nowhere else. Throws like {@link put}. */
  putInCode(id: string, given: object, condition: RouteCondition): ItemAnswer {
    const item = itemOf('route', id, given);
    const change = { kind: 'route', id, item } as const;
    const status = this.#runs(change) ? 'changed' : 'added';
    this.#check(change);
    this.#overlay.putInCode(id, item, condition);
    this.#update();
    return { id, status };
  }

  /**
   * Takes an item out, wherever it comes from; with `restore`, forgets what commands said of it, so that the file counts
   * again. Rejects with `rule_unknown`, `route_unknown` or `template_unknown`.
   */
  delete(kind: ItemKind, id: string, author: Author, restore = false): Promise<ItemAnswer> {
    return this.#inTurn(async () => {
      const item = { kind, id };
      const inFile = this.#isInFile(item);
      const entry = this.#overlay.find(item);
      // What does not fit the file does not run, and can be taken out all the same.
      const isThere = restore ? entry !== undefined || inFile : entry?.item !== undefined || this.#runs(item);
      if (!isThere) throw unknown(kind, id);
      const hidden = inFile && !restore;
      if (hidden) this.#check(item);
      if (kind === 'route' && this.#overlay.deleteInCode(id)) this.#update();
      if (entry !== undefined || hidden) await this.#write(item, hidden ? { hidden: true } : {}, author);
      return { id, status: inFile && restore ? 'restored' : 'removed' };
    });
  }

  /** Of an item that runs. */
  origin(kind: ItemKind, id: string): ItemOrigin {
    if (kind === 'route' && this.#overlay.conditions.has(id)) return { from: 'code' };
    const entry = this.#overlay.find({ kind, id });
    const isAside = this.#setAside.some(({ change }) => isSame(change, { kind, id }));
    if (entry?.item !== undefined && !isAside) return { from: 'command', by: entry.by, at: entry.at };
    const input = writtenOf(this.#file)?.input;
    if (kind === 'rule' && input?.presets?.some((name) => name === id)) return { from: 'preset' };
    return { from: kind === 'route' && input?.routes === undefined ? 'default' : 'file' };
  }

  /** As it would stand in the file. */
  written(kind: ItemKind, id: string): object {
    const input = writtenOf(this.current)?.input;
    const item = input && itemsOfKind(input, kind).get(id);
    if (item === undefined) throw unknown(kind, id);
    return item;
  }

  #check(change: ItemChange): void {
    checkChange(this.#file, this.#fitting(), change, this.#deps.extraChannels());
  }

  async #write(
    { kind, id }: ItemChange,
    said: Pick<ConfigEntry, 'item' | 'hidden'>,
    { by, onBehalfOf, via }: Author,
  ): Promise<void> {
    const log = this.#log;
    if (log === undefined)
      throw new TocsinError('not_ready', 'the engine has not loaded its state yet', { temporary: true });
    const at = this.#deps.clock.wall();
    const since = this.#overlay.since({ kind, id }) ?? at;
    const behalf = onBehalfOf === undefined ? {} : { onBehalfOf };
    await log.write({ v: 1, kind, id, ...said, at, since, by, ...behalf, via });
    const did = said.item === undefined ? (said.hidden ? 'removed' : 'no longer overlaid') : 'put';
    this.#deps.logger.info({ by, ...behalf, via }, `${itemName(kind, id)} ${did} by a command`);
  }

  #update(): void {
    const { logger } = this.#deps;
    const before = this.#setAside;
    const { config, setAside } = amend(this.#file, this.#overlay.changes(), this.#deps.extraChannels());
    this.#setAside = setAside;
    for (const { change, problems } of setAside) {
      if (before.some((known) => isSame(known.change, change))) continue;
      logger.warn(
        { problems },
        `${itemName(change.kind, change.id)} does not fit the configuration: it does not count`,
      );
    }
    const next = sharing(this.current, this.#withConditions(asRunning(this.#deps, config)));
    this.#config$.next(next);
  }

  #withConditions(config: EngineConfig): EngineConfig {
    if (this.#overlay.conditions.size === 0 || config.routes === undefined) return config;
    const routes = config.routes.map((route): Route => {
      const condition = this.#overlay.condition(route.id);
      return condition === undefined ? route : { ...route, condition };
    });
    return Object.assign(config, { routes });
  }

  /** Changes that count. */
  #fitting(): ItemChange[] {
    return this.#overlay.changes().filter((change) => !this.#setAside.some((aside) => isSame(aside.change, change)));
  }

  #isInFile({ kind, id }: Pick<ItemChange, 'kind' | 'id'>): boolean {
    const input = writtenOf(this.#file)?.input;
    return input !== undefined && itemsOfKind(input, kind).has(id);
  }

  #runs({ kind, id }: Pick<ItemChange, 'kind' | 'id'>): boolean {
    const input = writtenOf(this.current)?.input;
    return input !== undefined && itemsOfKind(input, kind).has(id);
  }

  #overlaid(): Overlaid[] {
    return this.#overlay.entries().flatMap(({ kind, id, by, at, hidden }) => {
      if (!this.#isInFile({ kind, id })) return [];
      return [{ kind, id, by, at, ...(hidden === undefined ? {} : { removed: hidden }) }];
    });
  }

  #overrides(): Pick<ReloadReport, 'overlaid' | 'setAside'> {
    const setAside = this.#setAside.map(({ change: { kind, id }, problems }) => ({ kind, id, problems }));
    return { overlaid: this.#overlaid(), setAside };
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task, task);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** As the log would give it back; a template has its name outside. */
function itemOf(kind: ItemKind, id: string, given: object): Readonly<Record<string, unknown>> {
  const item: Record<string, unknown> = JSON.parse(JSON.stringify(given));
  return kind === 'template' ? item : { ...item, id };
}

function unknown(kind: ItemKind, id: string): TocsinError {
  return new TocsinError(unknownCodes[kind], `no ${kind} is called ${id.slice(0, 200)}`, { field: 'id', value: id });
}

function tooMany(): TocsinError {
  const allowed = `at most ${maxChanges} items put by commands`;
  return new TocsinError('too_large', `there are ${allowed} already: delete one, or write them into the file`, {
    allowed,
  });
}

function codeOf(error: unknown): ErrorCode {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'internal';
}
